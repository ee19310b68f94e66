/**
 * Finds out how many requests may be at work at once: as many as are answered in about the time that one alone takes.
 * After the gradient limit of Netflix's concurrency-limits (Gradient2Limit), with one change: each kind of request is
 * held against its own quick time, for a checkout is slower than a cart on the best of days.
 * https://github.com/Netflix/concurrency-limits
 */

export interface LimitBounds {
  readonly least: number;
  readonly most: number;
}

export interface ConcurrencyLimit {
  /** How many at once. */
  current(): number;
  /** A request of this kind was answered well after so long; so many were at work then, itself included. */
  observe(kind: string, tookMs: number, running: number): void;
}

/** Answers that are so many times as slow as quick ones still mean no queue: the work itself varies. */
const TOLERANCE = 3;
/** A window ends when it is this old and has seen so many. */
const WINDOW_MS = 100;
const WINDOW_MIN_ANSWERS = 10;
/** How much of the way to the new limit is gone at once. */
const SMOOTHING = 0.3;
/** No window asks for less than half of the limit. */
const STEEPEST = 0.5;
/** A limit of which less was used has not been tried. What matters least may use a quarter of it. */
const TRIED = 0.2;
/** A quicker answer counts for so much, so that one that is quick by chance is not the measure. */
const QUICKER = 0.2;
/** A quick time that is no longer reached is forgotten, a thousandth with each window. */
const FORGETTING = 1.001;
/** Timers and clocks are no finer. */
const LEAST_QUICK_MS = 1;
/** Kinds are few; whatever a client could make up beyond them is no measure. */
const MAX_KINDS = 200;

interface Window {
  readonly beganAtMs: number;
  answers: number;
  /** Sum over the answers of how many times as slow as a quick one each was. */
  slowness: number;
  mostRunning: number;
}

/** @param nowMs by a clock that never goes back */
export function createConcurrencyLimit(
  { least, most }: LimitBounds,
  nowMs: () => number = () => performance.now(),
): ConcurrencyLimit {
  let limit = most;
  let window = newWindow(nowMs());
  const quickMs = new Map<string, number>();

  /** How many times as slow as a quick one of its kind. */
  function slownessOf(kind: string, tookMs: number): number | null {
    const ms = Math.max(LEAST_QUICK_MS, tookMs);
    const known = quickMs.get(kind);
    if (known === undefined && quickMs.size >= MAX_KINDS) return null;
    const quick = known === undefined ? ms : known + QUICKER * Math.min(0, ms - known);
    quickMs.set(kind, quick);
    return Math.max(1, ms / quick);
  }

  function close({ answers, slowness, mostRunning }: Window): void {
    for (const [kind, ms] of quickMs) quickMs.set(kind, ms * FORGETTING);
    if (mostRunning < limit * TRIED) return;
    const gradient = Math.min(1, Math.max(STEEPEST, (TOLERANCE * answers) / slowness));
    // Room for a queue that grows with the limit, so that the limit can.
    const wanted = limit * gradient + Math.sqrt(limit);
    limit = Math.min(most, Math.max(least, limit + (wanted - limit) * SMOOTHING));
  }

  return {
    current: () => Math.floor(limit),
    observe: (kind, tookMs, running) => {
      const slowness = slownessOf(kind, tookMs);
      if (slowness === null) return;
      window.answers += 1;
      window.slowness += slowness;
      window.mostRunning = Math.max(window.mostRunning, running);
      if (window.answers < WINDOW_MIN_ANSWERS || nowMs() - window.beganAtMs < WINDOW_MS) return;
      close(window);
      window = newWindow(nowMs());
    },
  };
}

const newWindow = (beganAtMs: number): Window => ({ beganAtMs, answers: 0, slowness: 0, mostRunning: 0 });
