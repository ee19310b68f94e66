/** Search killed, frozen and slowed: the last good answer, or what is on sale, in time and marked; and back again. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { MINUTE_MS } from '#lib/clock.ts';
import { guardOf } from '#lib/guards.ts';
import type { CategoryId } from '#lib/ids.ts';
import { POLICIES } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import { SearchBudgetSpent, type SearchEngine } from '#origin/search/engine.ts';
import { guardedEngine, isEnginesFailure } from '#origin/search/guarded-engine.ts';
import { type Afar, degradedAnswers, FAULTS, openAfar } from '#test/support/bad-network.ts';
import { insertCategory, insertIndexed } from '#test/support/catalogue.ts';
import { eventually } from '#test/support/eventually.ts';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';

setDefaultTimeout(2 * MINUTE_MS);

/** The engine's time and some for the machine; the edge waits for 3 s. */
const PROMISE_MS = POLICIES.search.timeoutMs + 1_000;
const AT_ONCE_MS = 1_000;

let shop: OriginUnderTest;
let afar: Afar;
let lamps: CategoryId;
beforeAll(async () => {
  shop = await openOrigin();
  lamps = await insertCategory(shop, 'lamps');
  await insertIndexed(shop, { name: 'Hurricane Lantern', categoryId: lamps, price: 4_500 });
  await insertIndexed(shop, { name: 'Desk Lamp', categoryId: lamps, price: 2_000 });
  await insertIndexed(shop, { name: 'Whistling Kettle', price: 2_500 });
  afar = await openAfar(shop, 'DATABASE_URL_SEARCH', { url: shop.databaseUrl });
  await searchIsThere();
});
afterEach(async () => {
  afar.network.set(null);
  await searchIsThere();
});
afterAll(async () => {
  await afar.close();
  await shop.close();
});

let asked = 0;
/** A price that makes a query one that nobody has asked, and keeps no product out. */
const fresh = () => {
  asked += 1;
  return asked;
};
const searchIsThere = () =>
  eventually('search is there', async () => {
    const { status, headers } = await search(`q=lantern&minPrice=${fresh()}`);
    return status === 200 && !headers.has('degraded');
  });
const search = (query: string): Promise<Answer> => afar.call(`/api/v1/search?${query}`);
const names = ({ body }: Answer): string[] => body.items.map(({ name }: { name: string }) => name);

async function timed(query: string): Promise<{ readonly answer: Answer; readonly ms: number }> {
  const startedAt = performance.now();
  const answer = await search(query);
  return { answer, ms: performance.now() - startedAt };
}

/** As if every cache had let go of it; what was last good is kept elsewhere. */
async function forget(): Promise<void> {
  await afar.deps.lists.invalidate();
}

describe.each(FAULTS)('with the engine %s', (_name, fault) => {
  test('a query that was answered before has its last good answer, marked; another has what is on sale', async () => {
    const seen = `q=lantern&minPrice=${fresh()}`;
    const good = await search(seen);
    expect([good.status, names(good)]).toEqual([200, ['Hurricane Lantern']]);
    expect(good.headers.has('degraded')).toBeFalse();
    await forget();
    afar.network.set(fault);
    const before = await degradedAnswers(afar, 'search', 'last_good');

    const { answer: last, ms } = await timed(seen);
    expect(ms).toBeLessThan(PROMISE_MS);
    expect([last.status, last.body]).toEqual([200, good.body]);
    expect(last.headers.get('degraded')).toBe('search;source=last_good');
    expect(last.headers.get('cache-control')).toBe('public, max-age=0, s-maxage=2');
    expect(last.headers.has('etag')).toBeFalse();
    expect(await degradedAnswers(afar, 'search', 'last_good')).toBe(before + 1);

    const category = await timed(`q=lantern&category=lamps&minPrice=${fresh()}`);
    expect(category.ms).toBeLessThan(PROMISE_MS);
    expect(category.answer.headers.get('degraded')).toBe('search;source=category');
    expect(names(category.answer)).toEqual(['Desk Lamp', 'Hurricane Lantern']);
    expect(category.answer.body).toMatchObject({ degraded: true, facets: null, nextCursor: null });

    const newest = await search(`q=lantern&limit=2&minPrice=${fresh()}`);
    expect(newest.headers.get('degraded')).toBe('search;source=newest');
    expect(names(newest)).toEqual(['Whistling Kettle', 'Desk Lamp']);

    const suggestions = await afar.call(`/api/v1/search/suggest?q=la${fresh()}`);
    expect(suggestions).toMatchObject({ status: 200, body: { items: [] } });
    expect(suggestions.headers.get('degraded')).toBe('suggestions;source=nothing');
  });

  test('once that is known nobody waits for it', async () => {
    afar.network.set(fault);
    const queries = Array.from(
      { length: POLICIES.search.breaker.failures },
      () => `q=lantern&minPrice=${fresh()}`,
    );
    for (const { status } of await Promise.all(queries.map(search))) expect(status).toBe(200);
    const { answer, ms } = await timed(`q=lantern&minPrice=${fresh()}`);
    expect(answer.headers.get('degraded')).toBe('search;source=newest');
    expect(ms).toBeLessThan(AT_ONCE_MS);
    const { body } = await afar.deps.metrics.expose();
    expect(body).toContain('circuit_open{dependency="search"} 1');
  });
});

test('a process that has just started finds the last good answers of the others in Redis', async () => {
  const seen = `q=kettle&minPrice=${fresh()}`;
  const good = await search(seen);
  await forget();
  const young = await openAfar(shop, 'DATABASE_URL_SEARCH', { url: shop.databaseUrl });
  try {
    young.network.set({ kind: 'reset' });
    const last = await young.call(`/api/v1/search?${seen}`);
    expect([last.status, last.body]).toEqual([200, good.body]);
    expect(last.headers.get('degraded')).toBe('search;source=last_good');
  } finally {
    await young.close();
  }
});

test('what is wrong is refused all the same, and a page further on has nothing to stand in for it', async () => {
  const { body } = await search(`q=lamp&limit=1&minPrice=${fresh()}`);
  afar.network.set({ kind: 'reset' });
  expectProblem(await search('q=lamp&category=nowhere'), 'invalid_input');
  expectProblem(await search('q=lamp&facets=nonsense'), 'invalid_input');
  if (body.nextCursor !== null) {
    expectProblem(
      await search(`q=lamp&limit=1&minPrice=${fresh()}&cursor=${body.nextCursor}`),
      'unavailable',
    );
  }
});

test('searches that cost too much open no circuit: others are searched for as before', async () => {
  const engine = (failure: () => Error): SearchEngine =>
    guardedEngine(
      {
        ...shop.deps.search,
        search: async (request) => {
          if (request.text === 'dear') throw failure();
          return shop.deps.search.search(request);
        },
      },
      guardOf('search', shop.deps, { isFailure: isEnginesFailure }),
    );
  const after = async (failure: () => Error) => {
    const one = shop.beside({ search: engine(failure) });
    for (let times = 0; times < 2 * POLICIES.search.breaker.failures; times += 1) {
      const dear = await one.call(`/api/v1/search?q=dear&minPrice=${fresh()}`);
      expect(dear.headers.get('degraded')).toBe('search;source=newest');
    }
    return (await one.call(`/api/v1/search?q=lantern&minPrice=${fresh()}`)).headers.get('degraded');
  };
  expect(await after(() => new SearchBudgetSpent())).toBeNull();
  expect(await after(() => new AppError('unavailable'))).toBe('search;source=newest');
});
