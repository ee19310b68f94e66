/** Answers in a data centre that Cloudflare's own purge reaches, and ours does not. */

import { expect, test } from 'bun:test';
import { createCacheApiStore } from '#edge/cache/cache-api-store.ts';
import type { StoredAnswer } from '#edge/cache/store.ts';
import { CACHE_TAGS } from '#lib/edge-contract.ts';
import { createLogger } from '#lib/log.ts';

function setUp() {
  const entries = new Map<string, Response>();
  const state = { nowMs: 1_000 };
  const cache = {
    match: async (url: string) => entries.get(url)?.clone() as Response | undefined,
    put: async (url: string, response: Response) => void entries.set(url, response),
  };
  const store = createCacheApiStore({
    ...{ cache, baseUrl: 'https://shop.test', clock: { now: () => new Date(state.nowMs) } },
    log: createLogger({ level: 'error', write: () => {} }),
  });
  const purgeAtCloudflare = (tag: string) => {
    for (const [url, { headers }] of entries) {
      if (headers.get('cache-tag')?.split(',').includes(tag)) entries.delete(url);
    }
  };
  const keep = (key: string, tags: readonly string[], fetchStartedAt = state.nowMs) =>
    store.put(key, { ...ANSWER, tags, fetchStartedAt }, 60);
  const stateOf = async (key: string) => {
    const found = await store.get(key);
    if (found === null) return 'gone';
    return found.isOutdated ? 'out of date' : 'good';
  };
  return { state, store, keep, stateOf, purgeAtCloudflare };
}

const ANSWER: Omit<StoredAnswer, 'tags' | 'fetchStartedAt'> = {
  ...{ status: 200, headers: [], body: new Uint8Array(1), initialAgeSeconds: 0, life: null, variant: '' },
};

test('Cloudflare makes lists out of date, as we do, and deletes what is not to be seen again', async () => {
  const { state, store, keep, stateOf, purgeAtCloudflare } = setUp();
  const page = CACHE_TAGS.product('1');
  await keep('/list', [CACHE_TAGS.lists]);
  await keep('/page', [page]);
  await keep('/in-euros', [CACHE_TAGS.lists, CACHE_TAGS.currency('EUR')]);
  expect(await Promise.all(['/list', '/page', '/in-euros'].map(stateOf))).toEqual(['good', 'good', 'good']);
  for (const tag of [CACHE_TAGS.lists, page]) purgeAtCloudflare(tag);
  expect(await Promise.all(['/list', '/page'].map(stateOf))).toEqual(['out of date', 'gone']);
  purgeAtCloudflare(CACHE_TAGS.currency('EUR'));
  expect(await stateOf('/in-euros')).toBe('gone');

  state.nowMs += 1;
  await keep('/other-list', [CACHE_TAGS.lists]);
  expect(await Promise.all(['/list', '/other-list'].map(stateOf))).toEqual(['out of date', 'good']);
  await store.purge([CACHE_TAGS.lists]);
  expect(await stateOf('/other-list')).toBe('out of date');
});

test('both purges of a tag are one: what was being fetched before is out of date after, whichever comes last', async () => {
  const { state, store, keep, stateOf, purgeAtCloudflare } = setUp();
  await keep('/list', [CACHE_TAGS.lists]);
  const fetchStartedAt = state.nowMs;
  state.nowMs += 1;
  await store.purge([CACHE_TAGS.lists]);
  purgeAtCloudflare(CACHE_TAGS.lists);
  await keep('/list', [CACHE_TAGS.lists], fetchStartedAt);
  expect(await stateOf('/list')).toBe('out of date');
});
