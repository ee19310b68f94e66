/** What a search may cost PostgreSQL, and how the index is brought in step as a whole. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { products } from '#db/schema/catalog.ts';
import { searchDocuments } from '#db/schema/search.ts';
import { present } from '#lib/assert.ts';
import type { CategoryId, ProductId } from '#lib/ids.ts';
import { createPostgresEngine } from '#origin/search/postgres-engine.ts';
import {
  indexMissing,
  refreshSearch,
  reindexAll,
  reindexProduct,
  renewPopularity,
} from '#origin/search/service.ts';
import { insertCategory, insertProducts } from '#test/support/catalogue.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';

let shop: OriginUnderTest;
let tents: CategoryId;
let ids: ProductId[];
beforeAll(async () => {
  shop = await openOrigin();
  tents = await insertCategory(shop, 'tents', await insertCategory(shop, 'outdoor'));
  ids = await insertProducts(
    shop,
    Array.from({ length: 40 }, (_, index) => ({
      name: `Dome Tent ${index}`,
      vendor: index % 2 === 0 ? 'Northfold' : 'Southfold',
      price: 1_000 * index,
      popularity: index,
      categoryId: tents,
      options: [['Colour', index % 4 === 0 ? 'Red' : 'Green']] as const,
    })),
  );
  await reindexAll(shop.deps);
});
afterAll(() => shop.close());

const search = (query: string) => shop.call(`/api/v1/search?${query}`);

describe('the facets of a search', () => {
  test('are all counted, and each is a filter', async () => {
    const { body } = await search('q=tent');
    expect(body.facets).toMatchObject({
      category: [
        { slug: expect.any(String), name: expect.any(String), count: 40 },
        { slug: expect.any(String), name: expect.any(String), count: 40 },
      ],
      vendor: [
        { value: 'Northfold', count: 20 },
        { value: 'Southfold', count: 20 },
      ],
      options: [
        {
          name: 'Colour',
          values: [
            { value: 'Green', count: 30 },
            { value: 'Red', count: 10 },
          ],
        },
      ],
      availability: [{ available: false, count: 40 }],
    });
    expect(body.facets.price[0]).toEqual({ min: 0, max: 999, count: 1 });
    for (const filter of [
      'category=outdoor',
      'vendor=Northfold',
      'option=Colour:Red',
      'available=true',
      'maxPrice=999',
    ]) {
      const { body: narrowed } = await search(`q=tent&limit=100&${filter}`);
      const expected = {
        'category=outdoor': 40,
        'vendor=Northfold': 20,
        'option=Colour:Red': 10,
        'available=true': 0,
      };
      expect(narrowed.items).toHaveLength(expected[filter as keyof typeof expected] ?? 1);
    }
  });

  test('are those that were asked for', async () => {
    expect(Object.keys((await search('q=tent&facets=vendor,price')).body.facets)).toEqual([
      'vendor',
      'price',
    ]);
    expect((await search('q=tent&facets=none')).body.facets).toBeNull();
    expect(pathsOf(await search('q=tent&facets=colour'))).toEqual(['query/facets']);
  });
});

test.each([
  ['q=%00', 'query/q'],
  ['q=', 'query/q'],
  ['', 'query/q'],
  [`q=${'x'.repeat(201)}`, 'query/q'],
  ['q=tent&sort=cheapest', 'query/sort'],
  ['q=tent&available=maybe', 'query/available'],
  ['q=tent&option=Red', 'query/option'],
  ['q=tent&cursor=W10', 'query/cursor'],
])('a search for %o is refused by naming %s', async (query, path) => {
  const refused = await search(query);
  expectProblem(refused, 'invalid_input');
  expect(pathsOf(refused)).toContain(path);
});

test('a cursor is of one order only', async () => {
  const { body } = await search('q=tent&limit=5&sort=price');
  expectProblem(await search(`q=tent&limit=5&sort=popular&cursor=${body.nextCursor}`), 'invalid_input');
});

test('suggestions come over HTTP as they are typed', async () => {
  const { status, body } = await shop.call('/api/v1/search/suggest?q=do');
  expect(status).toBe(200);
  expect(body.items).toContainEqual({ text: 'dome', kind: 'word' });
  expect(body.items.length).toBeLessThanOrEqual(10);
  expectProblem(await shop.call('/api/v1/search/suggest?q=%00'), 'invalid_input');
});

describe('the budget of a search', () => {
  test('ends a statement that takes too long, and something else stands in for the hits', async () => {
    const slow = { statementTimeoutMs: 1, totalMs: 10_000, maxRunning: 2, maxWaiting: 2 };
    const engine = createPostgresEngine({ ...shop.deps, reader: shop.deps.readers.search }, slow);
    const holdUp = shop.deps.db.transaction(async (tx) => {
      await tx.execute(sql`lock table ${searchDocuments} in access exclusive mode`);
      const { status, headers } = await shop.beside({ search: engine }).call('/api/v1/search?q=held');
      expect([status, headers.get('degraded')]).toEqual([200, 'search;source=newest']);
    });
    await holdUp;
  });

  test('refuses at once what would only queue up', async () => {
    const narrow = { statementTimeoutMs: 5_000, totalMs: 10_000, maxRunning: 1, maxWaiting: 1 };
    const engine = createPostgresEngine({ ...shop.deps, reader: shop.deps.readers.search }, narrow);
    const request = { text: 'tent', filter: {}, sort: 'relevance', limit: 5, withFacets: false } as const;
    const outcomes = await shop.deps.db.transaction(async (tx) => {
      await tx.execute(sql`lock table ${searchDocuments} in access exclusive mode`);
      return [engine.search(request), engine.search(request), engine.search(request)].map((each) =>
        each.then(
          () => 'found',
          (error) => error.code,
        ),
      );
    });
    expect(await Promise.all(outcomes)).toEqual(['found', 'found', 'unavailable']);
  });
});

describe('the index as a whole', () => {
  const indexed = async () =>
    (await shop.deps.db.select({ id: searchDocuments.productId }).from(searchDocuments)).map(({ id }) => id);

  test('has every product on sale after a bulk run, and nothing else', async () => {
    const [gone = ids[0]] = await insertProducts(shop, [{ name: 'Withdrawn Tent' }]);
    await reindexAll(shop.deps);
    await shop.deps.db
      .update(products)
      .set({ status: 'withdrawn', withdrawnAt: new Date() })
      .where(eq(products.id, gone as ProductId));
    expect(await reindexAll(shop.deps)).toBe(ids.length);
    expect((await indexed()).toSorted()).toEqual(ids.toSorted());
  });

  test('takes over popularity that changed without an event, and the lists remembered from before go', async () => {
    const sorted = async () =>
      (await search('q=tent&sort=popular&limit=1')).body.items.map(({ id }: { id: string }) => id);
    const [least] = ids as [ProductId];
    expect(await sorted()).not.toEqual([least]);
    await shop.deps.db.update(products).set({ popularity: 9_999 }).where(eq(products.id, least));
    expect(await renewPopularity(shop.deps)).toBe(1);
    expect(await sorted()).toEqual([least]);
    expect(await renewPopularity(shop.deps)).toBe(0);
  });

  test('gets back what it lacks', async () => {
    const [lost] = ids as [ProductId];
    await shop.deps.db.delete(searchDocuments).where(eq(searchDocuments.productId, lost));
    expect(await indexMissing(shop.deps)).toBe(1);
    expect(await indexed()).toContain(lost);
    expect(await indexMissing(shop.deps)).toBe(0);
  });
});

test('what no document has any more is suggested no longer, be it a word, a vendor or a category', async () => {
  const { deps } = shop;
  const categoryId = await insertCategory(shop, 'quonsets');
  const [left, gone] = await insertProducts(shop, [
    { name: 'Quonset Hut', vendor: 'Quonlight', popularity: 99 },
    { name: 'Quonly Hut', vendor: 'Quongone', categoryId },
  ]);
  for (const id of [left, gone]) await reindexProduct(deps, present(id, 'a product'));
  const suggested = async () =>
    (await deps.search.suggest('quon', 10)).map(({ kind, text }) => `${kind} ${text}`).toSorted();
  const stays = ['product Quonset Hut', 'vendor Quonlight', 'word quonset'];
  const goes = ['category quonsets', 'product Quonly Hut', 'vendor Quongone', 'word quonly'];
  await refreshSearch(deps);
  expect(await suggested()).toEqual([...stays, ...goes].toSorted());
  await deps.search.remove([present(gone, 'a product')]);
  await refreshSearch(deps);
  expect(await suggested()).toEqual(stays);
});
