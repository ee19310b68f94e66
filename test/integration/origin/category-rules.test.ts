/** Categories that take products in by themselves: as a rule says, beside those that were put there by hand. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import { attributes, productAttributes } from '#db/schema/attributes.ts';
import { products } from '#db/schema/catalog.ts';
import { categoryMembers, categoryRules } from '#db/schema/category-rules.ts';
import { outbox } from '#db/schema/messaging.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import type { CategoryId, ProductId } from '#lib/ids.ts';
import { minor } from '#lib/money.ts';
import { applyRule, placeProduct } from '#origin/category-rules/service.ts';
import { reindexProduct } from '#origin/search/service.ts';
import { insertCategory, insertProducts, readPages } from '#test/support/catalogue.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';
import { type Made, product, type RuleMade, rule, takesIn } from '#test/support/ruled-products.ts';

setDefaultTimeout(MINUTE_MS);

let shop: OriginUnderTest;
let admin: string;
beforeAll(async () => {
  shop = await openOrigin();
  admin = (await shop.signIn('admin')).token;
  await shop.deps.db.insert(attributes).values({ key: 'season', name: 'Season', kind: 'text' });
});
afterAll(async () => {
  await shop.close();
});

const unused = () => `c-${crypto.randomUUID().slice(0, 8)}`;
const newCategory = async (parent: CategoryId | null = null) => {
  const slug = unused();
  return { slug, id: await insertCategory(shop, slug, parent) };
};
const pathOf = (id: string) => `/api/v1/categories/${id}/rule`;
const save = (id: string, rule: object) =>
  shop.call(pathOf(id), { method: 'POST', token: admin, body: rule });
const remove = (id: string) => shop.call(pathOf(id), { method: 'DELETE', token: admin });
const preview = (rule: object) =>
  shop.call('/api/v1/category-rules/preview', { method: 'POST', token: admin, body: rule });
const tagged = (tag: string) => ({ match: 'all', conditions: [{ field: 'tag', value: tag }] });
const listed = async (slug: string, query = '') =>
  (await readPages(shop, `/api/v1/products?category=${slug}${query}`)).map(({ id }) => id);

const rowOf = ({ tags, vendor, name, price: amount, isOnSale }: Made) => ({
  ...{ tags, vendor, name, priceMinor: minor(amount) },
  ...(isOnSale
    ? { status: 'published' as const, withdrawnAt: null }
    : { status: 'withdrawn' as const, withdrawnAt: new Date() }),
});

async function become(id: ProductId, made: Made): Promise<void> {
  const { db } = shop.deps;
  await db.update(products).set(rowOf(made)).where(eq(products.id, id));
  await db.delete(productAttributes).where(eq(productAttributes.productId, id));
  if (made.season === null) return;
  await db.insert(productAttributes).values({ productId: id, key: 'season', value: made.season });
}

async function insert(all: readonly Made[]): Promise<ProductId[]> {
  const ids = await insertProducts(
    shop,
    all.map(() => ({})),
  );
  await Promise.all(ids.map((id, index) => become(id, all[index] as Made)));
  return ids;
}

const membersOf = async (id: CategoryId) => {
  const rows = await shop.deps.db.select().from(categoryMembers).where(eq(categoryMembers.categoryId, id));
  return rows.map(({ productId }) => productId).toSorted();
};

async function clear(): Promise<void> {
  const { db } = shop.deps;
  await db.delete(categoryMembers);
  await db.delete(categoryRules);
  await db.update(products).set({ status: 'withdrawn', withdrawnAt: new Date() });
}

test('whatever products are and become, a category has what its rule takes in, and a preview tells it before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(product, { minLength: 1, maxLength: 8 }),
      fc.array(product, { minLength: 1, maxLength: 8 }),
      fc.tuple(rule, rule),
      async (before, later, [first, second]) => {
        await clear();
        const { id } = await newCategory();
        const ids = await insert(before);
        const expected = (of: RuleMade, all: readonly Made[]) =>
          ids.filter((_, index) => takesIn(of, all[index] as Made)).toSorted();
        const foreseen = await preview(first);
        expect(foreseen.body).toMatchObject({
          ...{ matching: expected(first, before).length, isComplete: true },
        });
        expect((await save(id, first)).status).toBe(200);
        await applyRule(shop.deps, id);
        expect(await membersOf(id)).toEqual(expected(first, before));
        const after = before.map((made, index) => later[index] ?? made);
        for (const [index, made] of after.entries()) await become(ids[index] as ProductId, made);
        for (const each of ids) await placeProduct(shop.deps, each);
        expect(await membersOf(id)).toEqual(expected(first, after));
        await save(id, second);
        await applyRule(shop.deps, id);
        expect(await membersOf(id)).toEqual(expected(second, after));
        await remove(id);
        await applyRule(shop.deps, id);
        expect(await membersOf(id)).toEqual([]);
      },
    ),
    { numRuns: 30 },
  );
});

const SORTS = ['newest', 'price', '-price', 'popular'] as const;

test.each(SORTS)(
  'a list by %s has what is there by hand and by a rule, at any depth, once and in order',
  async (sort) => {
    const tag = unused();
    const top = await newCategory();
    const below = await newCategory(top.id);
    const elsewhere = await newCategory();
    const places = [top.id, below.id, elsewhere.id];
    const ids = await insertProducts(
      shop,
      Array.from({ length: 18 }, (_, index) => ({
        categoryId: places[index % 3] as CategoryId,
        tags: index % 2 === 0 ? [tag] : [],
        price: (index % 4) * 100,
        popularity: index % 5,
      })),
    );
    await save(below.id, tagged(tag));
    await applyRule(shop.deps, below.id);
    const everywhere = (await readPages(shop, `/api/v1/products?sort=${sort}&limit=50`)).map(({ id }) => id);
    const inOrder = (which: (index: number) => boolean) =>
      everywhere.filter((id) => ids.includes(id as ProductId) && which(ids.indexOf(id as ProductId)));
    expect(await listed(top.slug, `&sort=${sort}&limit=4`)).toEqual(
      inOrder((index) => index % 3 !== 2 || index % 2 === 0),
    );
    expect(await listed(below.slug, `&sort=${sort}&limit=1`)).toEqual(
      inOrder((index) => index % 3 === 1 || index % 2 === 0),
    );
    const cheap = (index: number) => (index % 4) * 100 <= 100;
    expect(await listed(top.slug, `&sort=${sort}&maxPrice=100&limit=2`)).toEqual(
      inOrder((index) => cheap(index) && (index % 3 !== 2 || index % 2 === 0)),
    );
  },
);

test('search finds, and counts, what a rule has taken in; and no more once the rule has gone', async () => {
  const tag = unused();
  const top = await newCategory();
  const { id, slug } = await newCategory(top.id);
  const ids = await insertProducts(shop, [
    { tags: [tag], name: 'Quokka one' },
    { name: 'Quokka two' },
    { tags: [tag], name: 'Quokka three', categoryId: id },
  ]);
  const found = async (category: string) => {
    const { body } = await shop.call(`/api/v1/search?q=quokka&category=${category}&facets=category`);
    const count = body.facets.category.find((each: { slug: string }) => each.slug === category)?.count;
    return [body.items.length, count];
  };
  const index = async () => {
    for (const each of ids) await reindexProduct(shop.deps, each);
  };
  await save(id, tagged(tag));
  await applyRule(shop.deps, id);
  await index();
  expect(await found(slug)).toEqual([2, 2]);
  expect(await found(top.slug)).toEqual([2, 2]);
  await remove(id);
  await applyRule(shop.deps, id);
  await index();
  expect(await found(slug)).toEqual([1, 1]);
});

test('a product that moves has a new version and is told of once; one that stays has neither', async () => {
  const tag = unused();
  const { id } = await newCategory();
  const [moving, staying] = await insertProducts(shop, [{ tags: [tag] }, {}]);
  const versionOf = async (which: ProductId | undefined) => {
    const [row] = await shop.deps.db
      .select()
      .from(products)
      .where(eq(products.id, which as ProductId));
    return row?.version;
  };
  const toldOf = async (which: ProductId | undefined) =>
    (await shop.deps.db.select().from(outbox)).filter(
      ({ name, data }) => name === 'product.changed' && (data as { productId: string }).productId === which,
    ).length;
  await save(id, tagged(tag));
  for (let times = 0; times < 3; times += 1) {
    await applyRule(shop.deps, id);
    for (const each of [moving, staying]) await placeProduct(shop.deps, each as ProductId);
  }
  expect([await versionOf(moving), await toldOf(moving)]).toEqual([2, 1]);
  expect([await versionOf(staying), await toldOf(staying)]).toEqual([1, 0]);
});

test('rules and products that change at once end where the last of each has them', async () => {
  const [one, other] = [unused(), unused()];
  const { id } = await newCategory();
  const ids = await insertProducts(
    shop,
    Array.from({ length: 40 }, (_, index) => ({ tags: [index % 2 === 0 ? one : other] })),
  );
  const turn = async (each: ProductId, index: number, round: number) => {
    const tags = [(index + round) % 2 === 0 ? one : other];
    await shop.deps.db.update(products).set({ tags }).where(eq(products.id, each));
    await placeProduct(shop.deps, each);
  };
  for (let round = 1; round <= 4; round += 1) {
    const tag = round % 2 === 0 ? one : other;
    const rules = async () => {
      expect((await save(id, tagged(tag))).status).toBe(200);
      await Promise.all([applyRule(shop.deps, id), applyRule(shop.deps, id)]);
    };
    await Promise.all([rules(), ...ids.map((each, index) => turn(each, index, round))]);
    const rows = await shop.deps.db.select().from(products);
    const meant = rows.filter(({ tags }) => tags.includes(tag)).map((row) => row.id);
    expect(await membersOf(id)).toEqual(meant.toSorted());
  }
});

test('more products than one transaction takes are all taken in', async () => {
  const tag = unused();
  const { id } = await newCategory();
  const ids = await insertProducts(
    shop,
    Array.from({ length: 450 }, () => ({ tags: [tag] })),
  );
  await save(id, tagged(tag));
  await applyRule(shop.deps, id);
  expect(await membersOf(id)).toEqual(ids.toSorted());
});

test('a rule is read as it was saved, and each that is saved has its version', async () => {
  const { id } = await newCategory();
  expectProblem(await shop.call(pathOf(id), { token: admin }), 'category_rule_not_found');
  expectProblem(await remove(id), 'category_rule_not_found');
  const conditions = [
    { field: 'price', from: 100, to: 200 },
    { field: 'attribute', key: 'season', value: 2.5 },
  ];
  expect((await save(id, { match: 'any', conditions })).body.version).toBe(1);
  expect((await save(id, { match: 'any', conditions })).body.version).toBe(2);
  const read = await shop.call(pathOf(id), { token: admin });
  expect(read.body).toEqual({
    ...{ categoryId: id, match: 'any', version: 2 },
    conditions: [conditions[0], { ...conditions[1], value: '2.5' }],
  });
});

test.each([
  ['/conditions', { match: 'all', conditions: [] }],
  ['/conditions/0', { match: 'all', conditions: [{ field: 'price' }] }],
  ['/conditions/0', { match: 'all', conditions: [{ field: 'price', from: 2, to: 1 }] }],
  ['/conditions/0', { match: 'all', conditions: [{ field: 'attribute', key: 'no-such', value: 'x' }] }],
  ['/match', { match: 'none', conditions: [{ field: 'tag', value: 'x' }] }],
])('what is no rule is refused at %s', async (path, body) => {
  const { id } = await newCategory();
  const answer = await save(id, body);
  expectProblem(answer, 'invalid_input');
  expect(pathsOf(answer).some((each) => each.startsWith(path))).toBeTrue();
});

test('a category with a rule, or with what one has taken in, stays in the tree', async () => {
  const tag = unused();
  const { id } = await newCategory();
  await insertProducts(shop, [{ tags: [tag] }]);
  const goes = () => shop.call(`/api/v1/categories/${id}`, { method: 'DELETE', token: admin });
  await save(id, tagged(tag));
  expectProblem(await goes(), 'category_not_empty');
  await applyRule(shop.deps, id);
  await remove(id);
  expectProblem(await goes(), 'category_not_empty');
  await applyRule(shop.deps, id);
  expect((await goes()).status).toBe(204);
  expectProblem(await save(id, tagged(tag)), 'category_not_found');
});

/** Last, for no rule can be added after it. */
test('so many categories have rules, and no more', async () => {
  await shop.deps.db.execute(sql`
    with made as (
      insert into categories (id, slug, name)
      select gen_random_uuid(), 'r-' || n, 'r-' || n from generate_series(1, 200) n returning id)
    insert into category_rules (category_id, match, conditions)
    select id, 'all', '[{"field": "tag", "value": "none"}]' from made`);
  const { id } = await newCategory();
  expectProblem(await save(id, tagged('x')), 'category_rules_full');
});
