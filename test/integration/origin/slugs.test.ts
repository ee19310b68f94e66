/** A product's old slugs lead straight to it, and to nobody else's. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { products } from '#db/schema/catalog.ts';
import { productSlugs } from '#db/schema/product-slugs.ts';
import { openEdgeBefore } from '#test/support/before-edge.ts';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { CATEGORY, createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let seller: string;
beforeAll(async () => {
  shop = await openOrigin();
  seller = (await createProduct(shop)).sellerToken;
});
afterAll(async () => {
  await shop.close();
});

const unused = (name: string) => `${name}-${crypto.randomUUID().slice(0, 8)}`;
const read = (name: string) => shop.call(`/api/v1/products/${name}`);
const create = (slug: string) =>
  shop.call('/api/v1/products', {
    method: 'POST',
    token: seller,
    body: { name: 'Camp Lamp', slug, category: CATEGORY, variants: [{ price: 1 }] },
  });
const act = (method: 'PATCH' | 'DELETE', before: Answer, id: string, body?: object) =>
  shop.call(`/api/v1/products/${id}`, {
    ...{ method, token: seller, headers: { 'if-match': before.headers.get('etag') ?? '' } },
    ...(body === undefined ? {} : { body }),
  });

async function expectMoved(from: string, to: string): Promise<void> {
  const answer = await read(from);
  expect(answer.status, `${from} leads to ${to}`).toBe(308);
  expect(answer.headers.get('location')).toBe(`/api/v1/products/${to}`);
  expect(answer.body.slug).toBe(to);
  expect(answer.headers.get('cache-tag')).toBe(`product-${answer.body.id}`);
}

test('every slug of before leads straight to the present one, in whatever order they were', async () => {
  const [a, b, c] = [unused('a'), unused('b'), unused('c')];
  const made = await create(a);
  const { id } = made.body;
  await read(a);
  expectProblem(await read(b), 'product_not_found');
  const second = await act('PATCH', made, id, { slug: b });
  expect(second.body).toMatchObject({ slug: b, version: 2 });
  await expectMoved(a, b);
  expect((await read(b)).body).toEqual(second.body);
  const third = await act('PATCH', second, id, { slug: c });
  await expectMoved(a, c);
  await expectMoved(b, c);
  const back = await act('PATCH', third, id, { slug: a });
  expect(back.status).toBe(200);
  expect((await read(a)).status).toBe(200);
  await expectMoved(b, a);
  await expectMoved(c, a);
  const same = await act('PATCH', back, id, { slug: a });
  expect(same.status).toBe(200);
  expect((await read(a)).status).toBe(200);
});

test('nobody takes a slug that leads to a product, until that is withdrawn', async () => {
  const [a, b] = [unused('a'), unused('b')];
  const made = await create(a);
  const moved = await act('PATCH', made, made.body.id, { slug: b });
  expectProblem(await create(a), 'slug_taken');
  expectProblem(await create(b), 'slug_taken');
  const other = await create(unused('other'));
  expectProblem(await act('PATCH', other, other.body.id, { slug: a }), 'slug_taken');
  expectProblem(await act('PATCH', other, other.body.id, { slug: b }), 'slug_taken');
  expect((await act('DELETE', moved, made.body.id)).status).toBe(204);
  expectProblem(await read(a), 'product_not_found');
  expect((await create(a)).status).toBe(201);
  expect((await read(a)).status).toBe(200);
  expectProblem(await create(b), 'slug_taken');
});

test('a slug that looks like an id, or is none, is refused', async () => {
  const made = await create(unused('a'));
  for (const slug of [crypto.randomUUID(), 'With Capitals', '-dash', '']) {
    expectProblem(await act('PATCH', made, made.body.id, { slug }), 'invalid_input');
  }
});

test('of many who take one slug at once, one has it', async () => {
  const wanted = unused('wanted');
  const lamps = await Promise.all(Array.from({ length: 5 }, () => create(unused('lamp'))));
  const answers = await Promise.all(lamps.map((lamp) => act('PATCH', lamp, lamp.body.id, { slug: wanted })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  for (const answer of answers) if (answer.status !== 200) expectProblem(answer, 'slug_taken');
});

test('so many old slugs lead to a product, and no more', async () => {
  let last = await create(unused('a'));
  const { id, slug: first } = last.body;
  for (let index = 0; index < 51; index += 1)
    last = await act('PATCH', last, id, { slug: unused(`s${index}`) });
  expect(await shop.deps.db.$count(productSlugs, eq(productSlugs.productId, id))).toBe(50);
  expectProblem(await read(first), 'product_not_found');
});

test('a slug from a product file is read in whatever letters it is, and in one place at the edge', async () => {
  const edge = await openEdgeBefore(shop);
  try {
    const [a, foreign] = [unused('a'), unused('café_茶𠮷')];
    const made = await create(a);
    await act('PATCH', made, made.body.id, { slug: unused('b') });
    await shop.deps.db.update(products).set({ slug: foreign }).where(eq(products.id, made.body.id));
    const written = encodeURIComponent(foreign);
    expect((await read(a)).headers.get('location')).toBe(`/api/v1/products/${written}`);
    expect((await read(written)).body.slug).toBe(foreign);
    expect((await edge.call(`/api/v1/products/${written.toLowerCase()}`)).status).toBe(200);
    const again = await edge.call(`/api/v1/products/${written}`);
    expect(again.headers.get('cache-status')).toContain('hit');
  } finally {
    await edge.close();
  }
});

test('the edge keeps where a product has gone, and forgets it with the product', async () => {
  const edge = await openEdgeBefore(shop);
  try {
    const [a, b] = [unused('a'), unused('b')];
    const made = await create(a);
    await act('PATCH', made, made.body.id, { slug: b });
    const through = () => edge.call(`/api/v1/products/${a}`);
    expect((await through()).status).toBe(308);
    const kept = await through();
    expect(kept.headers.get('cache-status')).toContain('hit');
    expect(kept.headers.get('location')).toBe(`/api/v1/products/${b}`);
  } finally {
    await edge.close();
  }
});
