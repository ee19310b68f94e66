/** Currencies as Stripe has them: how little it charges in each, and those in which it counts otherwise. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { carts } from '#db/schema/cart.ts';
import { currencies } from '#db/schema/pricing.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import type { CartId } from '#lib/ids.ts';
import { currency } from '#lib/money.ts';
import { checkBooks, stockOf } from '#test/support/books.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { changeCart, type Merchant, openMerchant } from '#test/support/pricing.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartOf, checkOut, createProduct, type TestCart } from '#test/support/shopping.ts';

setDefaultTimeout(MINUTE_MS);

let shop: OriginUnderTest;
let merchant: Merchant;
beforeAll(async () => {
  shop = await openOrigin();
  merchant = await openMerchant(shop);
});
afterAll(async () => {
  await shop.close();
});

const add = ({ cartId, owner }: TestCart, variantId: string, quantity = 1) =>
  shop.call(`/api/v1/carts/${cartId}/items`, { method: 'POST', ...owner, body: { variantId, quantity } });
const priced = async (code: string, price: number) => {
  const { variantId } = await createProduct(shop);
  await merchant.make('prices', { variantId, currency: code, kind: 'regular', price });
  return variantId;
};
/** Of one unit, in a currency that the shop sells in from now on. */
const cartIn = async (code: string, price: number) => {
  const variantId = await priced(code, price);
  await merchant.make('currencies', { code, taxInclusive: false });
  const cart = await cartOf(shop, []);
  await changeCart(shop, cart, { currency: code });
  expect((await add(cart, variantId)).status).toBe(200);
  return { cart, variantId };
};

test.each([
  ['PLN', 199, 200],
  ['HUF', 17_499, 17_500],
  ['JPY', 49, 50],
])('less than the least in %s is refused, and nothing reserved', async (code, price, minimum) => {
  const { cart, variantId } = await cartIn(code, price);
  const { status, body } = await checkOut(shop, cart);
  expect([status, body.code, body.minimum]).toEqual([409, 'total_not_chargeable', minimum]);
  expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 10, reserved: 0 });
});

test('as little as it charges is bought', async () => {
  const { cart } = await cartIn('GBP', 30);
  expect((await checkOut(shop, cart)).body).toMatchObject({ status: 'paid', total: { amount: 30 } });
  await checkBooks(shop);
});

test('what it alone can tell to be too little gives its stock back at once, and more is bought', async () => {
  const { cart, variantId } = await cartIn('CLP', 100);
  const key = crypto.randomUUID();
  for (const sent of [key, key, crypto.randomUUID()]) {
    const { status, body } = await checkOut(shop, cart, { key: sent });
    expect([status, body.code]).toEqual([409, 'total_not_chargeable']);
    expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 10, reserved: 0 });
  }
  await add(cart, variantId, 4);
  expect((await checkOut(shop, cart)).body).toMatchObject({ status: 'paid', total: { amount: 500 } });
  await checkBooks(shop);
});

test('nothing is sold in one of which it takes other amounts, though that is among the shop’s', async () => {
  const code = currency('ISK');
  await shop.deps.db.insert(currencies).values({ code });
  const variantId = await priced(code, 5_000);
  const cart = await cartOf(shop, []);
  expectProblem(await changeCart(shop, cart, { currency: code }), 'currency_not_sold');
  expectProblem(await merchant.ask('PATCH', `currencies/${code}`, { sold: true }), 'invalid_input');
  // As it was chosen before.
  await shop.deps.db
    .update(carts)
    .set({ currency: code })
    .where(eq(carts.id, cart.cartId as CartId));
  await add(cart, variantId);
  expectProblem(await checkOut(shop, cart), 'currency_not_sold');
});
