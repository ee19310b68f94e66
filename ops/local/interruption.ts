/** Ctrl-C and its like. The first asks for an orderly end; a second one, later, for an immediate end. */

export interface Interruption {
  readonly signal: AbortSignal;
  /** Never rejects; resolves at the first request to end. */
  readonly requested: Promise<void>;
}

/** The terminal, npm and the set-up each pass the same Ctrl-C on: together they are one. */
const SAME_REQUEST_MS = 700;

export function onInterruption(insist: () => void): Interruption {
  const controller = new AbortController();
  const requested = Promise.withResolvers<void>();
  let firstAtMs: number | null = null;
  const hear = () => {
    if (firstAtMs === null) {
      firstAtMs = performance.now();
      controller.abort(new Error('The start was interrupted.'));
      requested.resolve();
    } else if (performance.now() - firstAtMs > SAME_REQUEST_MS) {
      insist();
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, hear);
  return { signal: controller.signal, requested: requested.promise };
}
