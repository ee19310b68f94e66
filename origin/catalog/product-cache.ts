/**
 * Product answers in the origin's tiers. A product's version fences them: once a change is known, nothing older
 * is kept in memory or in Redis, whatever a slow reader or a lagging replica brings back.
 */

import { MINUTE_MS } from '#lib/clock.ts';
import type { FencedAnswer } from '#origin/cache/answer.ts';
import {
  createTieredCache,
  type Found,
  type Load,
  redisKey,
  type Tiers,
} from '#origin/cache/tiered-cache.ts';

/** What changed: `version` is the first that may be shown from now on. */
export interface ChangedProduct {
  readonly productId: string;
  readonly slug: string;
  readonly version: number;
}

export interface ProductCache {
  /** From memory, without waiting; undefined says nothing of the other tiers. */
  peek(slugOrId: string, load: Load): FencedAnswer | null | undefined;
  read(slugOrId: string, load: Load): Promise<Found>;
  /** The lowest version of the product that may still be shown. */
  floorOf(productId: string): number;
  invalidate(product: ChangedProduct): Promise<void>;
  clear(): void;
}

const SPEC = {
  name: 'product',
  maxEntries: 4_000,
  maxBytes: 32 * 1024 * 1024,
  memoryTtlMs: MINUTE_MS,
  redisTtlMs: 10 * MINUTE_MS,
};

export function createProductCache(tiers: Tiers): ProductCache {
  const cache = createTieredCache(tiers, SPEC);
  const { floors, sharedCache } = tiers;
  return {
    peek: cache.peek,
    read: cache.read,
    floorOf: floors.of,
    invalidate: async ({ productId, slug, version }) => {
      floors.raise(productId, version);
      cache.forget([productId, slug]);
      await sharedCache.raise(productId, version, [
        redisKey(SPEC.name, productId),
        redisKey(SPEC.name, slug),
      ]);
    },
    clear: cache.clear,
  };
}
