/**
 * Watches the shop: asks every process in turn, often while somebody looks and seldom otherwise, so that whoever comes
 * after an alarm sees how it came. A process that does not answer costs its own time-out and nothing else.
 */

import { type Clock, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import { diagnose } from './diagnosis.ts';
import { createIncidents } from './incidents.ts';
import { createMeter, type Meter } from './meter.ts';
import type { Beginning, Point, Snapshot } from './model.ts';
import { sceneOf, type Watched } from './scene.ts';
import { survey } from './survey.ts';
import type { Ask, Target } from './targets.ts';

export interface Watch {
  /** Tells each snapshot from now on, until the returned function is called. */
  follow(tell: (snapshot: Snapshot) => void): () => void;
  beginning(): Beginning;
  stop(): void;
}

export interface WatchOptions {
  /** Asked before each look: processes come and go. */
  readonly targets: () => Promise<readonly Target[]>;
  readonly ask: Ask;
  readonly clock: Clock;
  readonly log: Logger;
}

const WATCHED_EVERY_MS = SECOND_MS;
const UNWATCHED_EVERY_MS = 5 * SECOND_MS;
const KEEPS_MS = 15 * MINUTE_MS;
/** Processes that start together do not answer together. */
const AWAITED_MS = MINUTE_MS;

interface Watching {
  readonly meter: Meter;
  readonly sinceMs: number;
  readonly hasAnswered: boolean;
}

export function startWatch({ targets, ask, clock, log }: WatchOptions): Watch {
  const nowMs = () => clock.now().getTime();
  /** By address. */
  let watching = new Map<string, Watching>();
  const incidents = createIncidents();
  const followers = new Set<(snapshot: Snapshot) => void>();
  const beganAtMs = nowMs();
  let points: readonly Point[] = [];
  let isStopped = false;
  let wake = () => {};

  async function look(): Promise<void> {
    const next = new Map<string, Watching>();
    const wanted = await targets();
    const answers = await Promise.all(wanted.map(async (target) => ({ target, reply: await ask(target) })));
    const atMs = nowMs();
    const watched = answers.map(({ target, reply }): Watched => {
      const { meter, sinceMs, hasAnswered } = watching.get(target.url) ?? {
        meter: createMeter(),
        sinceMs: atMs,
        hasAnswered: false,
      };
      if (reply.exposition === null) meter.miss();
      else meter.take(atMs, reply.exposition);
      const isKnown = hasAnswered || reply.isAlive;
      next.set(target.url, { meter, sinceMs, hasAnswered: isKnown });
      return { target, reply, meter, isAwaited: !isKnown && atMs < sinceMs + AWAITED_MS };
    });
    watching = next;
    const scene = sceneOf(atMs, watched);
    const seen = survey(scene);
    incidents.note(atMs, diagnose(scene, seen));
    points = [...points.filter((point) => point.atMs > atMs - KEEPS_MS), seen.point];
    const snapshot = { ...seen, problems: incidents.now(), ended: incidents.ended() };
    for (const tell of followers) tell(snapshot);
  }

  async function run(): Promise<void> {
    while (!isStopped) {
      const startedAt = performance.now();
      await look().catch((error: unknown) => log.error('the console could not look', { error }));
      const everyMs = followers.size > 0 ? WATCHED_EVERY_MS : UNWATCHED_EVERY_MS;
      await pause(everyMs - (performance.now() - startedAt));
    }
  }

  /** Cut short by {@link wake}. */
  function pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(0, ms));
    timer.unref();
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
    return promise;
  }

  void run();
  return {
    follow: (tell) => {
      followers.add(tell);
      if (followers.size === 1) wake();
      return () => followers.delete(tell);
    },
    beginning: () => ({ points, beganAtMs, keepsMs: KEEPS_MS }),
    stop: () => {
      isStopped = true;
      wake();
    },
  };
}
