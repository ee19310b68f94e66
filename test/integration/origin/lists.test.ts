/** Lists of products: filters, orders, and pages that show each product once. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { products } from '#db/schema/catalog.ts';
import type { CategoryId, ProductId } from '#lib/ids.ts';
import { insertCategory, insertProducts, readPages } from '#test/support/catalogue.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

const SORTS = ['newest', 'price', '-price', 'popular'] as const;
type Sort = (typeof SORTS)[number];

let count = 0;
async function newCategory(parent: CategoryId | null = null): Promise<{ id: CategoryId; slug: string }> {
  count += 1;
  const slug = `category-${count}`;
  return { id: await insertCategory(shop, slug, parent), slug };
}

const list = (query: string) => shop.call(`/api/v1/products?${query}`);
const idsOf = (items: readonly { readonly id: string }[]) => items.map(({ id }) => id);

interface Row {
  readonly price: number;
  readonly popularity: number;
  readonly createdAt: Date;
}

/** How a list must be ordered; ties by id, the way the order runs. */
const ORDERS: Readonly<Record<Sort, (a: Row & { id: string }, b: Row & { id: string }) => number>> = {
  newest: (a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1),
  price: (a, b) => a.price - b.price || (a.id < b.id ? -1 : 1),
  '-price': (a, b) => b.price - a.price || (a.id < b.id ? 1 : -1),
  popular: (a, b) => b.popularity - a.popularity || (a.id < b.id ? 1 : -1),
};

/** Few values, so that many products are equal in what they are sorted by. */
const row = fc.record({
  price: fc.constantFrom(0, 1, 1000, 99_999_999),
  popularity: fc.constantFrom(0, 1, 2_147_483_647),
  createdAt: fc.constantFrom(new Date('2026-01-01T00:00:00.001Z'), new Date('2026-01-01T00:00:00.002Z')),
});

describe('pages', () => {
  test('show every product once and in order, whatever they have in common', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 25 }),
        fc.constantFrom(...SORTS),
        fc.integer({ min: 1, max: 7 }),
        async (rows, sort, limit) => {
          const category = await newCategory();
          const ids = await insertProducts(
            shop,
            rows.map((each) => ({ ...each, categoryId: category.id })),
          );
          const expected = rows
            .map((each, index) => ({ ...each, id: ids[index] ?? '' }))
            .toSorted(ORDERS[sort]);
          const seen = await readPages(
            shop,
            `/api/v1/products?category=${category.slug}&sort=${sort}&limit=${limit}`,
          );
          expect(idsOf(seen)).toEqual(idsOf(expected));
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);

  test.each(SORTS)(
    'by %s show what was there from the start once, while products come and go',
    async (sort) => {
      const category = await newCategory();
      const categoryId = category.id;
      const start = await insertProducts(
        shop,
        Array.from({ length: 20 }, (_, index) => ({
          categoryId,
          price: (index % 3) * 100,
          popularity: index % 2,
        })),
      );
      const going: ProductId[] = [];
      const seen = await readPages(
        shop,
        `/api/v1/products?category=${category.slug}&sort=${sort}&limit=3`,
        async () => {
          await insertProducts(
            shop,
            [0, 100, 200].map((price) => ({ categoryId, price, popularity: price % 2 })),
          ).then((ids) => going.push(...ids.slice(0, 1)));
          const [gone] = going.splice(0, 1);
          if (gone)
            await shop.deps.db
              .update(products)
              .set({ status: 'withdrawn', withdrawnAt: new Date() })
              .where(eq(products.id, gone));
        },
      );
      expect(new Set(idsOf(seen)).size).toBe(seen.length);
      expect(idsOf(seen)).toEqual(expect.arrayContaining(start));
    },
  );

  test('of one order are not continued in another, nor in another list', async () => {
    const { id: categoryId } = await newCategory();
    await insertProducts(shop, [{ categoryId }, { categoryId }]);
    for (const from of SORTS) {
      const { nextCursor } = (await list(`sort=${from}&limit=1`)).body;
      expect((await list(`sort=${from}&cursor=${nextCursor}`)).status).toBe(200);
      for (const to of SORTS.filter((sort) => sort !== from)) {
        const refused = await list(`sort=${to}&cursor=${nextCursor}`);
        expectProblem(refused, 'invalid_input');
        expect(pathsOf(refused)).toEqual(['query/cursor']);
      }
      expectProblem(await shop.call(`/api/v1/search?q=a&cursor=${nextCursor}`), 'invalid_input');
    }
  });

  test('are of twenty if nobody says otherwise, and of a hundred at most', async () => {
    const { id: categoryId, slug } = await newCategory();
    await insertProducts(shop, Array(101).fill({ categoryId }));
    expect((await list(`category=${slug}`)).body.items).toHaveLength(20);
    expect((await list(`category=${slug}&limit=1`)).body.items).toHaveLength(1);
    const { items, nextCursor } = (await list(`category=${slug}&limit=100`)).body;
    expect(items).toHaveLength(100);
    const last = await list(`category=${slug}&limit=100&cursor=${nextCursor}`);
    expect(last.body).toMatchObject({ items: [{}], nextCursor: null });
    expectProblem(await list('limit=101'), 'invalid_input');
  });
});

