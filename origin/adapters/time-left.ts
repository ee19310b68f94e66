/**
 * How long the request at hand may still take. It goes with the request wherever it waits, so that nothing is begun
 * for a caller who has gone; what several share, or what must be finished once it is begun, is done outside of it.
 */

import { AsyncLocalStorage } from 'node:async_hooks';

interface Request {
  /** By `performance.now()`. */
  readonly endsAtMs: number;
  /** Aborted when the caller has hung up; null where that is no reason to stop. */
  readonly signal: AbortSignal | null;
}

const current = new AsyncLocalStorage<Request | null>();

/** Runs the work of a request that has so much time. */
export function withTimeLeft<T>(ms: number, signal: AbortSignal, work: () => T): T {
  return current.run({ endsAtMs: performance.now() + ms, signal }, work);
}

/** Milliseconds, none when the caller has gone; null for work that nobody waits for. */
export function timeLeftMs(): number | null {
  const request = current.getStore() ?? null;
  if (request === null) return null;
  return request.signal?.aborted ? 0 : Math.max(0, request.endsAtMs - performance.now());
}

/** Work that whoever repeats the request waits for, too: it has the request's time, whether or not its caller is there. */
export function evenAfterHangUp<T>(work: () => T): T {
  const request = current.getStore() ?? null;
  return current.run(request && { ...request, signal: null }, work);
}

/** Work that does not end with the request at hand: others share it, or it has moved money. */
export function beyondRequest<T>(work: () => T): T {
  return current.run(null, work);
}
