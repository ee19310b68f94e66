/**
 * The pulse of a process: how late its event loop is, what it has in hand and for how long, and whether it is on its
 * way out. What the probes tell an orchestrator is made of these.
 */

import { SECOND_MS } from '#lib/clock.ts';
import type { Metrics } from '#lib/metrics.ts';

export interface Vitals {
  /** How late the last look at the event loop came. */
  lagMs(): number;
  /** Something begins that must come to an end. Returns how to say that it has. */
  begin(name: string): () => void;
  /** What has been in hand longest. */
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
      const work = { name, since: now() };
      inHand.add(work);
      return () => void inHand.delete(work);
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
