/** What was quoted, every part of it, is what is charged and what the order keeps; or the shopper is told what changed. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { discounts } from '#db/schema/discounts.ts';
import { orderShipping, orders } from '#db/schema/orders.ts';
import { checkBooks } from '#test/support/books.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import {
  buyQuoted,
  changeCart,
  enterCode,
  type Furnished,
  furnishPricing,
  type Merchant,
  NEW_YORK,
  openMerchant,
} from '#test/support/pricing.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartOf, cartWith, createProduct, type TestCart } from '#test/support/shopping.ts';

/** Hundreds of shoppers, on a machine that has other work, too. */
const TEST_TIMEOUT_MS = 180_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let merchant: Merchant;
let furnished: Furnished;
beforeAll(async () => {
  shop = await openOrigin({ DATABASE_MAX_CONNECTIONS: 8 });
  merchant = await openMerchant(shop);
  furnished = await furnishPricing(merchant);
});
afterAll(async () => {
  await shop.close();
});

const usd = (amount: number) => ({ amount, currency: 'USD' });
let codes = 0;

async function makeCode(rest: object = {}): Promise<{ code: string; id: string }> {
  codes += 1;
  const code = `CODE${codes}`;
  const base = { name: 'Ten per cent', code, kind: 'percent', ppm: 100_000 };
  const { id } = await merchant.make('discounts', { ...base, ...rest });
  return { code, id };
}

