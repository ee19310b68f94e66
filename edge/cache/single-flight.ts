/** One load per key at a time in this isolate; who comes later shares its outcome. */

import type { Clock } from '#lib/clock.ts';

export interface SingleFlight<T> {
  /** `isLeader` for the caller whose load it is. */
  join(key: string, load: () => Promise<T>): { readonly outcome: Promise<T>; readonly isLeader: boolean };
}

/**
 * `maxFlightMs`: a flight that takes longer is joined by nobody, for the runtime may have cancelled the request
 * that led it, and then it never lands.
 */
export function createSingleFlight<T>(clock: Clock, maxFlightMs: number): SingleFlight<T> {
  const flights = new Map<string, { readonly outcome: Promise<T>; readonly startedAt: number }>();
  return {
    join(key, load) {
      const startedAt = clock.now().getTime();
      const running = flights.get(key);
      if (running !== undefined && startedAt - running.startedAt < maxFlightMs) {
        return { outcome: running.outcome, isLeader: false };
      }
      const outcome = load().finally(() => {
        if (flights.get(key)?.outcome === outcome) flights.delete(key);
      });
      flights.set(key, { outcome, startedAt });
      return { outcome, isLeader: true };
    },
  };
}
