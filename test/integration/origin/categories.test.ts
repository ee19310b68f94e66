/** The tree of categories: changed by admins, one at a time, and never broken. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { asc, eq, sql } from 'drizzle-orm';
import { products } from '#db/schema/catalog.ts';
import { outbox } from '#db/schema/messaging.ts';
import type { ShopEvent } from '#lib/events.ts';
import type { CategoryId } from '#lib/ids.ts';
import { insertProducts } from '#test/support/catalogue.ts';
import { type Call, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';
import { renewCategory, renewMoreOfCategory } from '#workers/handlers/renew-category.ts';

const PATH = '/api/v1/categories';

let shop: OriginUnderTest;
let admin: string;
beforeAll(async () => {
  shop = await openOrigin();
  admin = (await shop.signIn('admin')).token;
});
afterAll(async () => {
  await shop.close();
});

const unused = (name: string) => `${name}-${crypto.randomUUID().slice(0, 8)}`;
const send = (method: Call['method'] & string, path: string, body?: object) =>
  shop.call(path, { ...{ method: method as 'POST', token: admin }, ...(body === undefined ? {} : { body }) });
const make = async (parent: string | null = null, slug = unused('c')) => {
  const answer = await send('POST', PATH, { name: slug, slug, parent });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return { id: answer.body.id as CategoryId, slug };
};
const change = (id: string, body: object) => send('PATCH', `${PATH}/${id}`, body);
const remove = (id: string, query = '') => send('DELETE', `${PATH}/${id}${query}`);

/** What the workers do of a category's last change, were each event brought twice at once. Returns how many there were. */
const renewAll = async (categoryId: CategoryId): Promise<number> => {
  const isOfIt = ({ name, data }: { readonly name: string; readonly data: unknown }) =>
    name.startsWith('category.') && (data as { categoryId: string }).categoryId === categoryId;
  const readLast = async () => {
    const told = await shop.deps.db.select().from(outbox).orderBy(asc(outbox.seq));
    return told.filter(isOfIt).at(-1) as ShopEvent | undefined;
  };
  let events = 0;
  let event = await readLast();
  while (event !== undefined) {
    const { handle } = event.name === 'category.changed' ? renewCategory : renewMoreOfCategory;
    await Promise.all([handle(shop.deps, event), handle(shop.deps, event)]);
    events += 1;
    const last = await readLast();
    event = last?.id === event.id ? undefined : last;
  }
  return events;
};

interface Node {
  readonly slug: string;
  readonly name: string;
  readonly children: readonly Node[];
}
const tree = async (): Promise<readonly Node[]> => (await shop.call(PATH)).body.items;

test('a category is made, renamed and moved, and the tree shows it', async () => {
  const [top, other] = [await make(), await make()];
  const child = await make(top.slug);
  const find = async (slug: string) => (await tree()).find((node) => node.slug === slug);
  expect((await find(top.slug))?.children.map(({ slug }) => slug)).toEqual([child.slug]);
  const renamed = await change(child.id, { name: 'Lanterns', position: 2 });
  expect(renamed.body).toMatchObject({ name: 'Lanterns', position: 2, parentId: top.id });
  await change(child.id, { parent: other.slug });
  expect((await find(top.slug))?.children).toEqual([]);
  expect((await find(other.slug))?.children.map(({ name }) => name)).toEqual(['Lanterns']);
  await change(child.id, { parent: null });
  expect(await find(child.slug)).toBeDefined();
});

test('a category is never below itself, nor deeper than a product file can say', async () => {
  const chain = [await make()];
  while (chain.length < 8) chain.push(await make(chain.at(-1)?.slug));
  const [first, second] = chain;
  const last = chain.at(-1);
  for (const parent of [first?.slug, second?.slug, last?.slug]) {
    expectProblem(await change(first?.id ?? '', { parent }), 'category_misplaced');
  }
  expectProblem(
    await send('POST', PATH, { name: 'Ninth', slug: unused('c'), parent: last?.slug }),
    'category_misplaced',
  );
  const stump = await make();
  await make(stump.slug);
  expectProblem(await change(stump.id, { parent: chain.at(-2)?.slug }), 'category_misplaced');
});

