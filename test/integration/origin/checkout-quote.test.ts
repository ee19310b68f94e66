/** The price seen is the price paid, or a 409 with the difference: the quote from the cart to the charge. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { orders } from '#db/schema/orders.ts';
import { after, type Clock, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { createQuotes } from '#origin/cart/quote.ts';
import { checkBooks, intentOf, stockOf } from '#test/support/books.ts';
import { type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';
import { cartWith, changePrice, checkoutBody, createProduct, type TestCart } from '#test/support/shopping.ts';

/** On a machine that has other work, too. */
const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterEach(async () => {
  await checkBooks(shop);
});
afterAll(async () => {
  await shop.close();
});

const usd = (amount: number) => ({ amount, currency: 'USD' });
const inMinutes = (minutes: number): Clock => ({
  now: () => after(new Date(), minutes * MINUTE_MS + SECOND_MS),
});

async function quoteOf(cart: TestCart, at: Reachable = shop): Promise<string> {
  const { body } = await at.call(`/api/v1/carts/${cart.cartId}`, cart.owner);
  return body.quote.token;
}

function buy(
  cart: TestCart,
  quote: string,
  { at = shop as Reachable, key = crypto.randomUUID() as string } = {},
) {
  return at.call('/api/v1/checkout', {
    method: 'POST',
    ...cart.owner,
    headers: { 'idempotency-key': key },
    body: { ...checkoutBody(cart.cartId), quote },
  });
}

async function expectNothingPlaced({ cartId }: TestCart, variantId: string) {
  expect(await shop.deps.db.$count(orders, sql`${orders.cartId} = ${cartId}`)).toBe(0);
  expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 10, reserved: 0 });
}

test('every answer with a cart has a quote of its parts, for half an hour', async () => {
  const { variantId } = await createProduct(shop, { price: 1450 });
  const { body: created } = await shop.call('/api/v1/carts', { method: 'POST' });
  expect(created.quote).toMatchObject({ total: usd(0) });
  const owner = { cartToken: String(created.token) };
  const path = `/api/v1/carts/${created.id}`;
  const added = await shop.call(`${path}/items`, {
    method: 'POST',
    ...owner,
    body: { variantId, quantity: 1 },
  });
  const item = `${path}/items/${added.body.items[0].id}`;
  const changed = await shop.call(item, { method: 'PATCH', ...owner, body: { quantity: 2 } });
  const read = await shop.call(path, owner);
  for (const { body } of [changed, read]) {
    const { token, expiresAt, ...parts } = body.quote;
    expect(parts).toMatchObject({
      ...{ subtotal: usd(2900), discount: usd(0), shipping: usd(0), tax: usd(0), total: usd(2900) },
    });
    expect(token).toMatch(/^q2\.[0-9a-f]{8}\.[\w-]+\.[\w-]{43}$/);
    const lifeMs = Date.parse(expiresAt) - Date.now();
    expect(lifeMs).toBeWithin(29 * MINUTE_MS, 30 * MINUTE_MS + 1);
  }
  const emptied = await shop.call(item, { method: 'DELETE', ...owner });
  expect(emptied.body.quote.total).toEqual(usd(0));
});

test('what was quoted is what the order says, part by part, and what Stripe charges', async () => {
  const { variantId } = await createProduct(shop, { price: 1450 });
  const cart = await cartWith(shop, variantId, 2);
  const { status, body } = await buy(cart, await quoteOf(cart));
  expect([status, body.status, body.total]).toEqual([201, 'paid', usd(2900)]);
  const [order] = await shop.deps.db.select().from(orders).where(eq(orders.id, body.id));
  expect(order).toMatchObject({
    ...{ subtotalMinor: 2900, discountMinor: 0, shippingMinor: 0, taxMinor: 0, totalMinor: 2900 },
  });
  const { paymentIntent, totals } = await shop.double.ledgerOf(await intentOf(shop, body.id));
  expect([paymentIntent.amount, totals.capturedMinor]).toEqual([2900, 2900]);
});

