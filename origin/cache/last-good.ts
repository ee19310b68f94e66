/**
 * The last answer that was as it should be, for when there is no other: in memory, and in Redis for whoever starts
 * anew. It outlives every fence: what it says may have changed, and whoever hands it out says so.
 */

import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { MINUTE_MS } from '#lib/clock.ts';
import type { SharedCache } from '#origin/adapters/redis.ts';
import { decodeAnswer, encodeAnswer, type FencedAnswer } from './answer.ts';
import { redisKey } from './tiered-cache.ts';

export interface LastGood {
  /** Costs the caller no waiting. */
  remember(key: string, answer: FencedAnswer): void;
  find(key: string): Promise<FencedAnswer | null>;
}

const NAME = 'last-good';
const MAX_ENTRIES = 2_000;
const MAX_BYTES = 16 * 1024 * 1024;
const REDIS_TTL_MS = 6 * 60 * MINUTE_MS;
/** A fence that nobody raises. */
const NEVER_OLD = { fence: NAME, version: 0 };

/** What shoppers have searched for does not lie about for hours. */
function keyIn(key: string): string {
  return redisKey(NAME, createHash('sha256').update(key).digest('base64url'));
}

export function createLastGood(sharedCache: SharedCache): LastGood {
  const memory = new LRUCache<string, FencedAnswer>({
    max: MAX_ENTRIES,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ body }, key) => body.byteLength + key.length,
  });
  return {
    remember: (key, answer) => {
      memory.set(key, answer);
      const value = encodeAnswer(answer);
      void sharedCache.setFenced({ ...NEVER_OLD, key: keyIn(key), value, ttlMs: REDIS_TTL_MS });
    },
    find: async (key) => {
      const here = memory.get(key);
      if (here !== undefined) return here;
      const stored = await sharedCache.get(keyIn(key));
      return stored === null ? null : decodeAnswer(stored);
    },
  };
}
