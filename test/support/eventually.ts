/** Waiting for a condition with a deadline: what tests do instead of sleeping. */

/** Nobody waits so long but for what never happens: half of it has been seen on a machine that did much else. */
const DEADLINE_MS = 45_000;
const POLL_MS = 10;

/** Resolves to what the condition gives once that is neither undefined nor false; fails with its description. */
export async function eventually<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < deadlineMs) {
    const found = await condition();
    if (found !== undefined && found !== false) return found;
    await Bun.sleep(POLL_MS);
  }
  throw new Error(`it did not happen in ${deadlineMs} ms: ${what}`);
}
