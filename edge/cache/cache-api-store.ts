/**
 * The store over the Cache API, which every isolate of a data centre shares. A purge leaves a marker per tag with
 * its time, and a look-up compares it with the time at which the answer was asked for: so a fill that was in
 * flight when the purge came cannot undo it. Production adds Cloudflare's purge by tag for the other data centres. That
 * one deletes: a tag that merely makes out of date is therefore not on the answers but on a witness beside them, which
 * says since when they are good, and without which they are not.
 */

import type { Clock } from '#lib/clock.ts';
import { OUTDATING_TAGS } from '#lib/edge-contract.ts';
import type { Logger } from '#lib/log.ts';
import { MAX_LIFETIME_SECONDS } from './policy.ts';
import type { CacheStore, StoredAnswer } from './store.ts';
import { isTag } from './tags.ts';

/** Answer fields beside the body, as one header: the Cache API gives its own meaning to the originals. */
const ENTRY_HEADER = 'x-hotshelf-entry-2';
const TIME_HEADER = 'x-hotshelf-purged-at';
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
  const witnessUrl = (tag: string) => `${baseUrl}/__edge/witnesses/${encodeURIComponent(tag)}`;

  const timeAt = async (url: string): Promise<number | null> => {
    const kept = await cache.match(url);
    // An unread body would keep its connection busy.
    await kept?.body?.cancel();
    const time = kept?.headers.get(TIME_HEADER) ?? null;
    return time === null ? null : Number(time);
  };

  const isPurgedBy = async (tag: string, { fetchStartedAt }: StoredAnswer): Promise<boolean> => {
    const purgedAt = await timeAt(markerUrl(tag));
    if (purgedAt !== null && fetchStartedAt <= purgedAt) return true;
    if (!isOutdating(tag)) return false;
    const goodSince = await timeAt(witnessUrl(tag));
    return goodSince === null || fetchStartedAt < goodSince;
  };

  const purgedTags = async (answer: StoredAnswer): Promise<readonly string[]> => {
    const purged = await Promise.all(answer.tags.map((tag) => isPurgedBy(tag, answer)));
    return answer.tags.filter((_, at) => purged[at]);
  };

  const bearWitness = async (tag: string, { fetchStartedAt }: StoredAnswer): Promise<void> => {
    if ((await timeAt(witnessUrl(tag))) !== null) return;
    await cache.put(witnessUrl(tag), timed(fetchStartedAt, { 'cache-tag': tag }));
  };

  return {
    isPurged: async (answer) => (await purgedTags(answer)).length > 0,
    async get(key) {
      const stored = await cache.match(`${baseUrl}${key}`);
      const answer = stored === undefined ? null : await decode(stored, log);
      if (answer === null) return null;
      const purged = await purgedTags(answer);
      if (!purged.every(isOutdating)) return null;
      return { answer, tier: 'colo', isOutdated: purged.length > 0 };
    },
    async put(key, answer, lifetimeSeconds) {
      await Promise.all(answer.tags.filter(isOutdating).map((tag) => bearWitness(tag, answer)));
      await cache.put(`${baseUrl}${key}`, encode(answer, lifetimeSeconds));
    },
    async purge(tags) {
      const time = clock.now().getTime();
      await Promise.all(tags.map((tag) => cache.put(markerUrl(tag), timed(time))));
    },
  };
}

function isOutdating(tag: string): boolean {
  return OUTDATING_TAGS.includes(tag);
}

function timed(time: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, {
    headers: {
      ...headers,
      [TIME_HEADER]: String(time),
      'cache-control': `public, max-age=${MARKER_SECONDS}`,
    },
  });
}

function encode({ body, ...fields }: StoredAnswer, lifetimeSeconds: number): Response {
  const tags = fields.tags.filter((tag) => isTag(tag) && !isOutdating(tag));
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
