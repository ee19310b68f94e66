/**
 * The pulse of a process: how late its event loop is, what it has in hand and for how long, and whether it is on its
 * way out. What the probes tell an orchestrator is made of these.
 */

import { SECOND_MS } from '#lib/clock.ts';
import type { Metrics } from '#lib/metrics.ts';

/** Something that has begun and must come to an end. */
export interface InHand {
  /** A part of it is done: from here its time counts anew. */
  goesOn(): void;
  /** It waits for its turn, behind others that are in hand: until it goes on it is not. */
  waits(): void;
  ended(): void;
}

/** Of what nobody looks at. */
export const UNWATCHED: InHand = { goesOn: () => {}, waits: () => {}, ended: () => {} };

export interface Vitals {
  /** How late the last look at the event loop came. */
  lagMs(): number;
  begin(name: string): InHand;
  /** What has been in hand longest without going on. */
  oldest(): { readonly name: string; readonly ms: number } | null;
  /** From now on no more work shall come. */
  drain(): void;
  isDraining(): boolean;
  stop(): void;
}

const LOOK_EVERY_MS = 100;

/** @param now in milliseconds, never going back */
export function createVitals(metrics: Metrics, now: () => number = () => performance.now()): Vitals {
  const observe = metrics.histogram('nodejs_eventloop_lag_seconds', {});
  const inHand = new Set<{ readonly name: string; readonly since: number }>();
  let isDraining = false;
  let lagMs = 0;
  let lookedAt = now();
  const timer = setInterval(() => {
    lagMs = Math.max(0, now() - lookedAt - LOOK_EVERY_MS);
    lookedAt = now();
    observe(lagMs / SECOND_MS);
  }, LOOK_EVERY_MS);
  timer.unref();
  return {
    lagMs: () => lagMs,
    begin: (name) => {
      let work = { name, since: now() };
      let hasEnded = false;
      inHand.add(work);
      const leave = () => void inHand.delete(work);
      const goesOn = () => {
        leave();
        // What it shares with others may go on without it.
        if (hasEnded) return;
        work = { name, since: now() };
        inHand.add(work);
      };
      const ended = () => {
        hasEnded = true;
        leave();
      };
      return { goesOn, waits: leave, ended };
    },
    oldest: () => {
      // A set keeps the order in which its members came.
      const [first] = inHand;
      return first === undefined ? null : { name: first.name, ms: now() - first.since };
    },
    drain: () => {
      isDraining = true;
    },
    isDraining: () => isDraining,
    stop: () => clearInterval(timer),
  };
}
