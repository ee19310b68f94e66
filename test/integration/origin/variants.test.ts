/** Variants and options after a product was made: all of a change or nothing, and no two variants the same. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { auditLog } from '#db/schema/audit-log.ts';
import { variants } from '#db/schema/catalog.ts';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';
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

interface Shirt {
  readonly id: string;
  readonly etag: string;
  readonly variants: readonly { readonly id: string; readonly sku: string }[];
}

const tagOf = (answer: Answer) => answer.headers.get('etag') ?? '';

async function shirt(): Promise<Shirt> {
  const sku = crypto.randomUUID().slice(0, 8);
  const sizes = ['S', 'M', 'L'];
  const body = {
    name: 'Linen Shirt',
    category: CATEGORY,
    optionNames: ['Size'],
    variants: sizes.map((size, index) => ({
      ...{ price: 3000 + index, sku: `${sku}-${size}`, optionValues: [size], stock: 2 },
    })),
  };
  const answer = await shop.call('/api/v1/products', { method: 'POST', token: seller, body });
  expect(answer.status).toBe(201);
  return { id: answer.body.id, etag: tagOf(answer), variants: answer.body.variants };
}

const change = ({ id, etag }: Pick<Shirt, 'id' | 'etag'>, body: object, token = seller) =>
  shop.call(`/api/v1/products/${id}`, { method: 'PATCH', token, body, headers: { 'if-match': etag } });
const add = ({ id, etag }: Pick<Shirt, 'id' | 'etag'>, body: object, token = seller) =>
  shop.call(`/api/v1/products/${id}/variants`, {
    method: 'POST',
    token,
    body,
    headers: { 'if-match': etag },
  });
const withdraw = ({ id, etag }: Pick<Shirt, 'id' | 'etag'>, variantId: string, token = seller) =>
  shop.call(`/api/v1/products/${id}/variants/${variantId}`, {
    ...{ method: 'DELETE', token, headers: { 'if-match': etag } },
  });

/** Told apart by position: the third of them is at 2. */
const at = (made: Shirt, index: number) => made.variants[index]?.id ?? '';
const skuAt = (made: Shirt, index: number) => made.variants[index]?.sku ?? '';

describe('a change', () => {
  test('says what a variant is: SKU, barcode, options and weight, and takes it back', async () => {
    const made = await shirt();
    const id = at(made, 0);
    const details = { sku: `new-${id}`, barcode: '4006381333931', grams: 210, optionValues: ['XS'] };
    const changed = await change(made, {
      variants: [{ id, ...details, requiresShipping: false, taxable: false }],
    });
    expect(changed.status).toBe(200);
    expect(changed.body.variants[0]).toMatchObject({
      ...{ id, sku: details.sku, barcode: details.barcode, grams: 210, options: { Size: 'XS' } },
    });
    expect(changed.body.options).toEqual([{ name: 'Size', values: ['XS', 'M', 'L'] }]);
    const [row] = await shop.deps.db
      .select()
      .from(variants)
      .where(eq(variants.id, id as never));
    expect(row).toMatchObject({ requiresShipping: false, taxable: false, withdrawnAt: null });
    const nothing = { sku: null, barcode: null, grams: null };
    const back = await change({ ...made, etag: tagOf(changed) }, { variants: [{ id, ...nothing }] });
    expect(back.body.variants[0]).toMatchObject(nothing);
  });

  test('swaps SKUs and options between variants at once', async () => {
    const made = await shirt();
    const swapped = await change(made, {
      variants: [
        { id: at(made, 0), sku: skuAt(made, 1), optionValues: ['M'] },
        { id: at(made, 1), sku: skuAt(made, 0), optionValues: ['S'] },
      ],
    });
    expect(swapped.status, JSON.stringify(swapped.body)).toBe(200);
    expect(swapped.body.variants.map(({ sku, options }: never) => [sku, options])).toEqual([
      [skuAt(made, 1), { Size: 'M' }],
      [skuAt(made, 0), { Size: 'S' }],
      [skuAt(made, 2), { Size: 'L' }],
    ]);
  });

  test('renames options, and adds one with a value for every variant', async () => {
    const made = await shirt();
    const renamed = await change(made, { optionNames: ['Fit'] });
    expect(renamed.body.options).toEqual([{ name: 'Fit', values: ['S', 'M', 'L'] }]);
    const target = { ...made, etag: tagOf(renamed) };
    const few = await change(target, { optionNames: ['Fit', 'Colour'] });
    expectProblem(few, 'invalid_input');
    expect(pathsOf(few)).toEqual(['/variants']);
    const colours = ['S', 'M', 'L'].map((size, index) => ({
      id: at(made, index),
      optionValues: [size, 'Blue'],
    }));
    const more = await change(target, { optionNames: ['Fit', 'Colour'], variants: colours });
    expect(more.body.options[1]).toEqual({ name: 'Colour', values: ['Blue'] });
  });

  test('puts all variants into another order, or none', async () => {
    const made = await shirt();
    const order = [at(made, 2), at(made, 0), at(made, 1)];
    for (const wrong of [order.slice(1), [...order, order[0]], [order[0], order[0], order[1]], []]) {
      const refused = await change(made, { variantOrder: wrong });
      expectProblem(refused, 'invalid_input');
      expect(pathsOf(refused)).toEqual(['/variantOrder']);
    }
    const moved = await change(made, { variantOrder: order });
    expect(moved.body.variants.map(({ id }: { id: string }) => id)).toEqual(order);
    expect(moved.body.price.amount).toBe(3000);
  });

  test('that makes two variants the same, or names one that is not there, changes nothing', async () => {
    const made = await shirt();
    const other = await shirt();
    const before = await shop.call(`/api/v1/products/${made.id}`);
    const same = { id: at(made, 0), optionValues: ['M'] };
    expectProblem(await change(made, { name: 'Another', variants: [same] }), 'invalid_input');
    expectProblem(await change(made, { optionNames: ['Size', 'Size'] }), 'invalid_input');
    expectProblem(await change(made, { variants: [{ id: at(made, 0), sku: skuAt(other, 0) }] }), 'sku_taken');
    const stranger = { id: at(other, 0), grams: 1 };
    expectProblem(await change(made, { variants: [stranger] }), 'variant_unavailable');
    expect((await shop.call(`/api/v1/products/${made.id}`)).body).toEqual(before.body);
  });
});

