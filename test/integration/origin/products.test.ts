/** Products: reading one, and changing it under the version that was seen. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { outbox } from '#db/schema/messaging.ts';
import { insertCategory } from '#test/support/catalogue.ts';
import { type Call, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { CATEGORY, createProduct, type TestProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let seller: string;
let product: TestProduct;
beforeAll(async () => {
  shop = await openOrigin();
  product = await createProduct(shop);
  seller = product.sellerToken;
});
afterAll(async () => {
  await shop.close();
});

const UNKNOWN = '01890a5d-ac96-774b-bcce-b302099a8057';

const read = (slugOrId: string, headers: Call['headers'] = {}) =>
  shop.call(`/api/v1/products/${slugOrId}`, { headers });
const create = (change: object, token = seller) =>
  shop.call('/api/v1/products', {
    method: 'POST',
    token,
    body: { name: 'Camp Stool', category: CATEGORY, variants: [{ price: 2999 }], ...change },
  });
const change = (id: string, etag: string | null, body: object, token = seller) =>
  shop.call(`/api/v1/products/${id}`, {
    method: 'PATCH',
    token,
    body,
    headers: etag === null ? {} : { 'if-match': etag },
  });
const withdraw = (id: string, etag: string | null, token = seller) =>
  shop.call(`/api/v1/products/${id}`, {
    method: 'DELETE',
    token,
    headers: etag === null ? {} : { 'if-match': etag },
  });

async function created(input: object = {}) {
  const { status, body, headers } = await create(input);
  expect(status, JSON.stringify(body)).toBe(201);
  return { id: body.id as string, slug: body.slug as string, etag: headers.get('etag') ?? '', body };
}

/** Names and versions of the product's events, in their order. */
async function eventsOf(productId: string) {
  const rows = await shop.deps.db
    .select()
    .from(outbox)
    .where(sql`${outbox.data}->>'productId' = ${productId}`)
    .orderBy(outbox.seq);
  return rows.map(({ name, data }) => [name, (data as { version: number }).version]);
}

