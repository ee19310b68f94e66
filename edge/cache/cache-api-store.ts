/**
 * The store over the Cache API, which every isolate of a data centre shares. A purge leaves a marker per tag with
 * its time, and a look-up compares it with the time at which the answer was asked for: so a fill that was in
 * flight when the purge came cannot undo it. Production adds Cloudflare's purge by tag for the other data centres.
 */

import type { Clock } from '#lib/clock.ts';
import { OUTDATING_TAGS } from '#lib/edge-contract.ts';
import type { Logger } from '#lib/log.ts';
import { MAX_LIFETIME_SECONDS } from './policy.ts';
import type { CacheStore, StoredAnswer } from './store.ts';
import { isTag } from './tags.ts';

/** Answer fields beside the body, as one header: the Cache API gives its own meaning to the originals. */
const ENTRY_HEADER = 'x-hotshelf-entry-2';
const PURGED_AT_HEADER = 'x-hotshelf-purged-at';
/** A marker outlives every answer that it condemns. */
const MARKER_SECONDS = MAX_LIFETIME_SECONDS + 3_600;

/** The part of Workers' `Cache` that is used here. */
interface CacheApi {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
}

interface CacheApiStoreOptions {
  readonly cache: CacheApi;
  /** The zone's own address: purge by tag reaches nothing under another. */
  readonly baseUrl: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createCacheApiStore({ cache, baseUrl, clock, log }: CacheApiStoreOptions): CacheStore {
  const markerUrl = (tag: string) => `${baseUrl}/__edge/tags/${encodeURIComponent(tag)}`;

  const purgedAt = async (tag: string): Promise<number> => {
    const marker = await cache.match(markerUrl(tag));
    // An unread body would keep its connection busy.
    await marker?.body?.cancel();
    return Number(marker?.headers.get(PURGED_AT_HEADER) ?? Number.NEGATIVE_INFINITY);
  };

  const purgedTags = async ({ tags, fetchStartedAt }: StoredAnswer): Promise<readonly string[]> => {
    const times = await Promise.all(tags.map(purgedAt));
    return tags.filter((_, at) => fetchStartedAt <= (times[at] ?? Number.NEGATIVE_INFINITY));
  };

  return {
    isPurged: async (answer) => (await purgedTags(answer)).length > 0,
    async get(key) {
      const stored = await cache.match(`${baseUrl}${key}`);
      const answer = stored === undefined ? null : await decode(stored, log);
      if (answer === null) return null;
      const purged = await purgedTags(answer);
      if (!purged.every((tag) => OUTDATING_TAGS.includes(tag))) return null;
      return { answer, tier: 'colo', isOutdated: purged.length > 0 };
    },
    put: (key, answer, lifetimeSeconds) => cache.put(`${baseUrl}${key}`, encode(answer, lifetimeSeconds)),
    async purge(tags) {
      const time = clock.now().getTime();
      const marker = () =>
        new Response(null, {
          headers: { [PURGED_AT_HEADER]: String(time), 'cache-control': `public, max-age=${MARKER_SECONDS}` },
        });
      await Promise.all(tags.map((tag) => cache.put(markerUrl(tag), marker())));
    },
  };
}

function encode({ body, ...fields }: StoredAnswer, lifetimeSeconds: number): Response {
  const tags = fields.tags.filter(isTag);
  const ascii = JSON.stringify(fields).replace(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return new Response(body, {
    headers: {
      [ENTRY_HEADER]: ascii,
      'cache-control': `public, max-age=${lifetimeSeconds}`,
      ...(tags.length === 0 ? {} : { 'cache-tag': tags.join(',') }),
    },
  });
}

async function decode(stored: Response, log: Logger): Promise<StoredAnswer | null> {
  const body = new Uint8Array(await stored.arrayBuffer());
  const fields = stored.headers.get(ENTRY_HEADER);
  if (fields !== null) return { ...(JSON.parse(fields) as Omit<StoredAnswer, 'body'>), body };
  log.warn('a stored answer has no entry header');
  return null;
}
