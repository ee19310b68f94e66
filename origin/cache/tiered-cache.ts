/**
 * This process's memory (L4) in front of Redis (L3) in front of a load from Postgres. Concurrent misses of a
 * key become one load; a hot key is refreshed before it expires; what a slow fill brings back below its fence
 * is never kept, in either tier.
 */

import type { Bulkhead } from '#lib/bulkhead.ts';
import type { Clock } from '#lib/clock.ts';
import type { Degradation } from '#lib/degraded.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { SharedCache } from '#origin/adapters/redis.ts';
import { beyondRequest } from '#origin/adapters/time-left.ts';
import { type Answer, decodeAnswer, encodeAnswer, type FencedAnswer, isGood } from './answer.ts';
import type { Floors } from './floors.ts';
import { createMemoryTier, jittered, NO_MEMORY } from './memory-tier.ts';

/** `origin_alone`: Redis, which may have had it, is not there. */
export type Tier = 'memory' | 'redis' | 'origin' | 'origin_alone';

export interface Found {
  /** Null when there is no such thing. */
  readonly answer: FencedAnswer | null;
  readonly from: Tier;
}

/** What there is instead of what was asked for. */
export interface StoodIn {
  readonly answer: Answer;
  readonly from: 'stand-in';
  readonly degradation: Degradation;
}

/** Reads the truth. It decides on the version of what it reads before it reads. */
export type Load = () => Promise<FencedAnswer | null>;

export interface TieredCache {
  /**
   * From memory only, without waiting; undefined says nothing of the other tiers. Whoever gets no answer here is to
   * {@link read}, and is counted there.
   */
  peek(key: string, load: Load): FencedAnswer | null | undefined;
  read(key: string, load: Load): Promise<Found>;
  /** Drops the keys here: for what no fence can reach, such as 'there is no such product'. */
  forget(keys: readonly string[]): void;
  /** Drops everything that memory holds. */
  clear(): void;
}

/** One key of a cache, with how its answer is loaded. */
export interface CachedRead {
  /** At once, from memory only; undefined says nothing of the other tiers. */
  peek(): FencedAnswer | null | undefined;
  read(): Promise<Found | StoodIn>;
}

/** What all caches of a process share. */
export interface Tiers {
  readonly sharedCache: SharedCache;
  /** False keeps nothing in memory. */
  readonly remembers: boolean;
  readonly floors: Floors;
  /** Answers end by themselves when what they say does. */
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Bounds the loads: with Redis gone, all that misses memory would fall on Postgres. */
  readonly bulkhead: Bulkhead;
  /** False while news of changes may be lost. */
  readonly isHearing: () => boolean;
}

export interface CacheSpec {
  /** Prefix of its keys in Redis, and its label in the metrics. */
  readonly name: string;
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly memoryTtlMs: number;
  readonly redisTtlMs: number;
  /** The one fence of all its answers, if they share one: its floor is then read from Redis with each answer. */
  readonly commonFence?: string;
}

interface Fill {
  readonly found: Promise<Found>;
  /** What it brings may be older than news that came since it began. */
  isOutdated: boolean;
}

/** A key as it stands in Redis. */
export function redisKey(cache: string, key: string): string {
  return `${cache}:${key}`;
}

