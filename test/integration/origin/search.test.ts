/** Search: what is found by which words, and that no words break it. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { products } from '#db/schema/catalog.ts';
import type { CategoryId, ProductId } from '#lib/ids.ts';
import { reindexProduct } from '#origin/search/service.ts';
import { insertCategory, insertIndexed, readPages } from '#test/support/catalogue.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';

let shop: OriginUnderTest;
let lantern: ProductId;
let kettle: ProductId;
let lamps: CategoryId;
beforeAll(async () => {
  shop = await openOrigin();
  lamps = await insertCategory(shop, 'lamps');
  lantern = await insertIndexed(shop, {
    ...{ name: 'Hurricane Lantern', vendor: 'Northfold', tags: ['camping'], categoryId: lamps },
    ...{ price: 4500, popularity: 5, options: [['Finish', 'Verdigris']] },
    descriptionHtml: '<p>Burns <b>paraffin</b> on windy nights.</p>',
  });
  kettle = await insertIndexed(shop, {
    ...{ name: 'Whistling Kettle', vendor: 'Southfold', tags: ['camping', 'kitchen'], price: 2500 },
    descriptionHtml: '<p>A storm kettle that mentions a lantern last.</p>',
  });
});
afterAll(async () => {
  await shop.close();
});

const search = (q: string, more = '') => shop.call(`/api/v1/search?q=${encodeURIComponent(q)}${more}`);
const found = async (q: string, more = ''): Promise<string[]> => {
  const { status, body } = await search(q, more);
  expect(status).toBe(200);
  return body.items.map(({ id }: { id: string }) => id);
};

describe('a product is found', () => {
  test.each([
    'Hurricane',
    'hurricanes',
    'NORTHFOLD',
    'paraffin',
    'verdigris',
    'burning',
    'lamps',
    '"windy nights"',
    'hurricane lantern',
    'lantern -kettle',
    'nothing or hurricane',
  ])('by %o', async (q) => {
    expect(await found(q)).toEqual([lantern]);
  });

  test('by its name before another by its description', async () => {
    expect(await found('lantern')).toEqual([lantern, kettle]);
  });

  test.each(['hurricane kettle', '"nights windy"', 'camping -kettle -lantern', 'script', 'p', 'zeppelin'])(
    'not by %o',
    async (q) => {
      expect(await found(q)).toEqual([]);
    },
  );

  test('within a category and a range of prices', async () => {
    expect(await found('camping', '&category=lamps')).toEqual([lantern]);
    expect(await found('camping', '&maxPrice=2500')).toEqual([kettle]);
    expect(await found('camping', '&minPrice=2501&maxPrice=4500')).toEqual([lantern]);
    const refused = await search('camping', '&category=nowhere');
    expectProblem(refused, 'invalid_input');
    expect(pathsOf(refused)).toEqual(['query/category']);
  });

  test('by its new words after a change, and by none once it is withdrawn', async () => {
    const id = await insertIndexed(shop, { name: 'Before Chronometer' });
    const change = async (set: Partial<typeof products.$inferInsert>) => {
      await shop.deps.db.update(products).set(set).where(eq(products.id, id));
      await reindexProduct(shop.deps, id);
    };
    await change({ name: 'After Sextant', version: 2 });
    expect(await found('chronometer')).toEqual([]);
    expect(await found('sextant')).toEqual([id]);
    await change({ name: 'Late Astrolabe', version: 1 });
    expect(await found('astrolabe')).toEqual([]);
    await change({ status: 'withdrawn', withdrawnAt: new Date(), version: 3 });
    expect(await found('sextant')).toEqual([]);
  });
});

test.each([
  ...[
    'the',
    'the and of',
    '"',
    '""',
    '"unclosed',
    "'",
    "'; drop table products; --",
    '-',
    '--',
    '- -',
    '|',
    '&',
  ],
  ...['!', '(', ')', '<->', ':*', 'a:*', '\\', '%', '_', '*', '💥', 'ﷺ', '\u202e', '\ufeff', ' ', '\t', '+'],
  ...[
    'x'.repeat(200),
    '"'.repeat(200),
    '-a'.repeat(100),
    'or or or',
    'or',
    '1e309',
    '-1',
    '<script>alert(1)</script>',
  ],
])('the words %o find something or nothing, and break nothing', async (q) => {
  const { status, body } = await search(q);
  expect(status).toBe(200);
  expect(body.items).toBeArray();
});

test('any text of at most two hundred characters is searched for without an error', async () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });
  const sendable = text.filter((q) => q.isWellFormed() && !q.includes('\0') && q.length <= 200);
  await fc.assert(
    fc.asyncProperty(sendable, async (q) => {
      expect((await search(q)).status).toBe(200);
    }),
    { numRuns: 300 },
  );
}, 60_000);

test('pages show each match once, however equal they are', async () => {
  const ids = [];
  for (let index = 0; index < 23; index += 1) {
    ids.push(await insertIndexed(shop, { name: 'Quartz Pebble', popularity: index % 2 === 0 ? 0 : 5_000 }));
  }
  for (const limit of [1, 4, 23, 100]) {
    const seen = (await readPages(shop, `/api/v1/search?q=quartz&limit=${limit}`)).map(({ id }) => id);
    expect(seen).toHaveLength(ids.length);
    expect(new Set(seen)).toEqual(new Set(ids));
  }
});

test('an answer is public and tagged for the purge of lists', async () => {
  const { headers } = await search('lantern');
  expect(headers.get('cache-tag')).toBe('product-lists');
  expect(headers.get('cache-control')).toStartWith('public, max-age=0, s-maxage=');
});