describe('a price that changes after the quote', () => {
  test('is told with the difference and a fresh quote, which then is what is charged', async () => {
    const product = await createProduct(shop, { price: 1000 });
    const cart = await cartWith(shop, product.variantId, 2);
    const quote = await quoteOf(cart);
    await changePrice(shop, product, 900);
    const { status, body } = await buy(cart, quote);
    expect([status, body.code]).toEqual([409, 'price_changed']);
    expect(body.changes).toEqual([{ variantId: product.variantId, seen: usd(1000), now: usd(900) }]);
    await expectNothingPlaced(cart, product.variantId);
    expect(body.quote.total).toEqual(usd(1800));
    const paid = await buy(cart, body.quote.token);
    expect([paid.status, paid.body.total]).toEqual([201, usd(1800)]);
  });

  test('and is what the shopper was quoted anew is paid, whatever the cart was filled at', async () => {
    const product = await createProduct(shop, { price: 1000 });
    const cart = await cartWith(shop, product.variantId);
    await changePrice(shop, product, 1500);
    expect((await buy(cart, await quoteOf(cart))).body).toMatchObject({ status: 'paid', total: usd(1500) });
  });

  test('and changes back costs what was quoted', async () => {
    const product = await createProduct(shop, { price: 1000 });
    const cart = await cartWith(shop, product.variantId);
    const quote = await quoteOf(cart);
    await changePrice(shop, product, 1500);
    const { headers } = await shop.call(`/api/v1/products/${product.productId}`, {
      token: product.sellerToken,
    });
    await changePrice(shop, { ...product, etag: headers.get('etag') ?? '' }, 1000);
    expect((await buy(cart, quote)).body).toMatchObject({ status: 'paid', total: usd(1000) });
  });
});

test('a product that changes but not in its price leaves the quote good', async () => {
  const product = await createProduct(shop, { price: 1000 });
  const cart = await cartWith(shop, product.variantId);
  const quote = await quoteOf(cart);
  const { status } = await shop.call(`/api/v1/products/${product.productId}`, {
    method: 'PATCH',
    token: product.sellerToken,
    headers: { 'if-match': product.etag },
    body: { name: 'Another Name' },
  });
  expect(status).toBe(200);
  expect((await buy(cart, quote)).status).toBe(201);
});

test('a quote for the cart as it was, or for another cart, is refused with one for the cart as it is', async () => {
  const { variantId } = await createProduct(shop, { price: 1000 });
  const cart = await cartWith(shop, variantId);
  const earlier = await quoteOf(cart);
  await shop.call(`/api/v1/carts/${cart.cartId}/items`, {
    method: 'POST',
    ...cart.owner,
    body: { variantId, quantity: 1 },
  });
  const elsewhere = await quoteOf(await cartWith(shop, variantId, 2));
  for (const quote of [earlier, elsewhere]) {
    const { status, body } = await buy(cart, quote);
    expect([status, body.code, body.quote.total]).toEqual([409, 'quote_mismatch', usd(2000)]);
  }
  await expectNothingPlaced(cart, variantId);
});

test('a quote is good for half an hour and no second longer', async () => {
  const { variantId } = await createProduct(shop, { price: 1000 });
  const cart = await cartWith(shop, variantId);
  const quote = await quoteOf(cart);
  const late = shop.beside({ clock: inMinutes(30) });
  const { status, body } = await buy(cart, quote, { at: late });
  expect([status, body.code]).toEqual([409, 'quote_expired']);
  await expectNothingPlaced(cart, variantId);
  expect((await buy(cart, body.quote.token, { at: late })).status).toBe(201);
  const other = await cartWith(shop, variantId);
  const almost = shop.beside({ clock: inMinutes(29) });
  expect((await buy(other, await quoteOf(other), { at: almost })).status).toBe(201);
});

test('a quote that we did not sign is refused, and so is one whose key was taken back', async () => {
  const { variantId } = await createProduct(shop, { price: 1000 });
  const cart = await cartWith(shop, variantId);
  const quote = await quoteOf(cart);
  const [form, key, payload = '', signature] = quote.split('.');
  const cheap = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  cheap.totalMinor = 1;
  const forged = Buffer.from(JSON.stringify(cheap)).toString('base64url');
  const strange = createQuotes({ current: 'somebody-else-and-their-own-secret' });
  for (const token of [
    [form, key, forged, signature].join('.'),
    [form, key, payload].join('.'),
    quote.slice(0, -1),
    strange.sign(cheap),
    'nonsense',
  ]) {
    const { status, body } = await buy(cart, token);
    expect([status, body.code]).toEqual([400, 'quote_invalid']);
  }
  await expectNothingPlaced(cart, variantId);
  const rotated = createQuotes({
    current: 'a-new-secret-of-enough-characters!',
    previous: shop.config.QUOTE_SECRET,
  });
  expect((await buy(cart, quote, { at: shop.beside({ quotes: rotated }) })).status).toBe(201);
});

test('the same request finds its order though its quote has expired meanwhile', async () => {
  const { variantId } = await createProduct(shop, { price: 1000 });
  const cart = await cartWith(shop, variantId);
  const quote = await quoteOf(cart);
  const key = crypto.randomUUID();
  const broken = { ...shop.deps.payments, confirm: () => Promise.reject(new Error('the process is gone')) };
  expect((await buy(cart, quote, { at: shop.beside({ payments: broken }), key })).status).toBe(500);
  const paid = await buy(cart, quote, { at: shop.beside({ clock: inMinutes(31) }), key });
  expect([paid.status, paid.body.total]).toEqual([201, usd(1000)]);
});
