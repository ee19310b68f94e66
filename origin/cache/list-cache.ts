/**
 * Lists and search results in the origin's tiers. Any product's change may alter any of them, so they share one
 * fence: its floor moves with every change, and everything that was read before is too old.
 */

import { createHash } from 'node:crypto';
import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { FencedAnswer } from './answer.ts';
import { type CachedRead, createTieredCache, type Found, type Tiers } from './tiered-cache.ts';

/** A list, not serialised yet. */
export interface BuiltList {
  readonly value: unknown;
  readonly tags: string;
  /** As an answer has it: when something in it ends; null or absent for never. */
  readonly goodUntil?: number | null;
}

type Build = () => Promise<BuiltList>;

export interface ListCache {
  peek(key: string, build: Build): FencedAnswer | null | undefined;
  read(key: string, build: Build): Promise<Found>;
  /** Some product has changed. */
  invalidate(): Promise<void>;
  clear(): void;
}

/** One key for a query, in whatever order its parameters came. */
export function listKey(list: string, query: Readonly<Record<string, unknown>>): string {
  const parameters = Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${list}?${JSON.stringify(parameters)}`;
}

export function listRead(lists: ListCache, key: string, build: Build): CachedRead {
  return { peek: () => lists.peek(key, build), read: () => lists.read(key, build) };
}

const FENCE = 'lists';
const SPEC = {
  name: 'list',
  maxEntries: 2_000,
  maxBytes: 32 * 1024 * 1024,
  memoryTtlMs: 15 * SECOND_MS,
  redisTtlMs: 2 * MINUTE_MS,
  commonFence: FENCE,
};

export function createListCache(tiers: Tiers): ListCache {
  const { floors, sharedCache } = tiers;
  const cache = createTieredCache(tiers, SPEC);
  /** The version is taken before the list is read: what changes meanwhile makes the answer too old. */
  const load = (build: Build) => async (): Promise<FencedAnswer> => {
    const version = floors.of(FENCE);
    const { value, tags, goodUntil = null } = await build();
    const body = Buffer.from(JSON.stringify(value));
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    return { body, etag, tags, fence: FENCE, version, ...(goodUntil === null ? {} : { goodUntil }) };
  };
  return {
    peek: (key, build) => cache.peek(key, load(build)),
    read: (key, build) => cache.read(key, load(build)),
    invalidate: async () => {
      const here = floors.raise(FENCE, floors.of(FENCE) + 1);
      const everywhere = await sharedCache.advance(FENCE, here);
      if (everywhere !== null) floors.raise(FENCE, everywhere);
    },
    clear: cache.clear,
  };
}
