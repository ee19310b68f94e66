/**
 * The origin's two cache tiers for product answers: this process's memory in front of Redis. Both hold ready
 * bytes. Lives are short; {@link ProductCache.invalidate} ends them early when a product changes.
 */

import { LRUCache } from 'lru-cache';
import { SECOND_MS } from '#lib/clock.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { SharedCache } from '#origin/adapters/redis.ts';

/** A product answer as it goes out. */
export interface ProductAnswer {
  readonly body: Uint8Array;
  readonly etag: string;
  /** Comma separated surrogate keys. */
  readonly tags: string;
}

export type CacheOutcome = 'memory' | 'redis' | 'miss';

export interface ProductCache {
  /** The answer for a slug or id, from the nearest tier that has it; concurrent misses become one load. */
  read(
    slugOrId: string,
    load: () => Promise<ProductAnswer | null>,
  ): Promise<{ readonly answer: ProductAnswer | null; readonly from: CacheOutcome }>;
  /** Ends the product's life in both tiers. */
  invalidate(product: { readonly productId: string; readonly slug: string }): Promise<void>;
}

type Filling = Promise<{ readonly answer: ProductAnswer | null; readonly from: CacheOutcome }>;

const MAX_ENTRIES = 2_000;
const MAX_BYTES = 64 * 1024 * 1024;
const MEMORY_TTL_MS = 2 * SECOND_MS;
const REDIS_TTL_MS = 30 * SECOND_MS;
const KEY_PREFIX = 'product:';

export function createProductCache({
  sharedCache,
  metrics,
}: {
  readonly sharedCache: SharedCache;
  readonly metrics: Metrics;
}): ProductCache {
  const memory = new LRUCache<string, ProductAnswer>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ body }) => body.byteLength,
    ttl: MEMORY_TTL_MS,
  });
  const loading = new Map<string, Filling>();

  /** `isCurrent`: nothing has been invalidated since; what was read before a change is not kept after it. */
  const fill = async (key: string, load: () => Promise<ProductAnswer | null>, isCurrent: () => boolean) => {
    const stored = await sharedCache.get(key);
    const fromRedis = stored === null ? null : decode(stored);
    metrics.count('cache_reads_total', { tier: 'redis', outcome: fromRedis ? 'hit' : 'miss' });
    const answer = fromRedis ?? (await load());
    if (answer === null) return { answer, from: 'miss' as const };
    if (!isCurrent()) return { answer, from: 'miss' as const };
    memory.set(key, answer);
    if (fromRedis === null) await sharedCache.set(key, encode(answer), REDIS_TTL_MS);
    return { answer, from: fromRedis === null ? ('miss' as const) : ('redis' as const) };
  };

  return {
    read: async (slugOrId, load) => {
      const key = KEY_PREFIX + slugOrId;
      const hit = memory.get(key);
      metrics.count('cache_reads_total', { tier: 'memory', outcome: hit ? 'hit' : 'miss' });
      if (hit !== undefined) return { answer: hit, from: 'memory' };
      const running = loading.get(key);
      if (running !== undefined) return running;
      const isCurrent = (): boolean => loading.get(key) === filling;
      const filling: Filling = fill(key, load, isCurrent).finally(() => {
        if (isCurrent()) loading.delete(key);
      });
      loading.set(key, filling);
      return filling;
    },
    invalidate: async ({ productId, slug }) => {
      const keys = [KEY_PREFIX + productId, KEY_PREFIX + slug];
      for (const key of keys) {
        memory.delete(key);
        loading.delete(key);
      }
      await sharedCache.delete(keys);
    },
  };
}

/** In Redis: a JSON line of what goes into headers, then the body's bytes. */
function encode({ etag, tags, body }: ProductAnswer): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ etag, tags })}\n`), body]);
}

function decode(stored: Uint8Array): ProductAnswer | null {
  const end = stored.indexOf(0x0a);
  if (end < 0) return null;
  const head = parseHead(Buffer.from(stored.subarray(0, end)).toString());
  if (typeof head !== 'object' || head === null || !('etag' in head) || !('tags' in head)) return null;
  return { etag: String(head.etag), tags: String(head.tags), body: stored.subarray(end + 1) };
}

/** What is not ours is a miss, whoever wrote it. */
function parseHead(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
