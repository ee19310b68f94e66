/** The cache tiers of one origin process, over a real Redis, with everything that a test wants to turn. */

import { createBulkhead } from '#lib/bulkhead.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import { createLogger } from '#lib/log.ts';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { connectRedis, NO_SHARED_CACHE, type SharedCache } from '#origin/adapters/redis.ts';
import type { FencedAnswer } from '#origin/cache/answer.ts';
import { createFloors } from '#origin/cache/floors.ts';
import { createListCache } from '#origin/cache/list-cache.ts';
import type { Tiers } from '#origin/cache/tiered-cache.ts';
import { createProductCache } from '#origin/catalog/product-cache.ts';
import { eventually } from './eventually.ts';

export interface CacheProcess extends ReturnType<typeof createCaches> {
  readonly hearing: { isUp: boolean };
  close(): Promise<void>;
}

const QUIET = createLogger({ level: 'error', write: () => {} });

/** One of any number of processes that share a Redis. Resolves when it is connected, or at once to a dead one. */
export async function openCacheProcess(
  redisUrl: string,
  { awaitRedis = true, clock = systemClock }: { readonly awaitRedis?: boolean; readonly clock?: Clock } = {},
): Promise<CacheProcess> {
  const sharedCache = connectRedis(redisUrl, { log: QUIET, metrics: createMetrics() });
  if (awaitRedis) {
    await eventually('redis answers', () =>
      sharedCache.ping().then(
        () => true,
        () => undefined,
      ),
    );
  }
  const hearing = { isUp: true };
  const tiers: Tiers = {
    sharedCache,
    remembers: true,
    floors: createFloors(),
    clock,
    metrics: createMetrics(),
    bulkhead: createBulkhead({ maxRunning: 4, maxWaiting: 2_000 }),
    isHearing: () => hearing.isUp,
  };
  return { ...createCaches(tiers), hearing, close: () => sharedCache.close() };
}

function createCaches(tiers: Tiers) {
  return { products: createProductCache(tiers), lists: createListCache(tiers), tiers };
}

/** Caches of a process at a test's own time, over whatever stands for Redis. */
export function cachesAt(clock: Clock, sharedCache: SharedCache, remembers = true) {
  return createCaches({
    ...{ sharedCache, remembers, floors: createFloors(), clock, metrics: createMetrics() },
    bulkhead: createBulkhead({ maxRunning: 4, maxWaiting: 2_000 }),
    isHearing: () => true,
  });
}

/** Of a process that remembers nothing, and has no Redis. */
export function forgetful(clock: Clock) {
  const { products, lists } = cachesAt(clock, NO_SHARED_CACHE, false);
  return { products, lists };
}

/** The answer of a product at a version; its body says which. */
export function answerAt(fence: string, version: number): FencedAnswer {
  return { body: Buffer.from(`v${version}`), etag: `"${version}"`, tags: `product-${fence}`, fence, version };
}

export function textOf(answer: FencedAnswer | null | undefined): string | null {
  return answer ? Buffer.from(answer.body).toString() : null;
}