describe('a variant', () => {
  test('that is added comes last, with its stock and its price', async () => {
    const made = await shirt();
    const added = await add(made, { price: 2500, optionValues: ['XL'], stock: 7, grams: 300 });
    expect(added.status, JSON.stringify(added.body)).toBe(201);
    expect(added.body).toMatchObject({ version: 2, price: { amount: 2500 } });
    expect(added.body.variants.at(-1)).toMatchObject({
      options: { Size: 'XL' },
      grams: 300,
      available: true,
    });
    const target = { ...made, etag: tagOf(added) };
    expectProblem(await add(target, { price: 1, optionValues: ['XL'] }), 'invalid_input');
    expectProblem(await add(target, { price: 1 }), 'invalid_input');
    expectProblem(await add(target, { price: 1, optionValues: ['XXL'], sku: skuAt(made, 0) }), 'sku_taken');
    expectProblem(await add(made, { price: 1, optionValues: ['XXL'] }), 'version_conflict');
  });

  test('that is withdrawn gives its SKU and options back; the last one stays', async () => {
    const made = await shirt();
    const gone = await withdraw(made, at(made, 0));
    expect(gone.status).toBe(200);
    expect(gone.body.variants).toHaveLength(2);
    expect(gone.body.price.amount).toBe(3001);
    expectProblem(await withdraw({ ...made, etag: tagOf(gone) }, at(made, 0)), 'variant_not_found');
    const again = await add(
      { ...made, etag: tagOf(gone) },
      { price: 1, optionValues: ['S'], sku: skuAt(made, 0) },
    );
    expect(again.status).toBe(201);
    let last = again;
    for (const index of [1, 2]) last = await withdraw({ ...made, etag: tagOf(last) }, at(made, index));
    expectProblem(await withdraw({ ...made, etag: tagOf(last) }, last.body.variants[0].id), 'last_variant');
  });

  test('is one of a hundred at most', async () => {
    const body = {
      ...{ name: 'Many Shirts', category: CATEGORY, optionNames: ['Number'] },
      variants: Array.from({ length: 100 }, (_, index) => ({ price: 1, optionValues: [`${index}`] })),
    };
    const full = await shop.call('/api/v1/products', { method: 'POST', token: seller, body });
    expectProblem(
      await add({ id: full.body.id, etag: tagOf(full) }, { price: 1, optionValues: ['x'] }),
      'variants_full',
    );
  });

  test('of somebody else’s product is neither added nor withdrawn', async () => {
    const made = await shirt();
    const [{ token: stranger }, { token: shopper }] = [await shop.signIn('seller'), await shop.signIn()];
    expectProblem(await add(made, { price: 1, optionValues: ['XL'] }, stranger), 'product_not_found');
    expectProblem(await withdraw(made, at(made, 0), stranger), 'product_not_found');
    expectProblem(await withdraw(made, at(made, 0), shopper), 'forbidden');
    const { token: admin } = await shop.signIn('admin');
    expect((await withdraw(made, at(made, 0), admin)).status).toBe(200);
  });

  test('added by many at once under one version is added once, and is in the log once', async () => {
    const made = await shirt();
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => add(made, { price: 1, optionValues: [`X${index}`] })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) expectProblem(answer, 'version_conflict');
    const acts = await shop.deps.db.select().from(auditLog).where(eq(auditLog.objectId, made.id));
    expect(acts.map(({ action }) => action)).toEqual(['product.created', 'variant.created']);
  });
});