describe('a product', () => {
  test('is read by its slug and by its id, publicly, under one validator', async () => {
    const { id, slug, etag } = await created({ slug: 'folding-stool' });
    const bySlug = await read(slug);
    const byId = await read(id);
    expect(bySlug.status).toBe(200);
    expect(bySlug.body).toEqual(byId.body);
    expect(bySlug.body).toMatchObject({ id, slug: 'folding-stool', version: 1, available: false });
    for (const { headers } of [bySlug, byId]) {
      expect(headers.get('etag')).toBe(etag);
      expect(headers.get('cache-tag')).toBe(`product-${id}`);
      expect(headers.get('cache-control')).toMatch(/^public, max-age=0, s-maxage=\d+/);
      expect(headers.get('content-type')).toBe('application/json');
      expect(headers.get('cache-status')).toStartWith('hotshelf-');
    }
  });

  test.each([
    ['its own', (etag: string) => etag, 304],
    ['its own, weakened on the way', (etag: string) => `W/${etag}`, 304],
    ['one of several', (etag: string) => `"other", ${etag}`, 304],
    ['any', () => '*', 304],
    ['another', () => '"1-other"', 200],
    ['one without quotes', (etag: string) => etag.replaceAll('"', ''), 200],
  ])('is sent again or not, by a validator that is %s', async (_name, validator, expected) => {
    const { etag } = (await created()) ?? {};
    const { id } = await created();
    const current = (await read(id)).headers.get('etag') ?? etag;
    const { status, body, headers } = await read(id, { 'if-none-match': validator(current) });
    expect(status).toBe(expected);
    expect(headers.get('etag')).toBe(current);
    expect(headers.get('cache-tag')).toBe(`product-${id}`);
    if (expected === 304) expect(body).toBeNull();
  });

  test('that never was is not found', async () => {
    for (const name of ['no-such-product', UNKNOWN]) expectProblem(await read(name), 'product_not_found');
  });

  test('is there at once, even for who asked for it just before', async () => {
    expectProblem(await read('asked-for'), 'product_not_found');
    const { body } = await created({ slug: 'asked-for' });
    expect((await read('asked-for')).body).toEqual(body);
  });

  test('shows its options and variants, and the cheapest price', async () => {
    const { body } = await created({
      optionNames: ['Colour', 'Size'],
      variants: [
        { price: 300, compareAtPrice: 400, optionValues: ['Red', 'S'], stock: 0 },
        { price: 200, optionValues: ['Red', 'L'], stock: 3 },
      ],
    });
    expect(body).toMatchObject({
      price: { amount: 200, currency: 'USD' },
      compareAtPrice: null,
      available: true,
      options: [
        { name: 'Colour', values: ['Red'] },
        { name: 'Size', values: ['S', 'L'] },
      ],
      variants: [
        { options: { Colour: 'Red', Size: 'S' }, available: false, compareAtPrice: { amount: 400 } },
        { options: { Colour: 'Red', Size: 'L' }, available: true, price: { amount: 200 } },
      ],
    });
  });

  test('has no script in its description, whatever was written', async () => {
    const descriptionHtml =
      '<p onclick="x()">Sit</p><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:x()">a</a>' +
      '<svg><script>y()</script></svg><a href="https://shop.example" target="_blank">b</a><iframe src="//x"></iframe>';
    const { id, etag, body } = await created({ descriptionHtml });
    const changed = await change(id, etag, { descriptionHtml });
    for (const html of [body.descriptionHtml, changed.body.descriptionHtml]) {
      expect(html).toContain('<p>Sit</p>');
      expect(html).toContain('<a href="https://shop.example" rel="nofollow noopener noreferrer">b</a>');
      expect(html).not.toMatch(/script|onclick|onerror|iframe|svg|img/i);
    }
  });

  test('keeps its slug and its SKUs to itself, however many ask at once', async () => {
    const slugs = await Promise.all(Array.from({ length: 5 }, () => create({ slug: 'wanted' })));
    const skus = await Promise.all(
      Array.from({ length: 5 }, () => create({ variants: [{ price: 1, sku: 'WANTED' }] })),
    );
    for (const [answers, code] of [
      [slugs, 'slug_taken'],
      [skus, 'sku_taken'],
    ] as const) {
      const refused = answers.filter(({ status }) => status !== 201);
      expect(refused).toHaveLength(4);
      for (const answer of refused) expectProblem(answer, code);
    }
  });

  test('of the same name as another gets a slug of its own', async () => {
    const [one, other] = [
      await created({ name: 'Ünïque Émàil & Co.' }),
      await created({ name: 'Ünïque Émàil & Co.' }),
    ];
    expect(one.slug).toMatch(/^[a-z0-9-]+$/);
    expect(one.slug).not.toBe(other.slug);
    expect((await created({ name: '💥💥💥' })).slug).toMatch(/^product-/);
  });
});

