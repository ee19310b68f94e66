/**
 * Pictures at a width in the origin's tiers, under the hash of what they were made from: a picture that is replaced
 * has other keys, and nothing needs to be invalidated. Each is made once at a time, and few are made at once.
 */

import { createHash } from 'node:crypto';
import { createBulkhead } from '#lib/bulkhead.ts';
import { DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import { AppError } from '#lib/problems.ts';
import type { Answer, FencedAnswer } from '#origin/cache/answer.ts';
import { createTieredCache, type Tiers } from '#origin/cache/tiered-cache.ts';
import { pictureTypeOf } from './picture-type.ts';
import { createResizer, type Resized, type Resizer, type Wanted } from './resizer.ts';

export interface Original {
  readonly hash: string;
  readonly read: () => Promise<Uint8Array>;
}

export interface PictureCache {
  /**
   * Null: the picture cannot be read.
   * @throws {AppError} `unavailable` when it cannot be made at the moment
   */
  read(original: Original, wanted: Wanted): Promise<Answer | null>;
}

const SPEC = {
  name: 'picture',
  maxEntries: 200,
  maxBytes: 8 * 1024 * 1024,
  memoryTtlMs: 5 * MINUTE_MS,
  redisTtlMs: DAY_MS,
};
const MAX_RUNS = { maxRunning: 2, maxWaiting: 50 };

export function createPictureCache(
  tiers: Omit<Tiers, 'bulkhead'>,
  log: Logger,
  resize: Resizer = createResizer(log),
): PictureCache {
  const cache = createTieredCache({ ...tiers, bulkhead: createBulkhead(MAX_RUNS) }, SPEC);
  const make = async ({ hash, read }: Original, wanted: Wanted): Promise<FencedAnswer | null> => {
    const original = await read();
    const resized: Resized =
      pictureTypeOf(original) === null ? { kind: 'unreadable' } : await resize(original, wanted);
    tiers.metrics.count('pictures_made_total', { format: wanted.format, outcome: resized.kind });
    if (resized.kind === 'failed') throw new AppError('unavailable');
    if (resized.kind === 'unreadable') return null;
    const body = resized.kind === 'made' ? resized.picture : original;
    return { body, etag: etagOf(hashOf(body)), tags: '', fence: hash, version: 1 };
  };
  return {
    read: async (original, wanted) => {
      const key = `${original.hash}-${wanted.width}-${wanted.format}`;
      return (await cache.read(key, () => make(original, wanted))).answer;
    },
  };
}

export function hashOf(picture: Uint8Array): string {
  return createHash('sha256').update(picture).digest('hex');
}

const ETAG_CHARACTERS = 32;

export function etagOf(hash: string): string {
  return `"${hash.slice(0, ETAG_CHARACTERS)}"`;
}
