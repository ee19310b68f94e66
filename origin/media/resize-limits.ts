/** What the process that makes pictures and the one that starts it agree on. */

export const MAX_INPUT_BYTES = 8 * 1024 * 1024;
/** As many as a good camera takes. A small file can claim any number of them. */
export const MAX_INPUT_PIXELS = 40_000_000;

/** How that process ends; the higher ones after sysexits.h. */
export const EXIT = { made: 0, animated: 3, misused: 64, unreadable: 65, uninstalled: 69 } as const;
