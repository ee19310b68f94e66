/**
 * Product answers in the origin's tiers. A product's version fences them: once a change is known, nothing older
 * is kept in memory or in Redis, whatever a slow reader or a lagging replica brings back.
 */

import { MINUTE_MS } from '#lib/clock.ts';
import { type Currency, SHOP_CURRENCY } from '#lib/money.ts';
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
  /** Its answers by this name are out of date as well: no fence is held against what another process finds in Redis. */
  readonly formerSlug?: string;
}

export interface ProductCache {
  /** From memory, without waiting; undefined says nothing of the other tiers. Keys: see {@link productKey}. */
  peek(key: string, load: Load): FencedAnswer | null | undefined;
  read(key: string, load: Load): Promise<Found>;
  /** The lowest version of the product that may still be shown. */
  floorOf(productId: string): number;
  invalidate(product: ChangedProduct): Promise<void>;
  clear(): void;
}

/** Of a product in a currency, by slug or id; neither has the mark between. */
export function productKey(slugOrId: string, currency: Currency): string {
  return currency === SHOP_CURRENCY ? slugOrId : `${slugOrId}@${currency}`;
}

const SPEC = {
  name: 'product',
  maxEntries: 4_000,
  maxBytes: 32 * 1024 * 1024,
  memoryTtlMs: MINUTE_MS,
  redisTtlMs: 10 * MINUTE_MS,
};

/** @param currencies in which there may be answers */
export function createProductCache(
  tiers: Tiers,
  currencies: () => readonly Currency[] = () => [SHOP_CURRENCY],
): ProductCache {
  const cache = createTieredCache(tiers, SPEC);
  const { floors, sharedCache } = tiers;
  return {
    peek: cache.peek,
    read: cache.read,
    floorOf: floors.of,
    invalidate: async ({ productId, slug, version, formerSlug = slug }) => {
      floors.raise(productId, version);
      const names = new Set([productId, slug, formerSlug]);
      const keys = currencies().flatMap((each) => [...names].map((name) => productKey(name, each)));
      cache.forget(keys);
      await sharedCache.raise(
        productId,
        version,
        keys.map((key) => redisKey(SPEC.name, key)),
      );
    },
    clear: cache.clear,
  };
}