describe('a list', () => {
  test('by category has its descendants, and no others', async () => {
    const top = await newCategory();
    const child = await newCategory(top.id);
    const grandchild = await newCategory(child.id);
    const sibling = await newCategory();
    const [inTop, inChild, inGrandchild] = await insertProducts(
      shop,
      [top, child, grandchild, sibling].map(({ id }) => ({ categoryId: id })),
    );
    const of = async (slug: string) => new Set(idsOf((await list(`category=${slug}`)).body.items));
    expect(await of(top.slug)).toEqual(new Set([inTop, inChild, inGrandchild].map(String)));
    expect(await of(child.slug)).toEqual(new Set([inChild, inGrandchild].map(String)));
    expect(await of(grandchild.slug)).toEqual(new Set([String(inGrandchild)]));
  });

  test('by price takes both ends in, and an empty range is an empty list', async () => {
    const { id: categoryId, slug } = await newCategory();
    await insertProducts(
      shop,
      [99, 100, 150, 200, 201].map((price) => ({ categoryId, price })),
    );
    const prices = async (range: string) => {
      const { items } = (await list(`category=${slug}&sort=price&${range}`)).body;
      return items.map((item: { price: { amount: number } }) => item.price.amount);
    };
    expect(await prices('minPrice=100&maxPrice=200')).toEqual([100, 150, 200]);
    expect(await prices('minPrice=200')).toEqual([200, 201]);
    expect(await prices('maxPrice=99')).toEqual([99]);
    expect(await prices('minPrice=200&maxPrice=100')).toEqual([]);
    expect(await prices('minPrice=9007199254740991')).toEqual([]);
  });

  test('is public, tagged for the purge, and short-lived', async () => {
    const { status, headers } = await list('limit=1');
    expect(status).toBe(200);
    expect(headers.get('cache-tag')).toBe('product-lists');
    expect(headers.get('cache-control')).toMatch(
      /^public, max-age=0, s-maxage=\d+, stale-while-revalidate=\d+/,
    );
  });

  test('has no product that was withdrawn', async () => {
    const { id: categoryId, slug } = await newCategory();
    const [kept, gone] = await insertProducts(shop, [{ categoryId }, { categoryId }]);
    await shop.deps.db
      .update(products)
      .set({ status: 'withdrawn', withdrawnAt: new Date() })
      .where(eq(products.id, gone as ProductId));
    expect(idsOf((await list(`category=${slug}`)).body.items)).toEqual([String(kept)]);
  });
});

test('categories are a tree, tagged for the purge', async () => {
  const top = await newCategory();
  const child = await newCategory(top.id);
  const { body, headers } = await shop.call('/api/v1/categories');
  const node = body.items.find(({ id }: { id: string }) => id === top.id);
  const leaf = { id: child.id, slug: child.slug, name: child.slug, children: [] };
  expect(node).toEqual({ id: top.id, slug: top.slug, name: top.slug, children: [leaf] });
  expect(headers.get('cache-tag')).toBe('categories');
});
