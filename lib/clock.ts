/** Time as a dependency, so that tests and simulations decide what time it is. */

export interface Clock {
  /** The current time. */
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const DAY_MS = 24 * 60 * MINUTE_MS;

/** As `Retry-After` tells a wait: never less than it is, and never none. */
export function inWholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / SECOND_MS));
}

export function after(from: Date, durationMs: number): Date {
  return new Date(from.getTime() + durationMs);
}
