/** However many want a code at once, it is used as often as it may be; and what an order does not keep, others may have. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { orders } from '#db/schema/orders.ts';
import { checkBooks } from '#test/support/books.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import {
  buyQuoted,
  enterCode,
  type Furnished,
  furnishPricing,
  type Merchant,
  makeCode,
  openMerchant,
  shippedCart,
  usesOf,
} from '#test/support/pricing.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { createProduct, type TestCart } from '#test/support/shopping.ts';

/** Hundreds of shoppers, on a machine that has other work, too. */
const TEST_TIMEOUT_MS = 180_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let merchant: Merchant;
let furnished: Furnished;
beforeAll(async () => {
  // Fewer connections than shoppers: those who wait for one must not hold what others need.
  shop = await openOrigin({ DATABASE_MAX_CONNECTIONS: 8 });
  merchant = await openMerchant(shop);
  furnished = await furnishPricing(merchant);
});
afterAll(async () => {
  await shop.close();
});

test('a code that is limited to 10 is used by 10 of 500 shoppers at once, and nobody else pays less', async () => {
  const LIMIT = 10;
  const SHOPPERS = 500;
  const { variantId } = await createProduct(shop, { price: 5_000, stock: SHOPPERS });
  const { code, id } = await makeCode(merchant, { maxUses: LIMIT });
  const carts: TestCart[] = [];
  for (let made = 0; made < SHOPPERS; made += 50) {
    carts.push(
      ...(await Promise.all(
        Array.from({ length: 50 }, async () => {
          const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }]);
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
  expect([paid, await usesOf(merchant, id)]).toEqual([LIMIT, LIMIT]);
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
    const { code, id } = await makeCode(merchant, { maxUses: 1, maxUsesPerCustomer: 1 });
    const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }]);
    await enterCode(shop, cart, code);
    expectProblem(await buyQuoted(shop, cart, { card: 'pm_card_chargeDeclined' }), 'card_declined');
    expect(await usesOf(merchant, id)).toBe(0);
    const bought = await buyQuoted(shop, cart);
    expect([bought.body.status, await usesOf(merchant, id)]).toEqual(['paid', 1]);
    const other = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }]);
    expectProblem(await enterCode(shop, other, code), 'code_used_up');
    const cancelled = await shop.call(`/api/v1/orders/${bought.body.id}/cancel`, {
      method: 'POST',
      ...cart.owner,
      headers: { 'idempotency-key': crypto.randomUUID() },
      body: {},
    });
    expect([cancelled.body.status, await usesOf(merchant, id)]).toEqual(['cancelled', 0]);
    expect((await enterCode(shop, other, code)).status).toBe(200);
    expect((await buyQuoted(shop, other)).body.status).toBe('paid');
  });
});

test('a code once per customer is refused the second time, to a customer already in the cart', async () => {
  const { variantId } = await createProduct(shop, { price: 5_000 });
  const { code } = await makeCode(merchant, { maxUsesPerCustomer: 1 });
  const { token } = await shop.signIn();
  const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }], token);
  await enterCode(shop, cart, code);
  expect((await buyQuoted(shop, cart)).body.status).toBe('paid');
  const again = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }], token);
  expectProblem(await enterCode(shop, again, code), 'code_used_up');
});

test('a code once per customer is used once, by an account or by a guest with its email, also at once', async () => {
  const { variantId } = await createProduct(shop, { price: 5_000 });
  const { token } = await shop.signIn();
  const { body: me } = await shop.call('/api/v1/me', { token });
  const cartFor = async (code: string, caller?: string) => {
    const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }], caller);
    await enterCode(shop, cart, code);
    return cart;
  };
  const asGuest = (cart: TestCart) => buyQuoted(shop, cart, { email: me.email.toUpperCase() });
  const { code: first } = await makeCode(merchant, { maxUsesPerCustomer: 1 });
  const [own, guests] = [await cartFor(first, token), await cartFor(first)];
  expect((await buyQuoted(shop, own)).body.status).toBe('paid');
  expectProblem(await asGuest(guests), 'code_used_up');
  const { code: second } = await makeCode(merchant, { maxUsesPerCustomer: 1 });
  expect((await asGuest(await cartFor(second))).body.status).toBe('paid');
  const late = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }], token);
  expectProblem(await enterCode(shop, late, second), 'code_used_up');
  const { code: third, id } = await makeCode(merchant, { maxUsesPerCustomer: 1 });
  const both = [await cartFor(third, token), await cartFor(third)] as const;
  const answers = await Promise.all([buyQuoted(shop, both[0]), asGuest(both[1])]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  expect(await usesOf(merchant, id)).toBe(1);
  await checkBooks(shop);
});

test('of two first orders at once one is the first, and the other is told that it is not', async () => {
  const { variantId, productId } = await createProduct(shop, { price: 5_000 });
  const first = await merchant.make('discounts', {
    ...{ name: 'A first order', kind: 'percent', ppm: 500_000, firstOrderOnly: true },
    productIds: [productId],
  });
  const { token } = await shop.signIn();
  const carts = [
    await shippedCart(shop, furnished, [{ variantId, quantity: 1 }], token),
    await shippedCart(shop, furnished, [{ variantId, quantity: 1 }], token),
  ];
  const answers = await Promise.all(carts.map((cart) => buyQuoted(shop, cart)));
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409]);
  const refused = answers.find(({ status }) => status === 409);
  expect(refused?.body.changes).toContainEqual(
    expect.objectContaining({ part: 'discountRule', id: first.id, now: null }),
  );
});
