/** One Idempotency-Key is one purchase, however often, at how many places and in whatever form it is asked for. */

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { idempotencyKeys } from '#db/schema/messaging.ts';
import { orders } from '#db/schema/orders.ts';
import { after, type Clock, DAY_MS, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { AppError } from '#lib/problems.ts';
import { checkBooks } from '#test/support/books.ts';
import { eventually } from '#test/support/eventually.ts';
import { asEdge, type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';
import {
  cartOf,
  cartWith,
  changePrice,
  checkOut,
  checkoutBody,
  createProduct,
  type TestCart,
} from '#test/support/shopping.ts';

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

const ADVANCED: Clock = { now: () => after(new Date(), DAY_MS + MINUTE_MS) };

async function readyCart(stock = 10): Promise<TestCart & { readonly variantId: string }> {
  const { variantId } = await createProduct(shop, { stock });
  return { ...(await cartWith(shop, variantId)), variantId };
}

async function ordersOf({ cartId }: TestCart) {
  return shop.deps.db
    .select({ id: orders.id, status: orders.status })
    .from(orders)
    .where(sql`${orders.cartId} = ${cartId}`);
}

/** The answer as it goes over the wire. */
async function rawCheckout(at: Reachable, { cartToken }: TestCart, key: string, body: string) {
  const url = 'http://localhost/api/v1/checkout';
  const headers = { 'content-type': 'application/json', 'cart-token': cartToken, 'idempotency-key': key };
  const proven = asEdge({ method: 'POST', url, headers, body }, at.deps.clock.now());
  const response = await at.fetch(new Request(url, { method: 'POST', body, headers: proven }));
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
  };
}

const KINDS: readonly (readonly [number, string, () => Promise<{ cart: TestCart; card: string }>])[] = [
  [201, 'a paid order', async () => ({ cart: await readyCart(), card: 'pm_card_visa' })],
  [200, 'a challenge', async () => ({ cart: await readyCart(), card: 'pm_card_authenticationRequired' })],
  [402, 'a decline', async () => ({ cart: await readyCart(), card: 'pm_card_chargeDeclined' })],
  [400, 'an unknown card', async () => ({ cart: await readyCart(), card: 'pm_unknown' })],
  [409, 'a lack of stock', async () => ({ cart: await readyCart(0), card: 'pm_card_visa' })],
  [
    409,
    'a changed price',
    async () => {
      const product = await createProduct(shop);
      const cart = await cartWith(shop, product.variantId);
      await changePrice(shop, product, 4_321);
      return { cart, card: 'pm_card_visa' };
    },
  ],
];

test.each(KINDS)('the same request again gets the same bytes: %i, %s', async (status, _kind, prepare) => {
  const { cart, card } = await prepare();
  const key = crypto.randomUUID();
  const body = JSON.stringify(checkoutBody(cart.cartId, card));
  const first = await rawCheckout(shop, cart, key, body);
  const ordersAfterFirst = await ordersOf(cart);
  expect(first.status).toBe(status);
  for (let repetition = 0; repetition < 3; repetition += 1) {
    expect(await rawCheckout(shop, cart, key, body)).toEqual(first);
  }
  expect(await ordersOf(cart)).toEqual(ordersAfterFirst);
});

test('the order of a body’s members and its white space do not matter', async () => {
  const cart = await readyCart();
  const key = crypto.randomUUID();
  const body = checkoutBody(cart.cartId);
  const reversed = Object.fromEntries(
    Object.entries({
      ...body,
      shippingAddress: Object.fromEntries(Object.entries(body.shippingAddress).reverse()),
    }).reverse(),
  );
  const first = await rawCheckout(shop, cart, key, JSON.stringify(body));
  expect(first.status).toBe(201);
  expect(await rawCheckout(shop, cart, key, JSON.stringify(reversed, null, 4))).toEqual(first);
});

test.each([
  ['another card', { paymentMethodId: 'pm_card_mastercard' }],
  ['another address', { email: 'somebody-else@test.example' }],
])('the same key with %s is refused, before and after the answer', async (_what, change) => {
  const cart = await readyCart();
  const key = crypto.randomUUID();
  const send = (body: object) =>
    shop.call('/api/v1/checkout', {
      method: 'POST',
      ...cart.owner,
      headers: { 'idempotency-key': key },
      body,
    });
  const body = checkoutBody(cart.cartId);
  const [first, other] = await Promise.all([send(body), send({ ...body, ...change })]);
  expect([first.status, other.status].toSorted()).toEqual([201, 422]);
  const loser = first.status === 422 ? body : { ...body, ...change };
  const again = await send(loser);
  expect([again.status, again.body.code]).toEqual([422, 'idempotency_mismatch']);
  expect(await ordersOf(cart)).toHaveLength(1);
});

test('twenty keys for one cart at once are one order', async () => {
  const cart = await readyCart();
  const answers = await Promise.all(Array.from({ length: 20 }, () => checkOut(shop, cart)));
  const codes = answers.map(({ status, body }) => (status === 201 ? 'paid' : body.code));
  expect(shop.logs.filter((line) => line.includes('unexpectedly'))).toEqual([]);
  expect(codes.filter((code) => code === 'paid')).toHaveLength(1);
  expect(new Set(codes.filter((code) => code !== 'paid'))).toBeOneOf([
    new Set(['checkout_in_progress']),
    new Set(['cart_completed']),
    new Set(['checkout_in_progress', 'cart_completed']),
    new Set(['cart_completed', 'checkout_in_progress']),
  ]);
  expect(await ordersOf(cart)).toHaveLength(1);
});

test('the second checkout of the last unit’s cart hears of the first, not of an empty shelf', async () => {
  const cart = await readyCart(1);
  await checkOut(shop, cart, { card: 'pm_card_authenticationRequired' });
  expect((await checkOut(shop, cart)).body.code).toBe('checkout_in_progress');
});

test.each([
  ['missing', undefined, 'idempotency_key_missing'],
  ['empty', '', 'idempotency_key_missing'],
  ['256 characters long', 'k'.repeat(256), 'invalid_input'],
  ['with a space', 'two words', 'invalid_input'],
  ['beyond ASCII', 'schl\u00fcssel', 'invalid_input'],
])('a key that is %s is refused and buys nothing', async (_what, key, code) => {
  const cart = await readyCart();
  const { status, body } = await shop.call('/api/v1/checkout', {
    method: 'POST',
    ...cart.owner,
    headers: key === undefined ? {} : { 'idempotency-key': key },
    body: checkoutBody(cart.cartId),
  });
  expect([status, body.code]).toEqual([400, code]);
  if (code === 'invalid_input') expect(body.errors[0].path).toBe('headers/idempotency-key');
  expect(await ordersOf(cart)).toEqual([]);
});

test('a key of 255 odd but visible characters is as good as any', async () => {
  const cart = await readyCart();
  const key = '\'";--%$\\{}<>'.padEnd(255, '~');
  const first = await checkOut(shop, cart, { key });
  expect(first.status).toBe(201);
  expect((await checkOut(shop, cart, { key })).body).toEqual(first.body);
});

test('the same key of two callers is two purchases', async () => {
  const key = crypto.randomUUID();
  const { variantId } = await createProduct(shop);
  const [ada, bob] = [await shop.signIn(), await shop.signIn()];
  const carts = [
    await cartWith(shop, variantId),
    await cartWith(shop, variantId),
    await cartOf(shop, [{ variantId, quantity: 1 }], ada.token),
    await cartOf(shop, [{ variantId, quantity: 1 }], bob.token),
  ];
  const answers = await Promise.all(carts.map((cart) => checkOut(shop, cart, { key })));
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(4);
});

test('a key whose day is over starts afresh, and a day less a minute does not', async () => {
  const cart = await readyCart();
  const key = crypto.randomUUID();
  const declined = await checkOut(shop, cart, { key, card: 'pm_card_chargeDeclined' });
  const almost = shop.beside({ clock: { now: () => after(new Date(), DAY_MS - MINUTE_MS) } });
  expect((await checkOut(almost, cart, { key, card: 'pm_card_chargeDeclined' })).body).toEqual(declined.body);
  const late = await checkOut(shop.beside({ clock: ADVANCED }), cart, { key });
  expect(late.status).toBe(201);
  expect(late.body.id).not.toBe(declined.body.orderId);
});

test('a run that crashed is taken over once its lock is over, and its order is found', async () => {
  const cart = await readyCart();
  const key = crypto.randomUUID();
  // Stripe never answers this one, and neither does the process: the promise is left behind, as a crash would.
  const stuck = { ...shop.deps.payments, confirm: () => new Promise<never>(() => {}) };
  void checkOut(shop.beside({ payments: stuck }), cart, { key });
  await eventually('its order is there', async () => (await ordersOf(cart)).length > 0);
  const [crashed] = await ordersOf(cart);
  const early = await checkOut(shop, cart, { key });
  expect([early.status, early.body.code]).toEqual([409, 'idempotency_in_progress']);
  expect(early.headers.get('retry-after')).toBe('1');
  const later = shop.beside({ clock: { now: () => after(new Date(), 2 * MINUTE_MS + SECOND_MS) } });
  const answer = await checkOut(later, cart, { key });
  expect([answer.status, answer.body.id, answer.body.status]).toEqual([201, crashed?.id, 'paid']);
  expect(await ordersOf(cart)).toHaveLength(1);
});

test.each([
  ['before the order', 'create'],
  ['after the order', 'confirm'],
] as const)(
  'a failure of ours %s was charged is no answer: the next request goes on',
  async (_when, call) => {
    const cart = await readyCart();
    const key = crypto.randomUUID();
    for (const failure of [new AppError('payments_unavailable'), new Error('a bug')]) {
      const broken = { ...shop.deps.payments, [call]: () => Promise.reject(failure) };
      const { status } = await checkOut(shop.beside({ payments: broken }), cart, { key });
      expect(status).toBe(failure instanceof AppError ? 503 : 500);
      const [row] = await shop.deps.db.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, key));
      expect(row?.responseStatus ?? null).toBeNull();
    }
    const paid = await checkOut(shop, cart, { key });
    expect([paid.status, paid.body.status]).toEqual([201, 'paid']);
    const live = (await ordersOf(cart)).filter(({ status }) => status !== 'cancelled');
    expect(live).toEqual([{ id: paid.body.id, status: 'paid' }]);
  },
);

test('a released key can be taken again in the very same millisecond', async () => {
  const cart = await readyCart();
  const key = crypto.randomUUID();
  const instant = new Date();
  const clock: Clock = { now: () => instant };
  const broken = {
    ...shop.deps.payments,
    confirm: () => Promise.reject(new AppError('payments_unavailable')),
  };
  expect((await checkOut(shop.beside({ payments: broken, clock }), cart, { key })).status).toBe(503);
  expect((await checkOut(shop.beside({ clock }), cart, { key })).status).toBe(201);
});
