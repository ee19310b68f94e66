/** Sellers set the prices of their own variants: each act refused where it contradicts, on record, and told to everybody. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { desc, eq, type SQL, sql } from 'drizzle-orm';
import { auditLog } from '#db/schema/audit-log.ts';
import { products } from '#db/schema/catalog.ts';
import { outbox } from '#db/schema/messaging.ts';
import type { ProductId } from '#lib/ids.ts';
import { currency } from '#lib/money.ts';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { type Merchant, openMerchant } from '#test/support/pricing.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';
import { createProduct, type TestProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let merchant: Merchant;
let product: TestProduct;
beforeAll(async () => {
  shop = await openOrigin();
  merchant = await openMerchant(shop);
  product = await createProduct(shop, { price: 2_000 });
  await merchant.make('currencies', { code: 'JPY', taxInclusive: true });
});
afterAll(async () => {
  await shop.close();
});

const NOBODYS = '01890a5d-ac96-774b-bcce-b302099a8057';
const JANUARY = { validFrom: '2030-01-01T00:00:00.000Z', validUntil: '2030-02-01T00:00:00.000Z' };

interface Asked {
  readonly of?: TestProduct;
  readonly token?: string;
}

function ask(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  rest: string,
  body?: object,
  { of = product, token = of.sellerToken }: Asked = {},
): Promise<Answer> {
  const path = `/api/v1/products/${of.productId}/variants/${of.variantId}/prices${rest}`;
  return shop.call(path, { method, token, ...(body === undefined ? {} : { body }) });
}

async function shown({ slug }: TestProduct, query = '') {
  const { body } = await shop.call(`/api/v1/products/${slug}${query}`);
  return { now: body.price?.amount, before: body.compareAtPrice?.amount ?? null, version: body.version };
}

const versionsTold = async ({ productId }: TestProduct) => {
  const rows = await shop.deps.db
    .select()
    .from(outbox)
    .where(sql`${outbox.data}->>'productId' = ${productId}`);
  return rows
    .filter(({ name }) => name === 'product.changed')
    .map(({ data }) => (data as { version: number }).version);
};

test('a sale is set, seen at once, changed and ended, each act on record and told', async () => {
  const of = await createProduct(shop, { price: 2_000 });
  const { version } = await shown(of);
  const made = await ask('POST', '', { currency: 'USD', kind: 'sale', price: 1_500 }, { of });
  expect([made.status, made.body.version], JSON.stringify(made.body)).toEqual([201, 1]);
  expect(await shown(of)).toEqual({ now: 1_500, before: 2_000, version: version + 1 });
  const one = `/${made.body.id}`;
  const changed = await ask('PATCH', one, { price: 1_400, compareAtPrice: 2_500 }, { of });
  expect([changed.status, changed.body.price, changed.body.version]).toEqual([200, 1_400, 2]);
  expect(await shown(of)).toEqual({ now: 1_400, before: 2_500, version: version + 2 });
  expect((await ask('GET', '', undefined, { of })).body).toEqual({ items: [changed.body], nextCursor: null });
  const ended = await ask('DELETE', one, undefined, { of });
  expect(ended.status).toBe(200);
  expect(await shown(of)).toEqual({ now: 2_000, before: null, version: version + 3 });
  const acts = await shop.deps.db.select().from(auditLog).orderBy(desc(auditLog.seq)).limit(3);
  expect(acts.map(({ action, objectId }) => [action, objectId])).toEqual([
    ['price_rule.ended', made.body.id],
    ['price_rule.changed', made.body.id],
    ['price_rule.made', made.body.id],
  ]);
  expect(await versionsTold(of)).toEqual([version + 1, version + 2, version + 3]);
});

test('what an admin sets, changes and ends is seen at once, too', async () => {
  const of = await createProduct(shop, { price: 2_000 });
  const { variantId } = of;
  await shown(of);
  const { id } = await merchant.make('prices', { variantId, currency: 'USD', kind: 'sale', price: 900 });
  expect(await shown(of)).toMatchObject({ now: 900, before: 2_000 });
  await merchant.ask('PATCH', `prices/${id}`, { price: 800 });
  expect(await shown(of)).toMatchObject({ now: 800 });
  await merchant.ask('DELETE', `prices/${id}`);
  expect(await shown(of)).toMatchObject({ now: 2_000, before: null });
  expect(await versionsTold(of)).toHaveLength(3);
});

test('prices are of a currency, in its minor unit, and of a quantity', async () => {
  const of = await createProduct(shop, { price: 2_000 });
  expect((await ask('POST', '', { currency: 'JPY', kind: 'regular', price: 250 }, { of })).status).toBe(201);
  const tier = { currency: 'USD', kind: 'regular', price: 1_000, minQuantity: 10 };
  expect((await ask('POST', '', tier, { of })).status).toBe(201);
  expect((await shop.call(`/api/v1/products/${of.slug}?currency=JPY`)).body.price).toEqual({
    amount: 250,
    currency: 'JPY',
  });
  // Who takes one pays for one.
  expect(await shown(of)).toMatchObject({ now: 2_000 });
  const refused = await ask('POST', '', { currency: 'XAG', kind: 'regular', price: 250 }, { of });
  expectProblem(refused, 'currency_not_sold');
});

test('the list goes on page by page, with prices of groups, which are not the seller’s to change', async () => {
  const of = await createProduct(shop);
  const group = await merchant.make('customer-groups', { name: 'Trade', taxExempt: false });
  const shared = { variantId: of.variantId, groupId: group.id, currency: 'USD', kind: 'regular', price: 1 };
  const { id } = await merchant.make('prices', shared);
  for (const minQuantity of [2, 3, 4])
    await ask('POST', '', { currency: 'USD', kind: 'regular', price: 5, minQuantity }, { of });
  const first = await ask('GET', '?limit=3', undefined, { of });
  const second = await ask('GET', `?limit=3&cursor=${first.body.nextCursor}`, undefined, { of });
  const all = [...first.body.items, ...second.body.items];
  expect(all.map((each: { minQuantity: number }) => each.minQuantity)).toEqual([1, 2, 3, 4]);
  expect(second.body.nextCursor).toBeNull();
  expectProblem(await ask('PATCH', `/${id}`, { price: 2 }, { of }), 'price_rule_not_found');
  expectProblem(await ask('GET', '?cursor=bad', undefined, { of }), 'invalid_input');
  expect((await shown(of)).now).toBe(1_999);
});

describe('refused is', () => {
  test('what is in force at the same time as another of its kind', async () => {
    const sale = { currency: 'USD', kind: 'sale', price: 1, ...JANUARY };
    const made = await ask('POST', '', sale);
    expect(made.status).toBe(201);
    expectProblem(await ask('POST', '', { ...sale, price: 2 }), 'price_window_overlaps');
    const next = { ...sale, validFrom: JANUARY.validUntil, validUntil: null };
    const later = await ask('POST', '', next);
    expect(later.status, JSON.stringify(later.body)).toBe(201);
    const into = { validUntil: '2030-02-02T00:00:00.000Z' };
    expectProblem(await ask('PATCH', `/${made.body.id}`, into), 'price_window_overlaps');
  });

  test('what contradicts itself, at the field', async () => {
    const bad = [
      [{ price: 10, compareAtPrice: 10 }, '/compareAtPrice'],
      [{ price: 10, validFrom: JANUARY.validUntil, validUntil: JANUARY.validFrom }, '/validUntil'],
      [{ price: -1 }, '/price'],
      [{ price: 10, groupId: NOBODYS }, '/groupId'],
    ] as const;
    for (const [body, path] of bad) {
      const refused = await ask('POST', '', { currency: 'USD', kind: 'sale', minQuantity: 7, ...body });
      expectProblem(refused, 'invalid_input');
      expect(pathsOf(refused)).toContain(path);
    }
  });

  test('whoever sells something else, and what is not there', async () => {
    const other = await createProduct(shop);
    const [made] = (await ask('GET', '')).body.items;
    const { token } = await shop.signIn();
    const body = { currency: 'USD', kind: 'regular', price: 1 };
    for (const [method, rest, sent] of [
      ['GET', ''],
      ['POST', '', body],
      ['PATCH', `/${made.id}`, { price: 1 }],
      ['DELETE', `/${made.id}`],
    ] as const) {
      const asOther = { of: product, token: other.sellerToken };
      expectProblem(await ask(method, rest, sent, asOther), 'product_not_found');
      expectProblem(await ask(method, rest, sent, { of: product, token }), 'forbidden');
      const mixed = { of: { ...other, variantId: product.variantId } };
      expectProblem(await ask(method, rest, sent, mixed), 'variant_not_found');
    }
    expectProblem(await ask('PATCH', `/${made.id}`, { price: 1 }, { of: other }), 'price_rule_not_found');
    expectProblem(await ask('DELETE', `/${NOBODYS}`), 'price_rule_not_found');
    const byAdmin = await ask('PATCH', `/${made.id}`, { price: 3 }, { token: merchant.token });
    expect(byAdmin.status).toBe(200);
  });

  test('more than a variant can have; one that has ended takes no room until it is to count again', async () => {
    const of = await createProduct(shop);
    const fill = (window: SQL) =>
      shop.deps.db.execute<{ id: string }>(sql`
        insert into prices (id, variant_id, currency, kind, min_quantity, price_minor, valid_from, valid_until)
        select gen_random_uuid(), ${of.variantId}, 'USD', 'regular', 1 + n, 1, ${window}
          from generate_series(1, 500) n returning id`);
    const [ended] = await fill(sql`now() - interval '2 hours', now() - interval '1 hour'`);
    const body = { currency: 'USD', kind: 'sale', price: 1 };
    expect((await ask('POST', '', body, { of })).status).toBe(201);
    await fill(sql`now(), null`);
    expectProblem(await ask('POST', '', body, { of }), 'prices_full');
    expectProblem(await merchant.ask('POST', 'prices', { ...body, variantId: of.variantId }), 'prices_full');
    expectProblem(await ask('PATCH', `/${ended?.id}`, { validUntil: null }, { of }), 'prices_full');
  });
});

test('of two that are set at once for the same time one is refused, and what is shown is the other', async () => {
  const of = await createProduct(shop);
  const set = (price: number, admin: boolean) => {
    const body = { currency: 'USD', kind: 'sale', price };
    if (admin) return merchant.ask('POST', 'prices', { ...body, variantId: of.variantId });
    return ask('POST', '', body, { of });
  };
  const answers = await Promise.all([set(10, false), set(20, true), set(30, false), set(40, true)]);
  const made = answers.filter(({ status }) => status === 201);
  expect(made).toHaveLength(1);
  for (const answer of answers) if (answer.status !== 201) expectProblem(answer, 'price_window_overlaps');
  expect((await shown(of)).now).toBe(made[0]?.body.price);
});

test('a product that has no price in the shop’s currency is listed at none', async () => {
  const { productId } = await createProduct(shop);
  const id = productId as ProductId;
  await shop.deps.db
    .update(products)
    .set({ currency: currency('JPY') })
    .where(eq(products.id, id));
  const { body } = await shop.call('/api/v1/products?limit=3');
  expect(body.items.map((each: { id: string }) => each.id)).not.toContain(id);
});