describe('a change', () => {
  test('makes the next version, tells of it in the same transaction, and is visible at once', async () => {
    const other = await insertCategory(shop, 'elsewhere');
    const { id, slug, etag, body } = await created({ slug: 'changing' });
    await read(slug);
    await read(id);
    const first = await change(id, etag, {
      name: 'Oak Stool',
      tags: ['oak'],
      category: 'elsewhere',
      vendor: 'Nobody',
    });
    expect(first.status).toBe(200);
    expect(first.headers.get('cache-control')).toBe('private, no-store');
    const expected = {
      name: 'Oak Stool',
      tags: ['oak'],
      vendor: 'Nobody',
      category: { id: other },
      version: 2,
    };
    expect(first.body).toMatchObject(expected);
    for (const name of [slug, id]) {
      const seen = await read(name);
      expect(seen.body).toEqual(first.body);
      expect(seen.headers.get('etag')).toBe(first.headers.get('etag'));
    }
    const variantId = body.variants[0].id;
    const second = await change(id, first.headers.get('etag'), {
      variants: [{ id: variantId, price: 50, compareAtPrice: 60 }],
    });
    expect(second.body).toMatchObject({ version: 3, price: { amount: 50 }, compareAtPrice: { amount: 60 } });
    const third = await change(id, second.headers.get('etag'), {
      variants: [{ id: variantId, compareAtPrice: null }],
    });
    expect(third.body).toMatchObject({ version: 4, price: { amount: 50 }, compareAtPrice: null });
    const gone = await withdraw(id, third.headers.get('etag'));
    expect(gone.status).toBe(204);
    expect(await eventsOf(id)).toEqual([
      ['product.created', 1],
      ['product.changed', 2],
      ['product.changed', 3],
      ['product.changed', 4],
      ['product.withdrawn', 5],
    ]);
  });

  test('needs the version that was seen', async () => {
    const { id, etag } = await created();
    for (const act of [
      (tag: string | null) => change(id, tag, { name: 'New Name' }),
      (tag: string | null) => withdraw(id, tag),
    ]) {
      expectProblem(await act(null), 'precondition_required');
      for (const stale of ['"2"', '"0-x"', 'nonsense', '1', '"999999999999999999999"']) {
        expectProblem(await act(stale), 'version_conflict');
      }
    }
    expect((await change(id, etag, { name: 'New Name' })).status).toBe(200);
    const late = await change(id, etag, { name: 'Late Name' });
    expectProblem(late, 'version_conflict');
    expect(late.body.currentVersion).toBe(2);
    expect(await eventsOf(id)).toHaveLength(2);
  });

  test('by many at once under one version is made by one', async () => {
    const { id, etag } = await created();
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => change(id, etag, { name: `Name ${index}` })),
    );
    const [won] = answers.filter(({ status }) => status === 200);
    for (const answer of answers) if (answer !== won) expectProblem(answer, 'version_conflict');
    expect((await read(id)).body).toEqual(won?.body);
    expect((await read(id)).body.version).toBe(2);
  });

  test('is for its seller and for admins; to another seller the product is not there', async () => {
    const { id, etag } = await created();
    const [{ token: stranger }, { token: admin }] = [await shop.signIn('seller'), await shop.signIn('admin')];
    expectProblem(await change(id, etag, { name: 'Stolen' }, stranger), 'product_not_found');
    expectProblem(await withdraw(id, etag, stranger), 'product_not_found');
    const changed = await change(id, etag, { name: 'Moderated' }, admin);
    expect(changed.body).toMatchObject({ name: 'Moderated', version: 2 });
    expect((await withdraw(id, changed.headers.get('etag'), admin)).status).toBe(204);
    expectProblem(await change(UNKNOWN, '"1"', { name: 'Nothing' }, admin), 'product_not_found');
  });

  test('of a variant of another product is refused whole', async () => {
    const { id, etag, body } = await created();
    const variants = [
      { id: body.variants[0].id, price: 1 },
      { id: product.variantId, price: 1 },
    ];
    const refused = await change(id, etag, { variants });
    expectProblem(refused, 'variant_unavailable');
    expect(refused.body.variantId).toBe(product.variantId);
    expect((await read(id)).body).toEqual(body);
  });
});

test('a withdrawn product is not there at once, and gives its SKU back but not its slug', async () => {
  const { id, slug, etag } = await created({ slug: 'going', variants: [{ price: 1, sku: 'GOING' }] });
  await read(slug);
  await read(id);
  expect((await withdraw(id, etag)).status).toBe(204);
  for (const name of [slug, id]) expectProblem(await read(name), 'product_not_found');
  expectProblem(await change(id, '"2"', { name: 'Back Again' }), 'product_not_found');
  expectProblem(await withdraw(id, '"2"'), 'product_not_found');
  expectProblem(await create({ slug: 'going' }), 'slug_taken');
  await created({ variants: [{ price: 1, sku: 'GOING' }] });
});
