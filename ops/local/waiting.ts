/** Waiting for a condition, never longer than its deadline. */

export interface Patience {
  readonly deadlineMs: number;
  readonly pollMs?: number;
  /** Ends the wait early, with this error's message. */
  readonly giveUp?: () => string | null;
}

const DEFAULT_POLL_MS = 50;

/** Asks until the answer is yes. A probe that throws says no; its last error is the cause of the failure. */
export async function waitUntil(
  what: string,
  probe: () => Promise<boolean>,
  patience: Patience,
): Promise<void> {
  const deadline = performance.now() + patience.deadlineMs;
  let cause: unknown;
  while (performance.now() < deadline) {
    const reason = patience.giveUp?.() ?? null;
    if (reason !== null) throw new Error(reason, { cause });
    try {
      if (await probe()) return;
    } catch (error) {
      cause = error;
    }
    await Bun.sleep(patience.pollMs ?? DEFAULT_POLL_MS);
  }
  throw new Error(`${what} was not ready within ${patience.deadlineMs / 1_000} s.`, { cause });
}

const HTTP_PROBE_TIMEOUT_MS = 2_000;

export async function answersOk(url: string): Promise<boolean> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(HTTP_PROBE_TIMEOUT_MS) });
  await answer.arrayBuffer();
  return answer.ok;
}
