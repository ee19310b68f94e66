/** What the process that makes pictures and the one that starts it agree on. */

/** Of what is sent, and of what is kept of it: the edge passes nothing larger on. */
export const MAX_INPUT_BYTES = 8 * 1024 * 1024;
/** As many as a good camera takes. A small file can claim any number of them. */
export const MAX_INPUT_PIXELS = 40_000_000;
/** Of what is sent as AVIF: its decoder takes some 20 bytes a pixel. */
export const MAX_AVIF_PIXELS = 16_000_000;

/** How that process ends; the higher ones after sysexits.h. */
export const EXIT = { made: 0, animated: 3, misused: 64, unreadable: 65, uninstalled: 69 } as const;