export function createTieredCache(tiers: Tiers, spec: CacheSpec): TieredCache {
  const { metrics, bulkhead } = tiers;
  const limits = { maxEntries: spec.maxEntries, maxBytes: spec.maxBytes, ttlMs: spec.memoryTtlMs };
  const memory = tiers.remembers ? createMemoryTier(limits, tiers) : NO_MEMORY;
  const shared = createRedisTier(tiers, spec);
  const fills = new Map<string, Fill>();
  const labels = { cache: spec.name, tier: 'memory' };
  const countHit = metrics.counter('cache_reads_total', { ...labels, outcome: 'hit' });
  const countMiss = metrics.counter('cache_reads_total', { ...labels, outcome: 'miss' });

  const fetch = async (key: string, load: Load, look: 'redis first' | 'past redis'): Promise<Found> => {
    const stored = look === 'redis first' ? await shared.get(key) : null;
    if (stored !== null) return { answer: stored, from: 'redis' };
    const answer = await bulkhead(load);
    if (answer !== null) await shared.set(key, answer);
    return { answer, from: tiers.sharedCache.isThere() ? 'origin' : 'origin_alone' };
  };

  const fill = (key: string, load: Load, look: 'redis first' | 'past redis'): Promise<Found> => {
    const running: Fill = {
      isOutdated: false,
      // Others wait for it as well.
      found: beyondRequest(() => fetch(key, load, look))
        .then((found) => {
          if (!running.isOutdated) memory.keep(key, found.answer);
          return found;
        })
        .finally(() => {
          if (fills.get(key) === running) fills.delete(key);
        }),
    };
    fills.set(key, running);
    return running.found;
  };

  const outdate = (key: string) => {
    const running = fills.get(key);
    if (running !== undefined) running.isOutdated = true;
    fills.delete(key);
  };

  const look = (key: string, load: Load) => {
    const found = memory.get(key);
    if (found === undefined) return undefined;
    // A refresh that fails changes nothing: the answer lives on to its end, and the next read tries again.
    if (found.isAgeing && !fills.has(key)) fill(key, load, 'past redis').catch(() => {});
    return found.answer;
  };

  /** What was being read for somebody who had asked before may have ended, or be older than news that came since. */
  const isAsAsked = (answer: FencedAnswer | null, isOfAnother: boolean) =>
    answer === null || (isGood(answer, tiers.clock) && (!isOfAnother || tiers.floors.admits(answer)));

  return {
    peek: (key, load) => {
      const answer = look(key, load);
      if (answer) countHit();
      return answer;
    },
    read: async (key, load) => {
      const answer = look(key, load);
      if (answer !== undefined) {
        countHit();
        return { answer, from: 'memory' };
      }
      countMiss();
      const joined = fills.get(key)?.found;
      const found = await (joined ?? fill(key, load, 'redis first'));
      if (isAsAsked(found.answer, joined !== undefined)) return found;
      // Whatever is under way by now began after this was asked for.
      return fills.get(key)?.found ?? fill(key, load, 'past redis');
    },
    forget: (keys) => {
      for (const key of keys) {
        memory.forget(key);
        outdate(key);
      }
    },
    clear: () => {
      memory.clear();
      for (const key of [...fills.keys()]) outdate(key);
    },
  };
}

/** L3: the same bytes in Redis, shared by every process. Without Redis every read misses. */
function createRedisTier(
  { sharedCache, floors, clock, metrics }: Tiers,
  { name, commonFence, redisTtlMs }: CacheSpec,
) {
  const getStored = async (key: string): Promise<Uint8Array | null> => {
    if (commonFence === undefined) return sharedCache.get(key);
    const { value, floor } = await sharedCache.getWithFloor(key, commonFence);
    floors.raise(commonFence, floor);
    return value;
  };
  return {
    get: async (key: string): Promise<FencedAnswer | null> => {
      const stored = await getStored(redisKey(name, key));
      const answer = stored === null ? null : decodeAnswer(stored);
      const isUsable = answer !== null && floors.admits(answer) && isGood(answer, clock);
      const usable = isUsable ? answer : null;
      const outcome = usable !== null ? 'hit' : sharedCache.isThere() ? 'miss' : 'gone';
      metrics.count('cache_reads_total', { cache: name, tier: 'redis', outcome });
      return usable;
    },
    set: async (key: string, answer: FencedAnswer): Promise<void> => {
      const leftMs = (answer.goodUntil ?? Number.POSITIVE_INFINITY) - clock.now().getTime();
      if (!floors.admits(answer) || leftMs < 1) return;
      const { fence, version } = answer;
      const floor = await sharedCache.setFenced({
        key: redisKey(name, key),
        fence,
        version,
        value: encodeAnswer(answer),
        ttlMs: Math.min(Math.round(jittered(redisTtlMs)), leftMs),
      });
      // Refused for news that has not come here yet: memory is not to keep it either.
      if (floor !== null && floor > version) floors.raise(fence, floor);
    },
  };
}