test('two categories that are moved below each other at once are not both', async () => {
  const [one, other] = [await make(), await make()];
  const answers = await Promise.all([
    change(one.id, { parent: other.slug }),
    change(other.id, { parent: one.slug }),
  ]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});

test('slugs are unique, and names among their siblings', async () => {
  const top = await make();
  const child = await make(top.slug);
  expectProblem(await send('POST', PATH, { name: 'Another', slug: child.slug }), 'category_taken');
  const same = { name: child.slug, slug: unused('c') };
  expectProblem(await send('POST', PATH, { ...same, parent: top.slug }), 'category_taken');
  expect((await send('POST', PATH, same)).status).toBe(201);
  expectProblem(await send('POST', PATH, { ...same, slug: unused('c') }), 'category_taken');
  const lost = await send('POST', PATH, { name: 'Lost', slug: unused('c'), parent: 'nowhere' });
  expectProblem(lost, 'invalid_input');
  expect(pathsOf(lost)).toEqual(['/parent']);
});

test('a category goes when it is empty, or with a place for its products', async () => {
  const [top, target] = [await make(), await make()];
  const child = await make(top.slug);
  expectProblem(await remove(top.id), 'category_not_empty');
  const [id] = await insertProducts(shop, [{ categoryId: child.id }]);
  expectProblem(await remove(child.id), 'category_not_empty');
  for (const nowhere of ['nowhere', child.slug]) {
    expectProblem(await remove(child.id, `?moveTo=${nowhere}`), 'invalid_input');
  }
  expect((await remove(child.id, `?moveTo=${target.slug}`)).status).toBe(204);
  expectProblem(await remove(child.id), 'category_not_found');
  await renewAll(target.id);
  const moved = await shop.call(`/api/v1/products/${id}`);
  expect(moved.body).toMatchObject({ category: { slug: target.slug }, version: 2 });
  expect((await remove(top.id)).status).toBe(204);
});

test('the products of a renamed category, and of those below it, say so from then on', async () => {
  const top = await make();
  const child = await make(top.slug);
  const made = await insertProducts(
    shop,
    Array.from({ length: 450 }, (_, index) => ({ categoryId: index % 2 === 0 ? top.id : child.id })),
  );
  const read = async (id = '') => (await shop.call(`/api/v1/products/${id}`)).body;
  expect((await read(made[0])).category.name).toBe(top.slug);
  await change(top.id, { name: 'Renamed' });
  const [told] = (await shop.deps.db.select().from(outbox))
    .filter(({ name }) => name === 'category.changed')
    .slice(-1);
  expect(told?.data).toEqual({ categoryId: top.id });
  expect(await renewAll(top.id)).toBe(3);
  const rows = await shop.deps.db.select().from(products).where(eq(products.categoryId, child.id));
  expect(new Set(rows.map(({ version }) => version))).toEqual(new Set([2]));
  const events = (await shop.deps.db.select().from(outbox)).filter(
    ({ name, data }) => name === 'product.changed' && made.includes((data as { productId: never }).productId),
  );
  expect(events).toHaveLength(450);
});

test('the tree is for admins to change', async () => {
  const { id } = await make();
  for (const role of ['seller', 'shopper'] as const) {
    const { token } = await shop.signIn(role);
    const body = { name: 'Mine', slug: unused('c') };
    expectProblem(await shop.call(PATH, { method: 'POST', token, body }), 'forbidden');
    expectProblem(await shop.call(`${PATH}/${id}`, { method: 'PATCH', token, body }), 'forbidden');
    expectProblem(await shop.call(`${PATH}/${id}`, { method: 'DELETE', token }), 'forbidden');
  }
});

/** Last, for nothing can be added after it. */
test('the tree has an end', async () => {
  await shop.deps.db.execute(sql`
    insert into categories (id, slug, name) select gen_random_uuid(), 'n-' || n, 'n-' || n from generate_series(1, 5000) n`);
  expectProblem(await send('POST', PATH, { name: 'One more', slug: unused('c') }), 'categories_full');
});
