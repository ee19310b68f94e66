/** Answers that are not what they should be: passed on as such, and never in the place of a better one. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { CACHE_TAGS } from '#lib/edge-contract.ts';
import { cacheStatus, type EdgeUnderTest, product, startEdgeUnderTest } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';

// The runtime starts slowly on a busy machine.
setDefaultTimeout(30_000);

let shop: EdgeUnderTest;
beforeAll(async () => {
  shop = await startEdgeUnderTest();
});
afterAll(async () => {
  await shop.stop();
});

const CONTROL = 's-maxage=50, stale-if-error=86400';
const AGED = { age: '100' };
const poor = (body: unknown) =>
  Response.json(body, {
    headers: { 'cache-control': 'public, max-age=0, s-maxage=2', degraded: 'search;source=newest' },
  });

test('one that stands in for another is passed on with its mark, and for a moment shared', async () => {
  const path = '/api/v1/search';
  shop.origin.on(path, () => poor({ items: ['instead'] }));
  const answers = [await shop.fetch(`${path}?q=new`), await shop.fetch(`${path}?q=new`)];
  for (const answer of answers) {
    expect(answer.headers.get('degraded')).toBe('search;source=newest');
    expect(await answer.json()).toEqual({ items: ['instead'] });
  }
  expect(shop.origin.seen(path)).toHaveLength(1);
});

test('one that the edge still has, of a time when all was well, is better: it is shown, and kept', async () => {
  const path = '/api/v1/trending';
  shop.origin.on(path, () => product({ items: ['good'] }, AGED, CONTROL));
  expect((await shop.fetch(path)).headers.has('degraded')).toBeFalse();
  shop.origin.on(path, () => poor({ items: ['instead'] }));
  for (let reads = 0; reads < 50; reads += 1) {
    const stale = await shop.fetch(path);
    expect(await stale.json()).toEqual({ items: ['good'] });
    expect(stale.headers.get('degraded')).toBe('origin;source=stale');
    expect(cacheStatus(stale)).toContain('detail=stale-if-error');
  }
  // Those who can do without an answer leave the origin alone.
  expect(shop.origin.seen(path).length).toBeLessThan(10);
  shop.origin.on(path, () => product({ items: ['new'] }));
  await eventually('it is well again', async () => {
    const answer = await shop.fetch(path);
    return !answer.headers.has('degraded') && (await answer.text()).includes('new');
  });
});

test('one that the edge still has is no better once it is out of date', async () => {
  const path = '/api/v1/categories';
  shop.origin.on(path, () => product({ items: ['good'] }, { 'cache-tag': CACHE_TAGS.categories }, CONTROL));
  await shop.fetch(path);
  await shop.purge([CACHE_TAGS.categories]);
  shop.origin.on(path, () => poor({ items: ['instead'] }));
  for (let reads = 0; reads < 3; reads += 1) {
    expect(await (await shop.fetch(path)).json()).toEqual({ items: ['instead'] });
  }
});

test('one that stands in makes room for what is as it should be', async () => {
  const path = '/api/v1/search/suggest';
  shop.origin.on(path, () => poor({ items: [] }));
  await shop.fetch(`${path}?q=a`);
  shop.origin.on(path, () => product({ items: ['good'] }));
  await eventually('it is as it should be', async () => {
    const answer = await shop.fetch(`${path}?q=a`);
    return !answer.headers.has('degraded') && (await answer.text()).includes('good');
  });
});

test('with the origin gone what is stale says so, and what is merely being renewed does not', async () => {
  const [old, young] = ['/api/v1/products/old', '/api/v1/products/young'];
  shop.origin.on(old, () => product({}, AGED, CONTROL));
  shop.origin.on(young, () => product({}, { age: '55' }, `${CONTROL}, stale-while-revalidate=60`));
  for (const path of [old, young]) await shop.fetch(path);
  await shop.origin.stop();
  try {
    for (let reads = 0; reads < 10; reads += 1) {
      expect((await shop.fetch(old)).headers.get('degraded')).toBe('origin;source=stale');
    }
    const renewed = await shop.fetch(young);
    expect(cacheStatus(renewed)).toContain('stale-while-revalidate');
    expect(renewed.headers.has('degraded')).toBeFalse();
  } finally {
    shop.origin.restart();
  }
});