async function shippedCart(
  lines: { variantId: string; quantity: number }[],
  token?: string,
): Promise<TestCart> {
  const cart = await cartOf(shop, lines, token);
  const { status, body } = await changeCart(shop, cart, {
    destination: NEW_YORK,
    shippingMethodId: furnished.methodId,
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return cart;
}

const usesOf = async (id: string) => {
  const [row] = await shop.deps.db
    .select({ uses: discounts.uses })
    .from(discounts)
    .where(sql`${discounts.id} = ${id}`);
  return row?.uses;
};

test('a code, shipping and tax: quoted by part, charged, and kept by the order', async () => {
  const { variantId } = await createProduct(shop, { price: 1450 });
  const { code, id } = await makeCode();
  const cart = await shippedCart([{ variantId, quantity: 2 }]);
  const entered = await enterCode(shop, cart, code.toLowerCase());
  expect(entered.body.quote).toMatchObject({
    ...{ subtotal: usd(2900), discount: usd(290), shipping: usd(490), tax: usd(232 + 43) },
    ...{ includedTax: usd(0), total: usd(2900 - 290 + 490 + 275), isTaxKnown: true, shippingNeed: 'none' },
    codes: [{ code, status: 'applied' }],
  });
  const { status, body } = await buyQuoted(shop, cart);
  expect([status, body.status], JSON.stringify(body)).toEqual([201, 'paid']);
  expect(body).toMatchObject({
    ...{ subtotal: usd(2900), discount: usd(290), shipping: usd(490), tax: usd(275), total: usd(3375) },
    items: [{ discount: usd(290), tax: usd(232), taxRatePpm: 88_750 }],
    discounts: [{ code, shares: [{ amount: usd(290) }] }],
    shippingMethod: { name: 'Parcel', price: usd(490), tax: usd(43) },
  });
  expect(body.payment.paid).toEqual(usd(3375));
  expect(await usesOf(id)).toBe(1);
  const refused = await shop.deps.db
    .update(orderShipping)
    .set({ taxMinor: sql`0` })
    .where(eq(orderShipping.orderId, body.id))
    .then(
      () => 'done',
      () => 'refused',
    );
  expect(refused).toBe('refused');
  await checkBooks(shop);
});

describe('what changes after the quote is a 409 that names it and brings a fresh quote, which is then charged:', () => {
  const cases = [
    {
      what: 'a tax rate',
      change: (_: unknown) => merchant.ask('PATCH', `tax-rates/${furnished.taxRateId}`, { ratePpm: 90_000 }),
      restore: () => merchant.ask('PATCH', `tax-rates/${furnished.taxRateId}`, { ratePpm: 88_750 }),
      named: { part: 'taxRate', seen: 88_750, now: 90_000 },
    },
    {
      what: 'a rate of shipping',
      change: () =>
        merchant.ask('PATCH', `shipping-methods/${furnished.methodId}`, { steps: [{ from: 0, rate: 590 }] }),
      restore: () =>
        merchant.ask('PATCH', `shipping-methods/${furnished.methodId}`, { steps: [{ from: 0, rate: 490 }] }),
      named: { part: 'shippingMethod' },
    },
    {
      what: 'a discount',
      change: (id: string) => merchant.ask('PATCH', `discounts/${id}`, { ppm: 50_000 }),
      restore: async () => {},
      named: { part: 'discountRule', seen: 1, now: 2 },
    },
    {
      what: 'a discount that has ended',
      change: (id: string) => merchant.ask('DELETE', `discounts/${id}`),
      restore: async () => {},
      named: { part: 'discountRule', seen: 1, now: null },
    },
  ];
  test.each(cases)('$what', async ({ change, restore, named }) => {
    const { variantId } = await createProduct(shop, { price: 10_000 });
    const { code, id } = await makeCode();
    const cart = await shippedCart([{ variantId, quantity: 1 }]);
    const quoted = (await enterCode(shop, cart, code)).body.quote.token;
    expect((await change(id))?.status).toBe(200);
    const refused = await buyQuoted(shop, cart, { quote: quoted });
    expectProblem(refused, 'price_changed');
    expect(refused.body.changes).toContainEqual(expect.objectContaining(named));
    const { token, total } = refused.body.quote;
    const bought = await buyQuoted(shop, cart, { quote: token });
    expect([bought.status, bought.body.total], JSON.stringify(bought.body)).toEqual([201, total]);
    await restore();
  });

  test('the address, where it is not what the quote was for', async () => {
    const { variantId } = await createProduct(shop, { price: 10_000 });
    const cart = await shippedCart([{ variantId, quantity: 1 }]);
    const elsewhere = { country: 'US', region: 'OR', postalCode: '97035' };
    const refused = await buyQuoted(shop, cart, { to: elsewhere });
    expectProblem(refused, 'price_changed');
    expect(refused.body.changes).toContainEqual(expect.objectContaining({ part: 'taxRate', now: 0 }));
    const bought = await buyQuoted(shop, cart, { to: elsewhere, quote: refused.body.quote.token });
    expect([bought.status, bought.body.tax]).toEqual([201, usd(0)]);
  });
});

test('without a quote nothing is charged that was not shown', async () => {
  const { variantId } = await createProduct(shop, { price: 10_000 });
  const cart = await shippedCart([{ variantId, quantity: 1 }]);
  const refused = await shop.call('/api/v1/checkout', {
    method: 'POST',
    ...cart.owner,
    headers: { 'idempotency-key': crypto.randomUUID() },
    body: {
      cartId: cart.cartId,
      email: 'guest@test.example',
      shippingAddress: { name: 'Guest', line1: '1 Test Street', city: 'Testville', ...NEW_YORK },
      paymentMethodId: 'pm_card_visa',
    },
  });
  expectProblem(refused, 'quote_required');
  expect((await buyQuoted(shop, cart, { quote: refused.body.quote.token })).status).toBe(201);
});

describe('a checkout without what it takes is refused:', () => {
  test('no way of shipping was chosen', async () => {
    const { variantId } = await createProduct(shop);
    const cart = await cartWith(shop, variantId);
    expectProblem(await buyQuoted(shop, cart), 'shipping_method_required');
  });

  test('the address is in no zone', async () => {
    const { variantId } = await createProduct(shop);
    const cart = await shippedCart([{ variantId, quantity: 1 }]);
    const to = { country: 'AQ', postalCode: '1' };
    expectProblem(await buyQuoted(shop, cart, { to }), 'shipping_zone_missing');
  });

  test('something has no weight, and its way of shipping goes by weight', async () => {
    const { variantId } = await createProduct(shop);
    const method = await merchant.make('shipping-methods', {
      ...{ zoneId: furnished.zoneId, name: 'By weight', kind: 'by_weight', currency: 'USD' },
      steps: [{ from: 0, rate: 100 }],
    });
    const cart = await cartWith(shop, variantId);
    const chosen = await changeCart(shop, cart, { destination: NEW_YORK, shippingMethodId: method.id });
    expectProblem(chosen, 'weight_missing');
    const estimates = await shop.call(`/api/v1/carts/${cart.cartId}/shipping`, cart.owner);
    expect(estimates.status).toBe(200);
  });
});

test('a code that is limited to 10 is used by 10 of 500 shoppers at once, and nobody else pays less', async () => {
  const LIMIT = 10;
  const SHOPPERS = 500;
  const { variantId } = await createProduct(shop, { price: 5_000, stock: SHOPPERS });
  const { code, id } = await makeCode({ maxUses: LIMIT });
  const carts: TestCart[] = [];
  for (let made = 0; made < SHOPPERS; made += 50) {
    carts.push(
      ...(await Promise.all(
        Array.from({ length: 50 }, async () => {
          const cart = await shippedCart([{ variantId, quantity: 1 }]);
          const entered = await enterCode(shop, cart, code);
          expect(entered.status, JSON.stringify(entered.body)).toBe(200);
          return cart;
        }),
      )),
    );
  }
  const answers = await Promise.all(carts.map((cart) => untilAnswered(cart)));
  const outcomes = answers.map(({ status, body }) => (status === 201 ? body.status : body.code));
  const paid = outcomes.filter((outcome) => outcome === 'paid').length;
  expect(
    Object.keys(Object.groupBy(outcomes, String))
      .sort()
      .filter((each) => each !== 'price_changed'),
  ).toEqual(['code_used_up', 'paid']);
  expect([paid, await usesOf(id)]).toEqual([LIMIT, LIMIT]);
  const [withCode] = await shop.deps.db
    .select({ count: sql<number>`count(*)::int` })
    .from(orders)
    .where(sql`${orders.discountMinor} > 0 and exists (
      select from order_discounts d where d.order_id = ${orders.id} and d.discount_id = ${id})`);
  expect(withCode?.count).toBe(LIMIT);
  await checkBooks(shop);
});

/** As a shopper does who is told to come back: with the quote that they had. */
async function untilAnswered(cart: TestCart) {
  const { body } = await shop.call(`/api/v1/carts/${cart.cartId}/quote`, cart.owner);
  const key: string = crypto.randomUUID();
  for (let tries = 0; ; tries += 1) {
    const answer = await buyQuoted(shop, cart, { quote: body.token, key });
    if (answer.status !== 503 || tries === 20) return answer;
    await Bun.sleep(50);
  }
}

describe('a use is given back', () => {
  test('when the card is declined, and when the order is cancelled', async () => {
    const { variantId } = await createProduct(shop, { price: 5_000 });
    const { code, id } = await makeCode({ maxUses: 1, maxUsesPerCustomer: 1 });
    const cart = await shippedCart([{ variantId, quantity: 1 }]);
    await enterCode(shop, cart, code);
    expectProblem(await buyQuoted(shop, cart, { card: 'pm_card_chargeDeclined' }), 'card_declined');
    expect(await usesOf(id)).toBe(0);
    const bought = await buyQuoted(shop, cart);
    expect([bought.body.status, await usesOf(id)]).toEqual(['paid', 1]);
    const other = await shippedCart([{ variantId, quantity: 1 }]);
    expectProblem(await enterCode(shop, other, code), 'code_used_up');
    const cancelled = await shop.call(`/api/v1/orders/${bought.body.id}/cancel`, {
      method: 'POST',
      ...cart.owner,
      headers: { 'idempotency-key': crypto.randomUUID() },
      body: {},
    });
    expect([cancelled.body.status, await usesOf(id)]).toEqual(['cancelled', 0]);
    expect((await enterCode(shop, other, code)).status).toBe(200);
    expect((await buyQuoted(shop, other)).body.status).toBe('paid');
  });
});

test('a code once per customer is refused the second time, to a customer already in the cart', async () => {
  const { variantId } = await createProduct(shop, { price: 5_000 });
  const { code } = await makeCode({ maxUsesPerCustomer: 1 });
  const { token } = await shop.signIn();
  const cart = await shippedCart([{ variantId, quantity: 1 }], token);
  await enterCode(shop, cart, code);
  expect((await buyQuoted(shop, cart)).body.status).toBe('paid');
  const again = await shippedCart([{ variantId, quantity: 1 }], token);
  expectProblem(await enterCode(shop, again, code), 'code_used_up');
});
