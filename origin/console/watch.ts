/**
 * Watches the shop: asks every process in turn, often while somebody looks and seldom otherwise, so that whoever comes
 * after an alarm sees how it came. A process that does not answer costs its own time-out and nothing else.
 */

import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import { METRICS } from '#lib/metrics.ts';
import { diagnose } from './diagnosis.ts';
import { createIncidents } from './incidents.ts';
import { createMeter } from './meter.ts';
import type { Beginning, Point, Snapshot } from './model.ts';
import { sceneOf, type Watched } from './scene.ts';
import { survey } from './survey.ts';
import { type Ask, createAsk, type Reply, type Target } from './targets.ts';

export interface Watch {
  /** Tells each snapshot from now on, until the returned function is called. */
  follow(tell: (snapshot: Snapshot) => void): () => void;
  beginning(): Beginning;
  stop(): void;
}

export interface WatchOptions {
  readonly targets: readonly Target[];
  readonly operatorToken: string | undefined;
  readonly log: Logger;
  /** Instead of asking over the network. */
  readonly ask?: Ask;
}

const WATCHED_EVERY_MS = SECOND_MS;
const UNWATCHED_EVERY_MS = 5 * SECOND_MS;
const KEEPS_MS = 15 * MINUTE_MS;

export function startWatch({
  targets,
  operatorToken,
  log,
  ask = createAsk(isRead, operatorToken),
}: WatchOptions): Watch {
  const meters = targets.map(() => createMeter());
  const incidents = createIncidents();
  const followers = new Set<(snapshot: Snapshot) => void>();
  const beganAtMs = Date.now();
  let points: readonly Point[] = [];
  let stopped = false;
  let wake = () => {};

  async function look(): Promise<void> {
    const replies = await Promise.all(targets.map(ask));
    const atMs = Date.now();
    const scene = sceneOf(atMs, note(atMs, replies));
    const seen = survey(scene);
    incidents.note(atMs, diagnose(scene, seen));
    points = [...points.filter((point) => point.atMs > atMs - KEEPS_MS), seen.point];
    const snapshot = { ...seen, problems: incidents.now(), ended: incidents.ended() };
    for (const tell of followers) tell(snapshot);
  }

  function note(atMs: number, replies: readonly Reply[]): readonly Watched[] {
    return targets.flatMap((target, index) => {
      const [meter, reply] = [meters[index], replies[index]];
      if (meter === undefined || reply === undefined) return [];
      if (reply.exposition === null) meter.miss();
      else meter.take(atMs, reply.exposition);
      return [{ target, reply, meter }];
    });
  }

  async function run(): Promise<void> {
    while (!stopped) {
      const startedAt = performance.now();
      await look().catch((error: unknown) => log.error('the console could not look', { error }));
      const every = followers.size > 0 ? WATCHED_EVERY_MS : UNWATCHED_EVERY_MS;
      await pause(every - (performance.now() - startedAt));
    }
  }

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

  if (targets.length > 0) void run();
  return {
    follow: (tell) => {
      followers.add(tell);
      if (followers.size === 1) wake();
      return () => followers.delete(tell);
    },
    beginning: () => ({ points, beganAtMs, keepsMs: KEEPS_MS }),
    stop: () => {
      stopped = true;
      wake();
    },
  };
}

const READ: ReadonlySet<string> = new Set(Object.keys(METRICS));

/** A histogram's samples are read by its family's name. */
function isRead(name: string): boolean {
  return READ.has(name) || READ.has(name.replace(/_(bucket|sum|count)$/, ''));
}
