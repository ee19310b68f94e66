/** From a cart to a paid order or a plain refusal, over the real parts. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { MAGIC_IDS, testCard } from '#ops/stripe-double/cards.ts';
import { checkBooks, intentOf, stockOf } from '#test/support/books.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import {
  cartOf,
  cartWith,
  changePrice,
  checkOut,
  checkoutBody,
  createProduct,
} from '#test/support/shopping.ts';
import { deliver, eventOf } from '#test/support/webhooks.ts';

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

const problem = (answer: { readonly body: unknown }) => answer.body as Record<string, unknown>;
const key = () => ({ 'idempotency-key': crypto.randomUUID() });

test('a guest buys what is in the cart and reads the paid order', async () => {
  const { variantId } = await createProduct(shop, { stock: 5, price: 1999 });
  const cart = await cartWith(shop, variantId, 2);
  const order = await checkOut(shop, cart);
  expect(order.status).toBe(201);
  expect(order.body).toMatchObject({
    status: 'paid',
    total: { amount: 3998, currency: 'USD' },
    payment: { status: 'captured', brand: 'visa', lastFour: '4242' },
  });
  const read = await shop.call(`/api/v1/orders/${order.body.id}`, cart.owner);
  expect(read.body).toEqual(order.body);
  expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 5, reserved: 2 });
});

test('a customer buys with their account, and the order is theirs', async () => {
  const { variantId } = await createProduct(shop);
  const { token } = await shop.signIn();
  const cart = await cartOf(shop, [{ variantId, quantity: 1 }], token);
  const order = await checkOut(shop, cart);
  expect(order.status).toBe(201);
  const { body } = await shop.call('/api/v1/orders', { token });
  expect(body.items.map(({ id }: { id: string }) => id)).toEqual([order.body.id]);
});

describe('a card that is declined', () => {
  const declining = MAGIC_IDS.flatMap((id) => {
    const card = testCard(id.slice('pm_card_'.length));
    return card?.decline && card.challenge === 'none' ? [[id, card.decline.declineCode] as const] : [];
  });

  test.each(declining)(
    '%s is told as %s, and the same cart is paid with another',
    async (card, declineCode) => {
      const { variantId } = await createProduct(shop, { stock: 1 });
      const cart = await cartWith(shop, variantId);
      const declined = await checkOut(shop, cart, { card });
      expect(declined.status).toBe(402);
      expect(declined.headers.get('content-type')).toBe('application/problem+json');
      expect(problem(declined)).toMatchObject({ code: 'card_declined', declineCode });
      expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 1, reserved: 0 });
      const { paymentIntent } = await shop.double.ledgerOf(await intentOf(shop, declined.body.orderId));
      expect(paymentIntent.status).toBe('canceled');
      expect((await checkOut(shop, cart)).body.status).toBe('paid');
    },
  );
});

test('a payment method that Stripe does not know is the input’s fault, and the stock goes back', async () => {
  const { variantId } = await createProduct(shop, { stock: 1 });
  const cart = await cartWith(shop, variantId);
  const refused = await checkOut(shop, cart, { card: 'pm_1NothingOfTheKind' });
  expect(refused.status).toBe(400);
  expect(problem(refused)).toMatchObject({
    code: 'invalid_input',
    errors: [{ path: '/paymentMethodId', message: expect.any(String) }],
  });
  expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 1, reserved: 0 });
  expect((await checkOut(shop, cart)).status).toBe(201);
});

describe('a card whose bank wants to see the shopper', () => {
  async function challenged(card: string) {
    const { variantId } = await createProduct(shop, { stock: 1 });
    const cart = await cartWith(shop, variantId);
    const answer = await checkOut(shop, cart, { card });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      status: 'requires_action',
      clientSecret: expect.stringContaining('_secret_'),
      payment: { status: 'requires_action' },
    });
    expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 1, reserved: 1 });
    const intentId = await intentOf(shop, answer.body.id);
    const authenticate = (outcome: 'succeed' | 'fail') =>
      shop.double.control('POST', `/payment_intents/${intentId}/authenticate`, { outcome });
    const read = async () => (await shop.call(`/api/v1/orders/${answer.body.id}`, cart.owner)).body;
    return { variantId, cart, intentId, authenticate, read };
  }

  test('pays once the challenge is met and the webhook has come', async () => {
    const { variantId, cart, intentId, authenticate, read } = await challenged(
      'pm_card_authenticationRequired',
    );
    await authenticate('succeed');
    expect(await deliver(shop, await eventOf(shop, intentId, 'payment_intent.succeeded'))).toBe(200);
    expect(await read()).toMatchObject({ status: 'paid', payment: { status: 'captured', lastFour: '3184' } });
    expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 1, reserved: 1 });
    expect(problem(await checkOut(shop, cart))).toMatchObject({ code: 'cart_completed' });
  });

  test('does not pay when the challenge fails, and the cart can be paid again', async () => {
    const { variantId, cart, intentId, authenticate, read } = await challenged(
      'pm_card_authenticationRequired',
    );
    await authenticate('fail');
    expect(await deliver(shop, await eventOf(shop, intentId, 'payment_intent.payment_failed'))).toBe(200);
    expect(await read()).toMatchObject({ status: 'payment_failed', payment: { status: 'failed' } });
    expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 1, reserved: 0 });
    expect((await checkOut(shop, cart)).body.status).toBe('paid');
  });

  test('does not pay when the issuer declines after the challenge', async () => {
    const { variantId, intentId, authenticate, read } = await challenged(
      'pm_card_threeDSecureRequiredChargeDeclined',
    );
    await authenticate('succeed');
    expect(await deliver(shop, await eventOf(shop, intentId, 'payment_intent.payment_failed'))).toBe(200);
    expect((await read()).status).toBe('payment_failed');
    expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 1, reserved: 0 });
  });

  test('keeps its cart from a second checkout until it has ended', async () => {
    const { cart } = await challenged('pm_card_authenticationRequired');
    const second = await checkOut(shop, cart);
    expect(second.status).toBe(409);
    expect(problem(second)).toMatchObject({ code: 'checkout_in_progress' });
    expect(second.headers.get('retry-after')).toBe('1');
  });
});

describe('a cart that cannot be bought', () => {
  test('because it is empty', async () => {
    const cart = await cartOf(shop, []);
    const { status, body } = await checkOut(shop, cart);
    expect([status, body.code]).toEqual([409, 'cart_empty']);
  });

  test('because a variant was withdrawn, which is named', async () => {
    const product = await createProduct(shop);
    const cart = await cartWith(shop, product.variantId);
    await shop.call(`/api/v1/products/${product.productId}`, {
      method: 'DELETE',
      token: product.sellerToken,
      headers: { 'if-match': product.etag },
    });
    const { status, body } = await checkOut(shop, cart);
    expect([status, body.code, body.variantId]).toEqual([409, 'variant_unavailable', product.variantId]);
  });

  test('because there is too little stock: nothing of the cart is reserved, and what lacks is named', async () => {
    const plenty = await createProduct(shop, { stock: 10 });
    const scarce = await createProduct(shop, { stock: 2 });
    const cart = await cartOf(shop, [
      { variantId: scarce.variantId, quantity: 3 },
      { variantId: plenty.variantId, quantity: 1 },
    ]);
    const { status, body } = await checkOut(shop, cart);
    expect(status).toBe(409);
    expect(body).toMatchObject({
      code: 'out_of_stock',
      variantId: scarce.variantId,
      requested: 3,
      available: 2,
    });
    expect(await stockOf(shop.deps.db, plenty.variantId)).toEqual({ onHand: 10, reserved: 0 });
  });

  test('because a price has changed: the difference is told, and the next attempt pays the new price', async () => {
    const product = await createProduct(shop, { price: 1000 });
    const cart = await cartWith(shop, product.variantId);
    await changePrice(shop, product, 1500);
    const { status, body } = await checkOut(shop, cart);
    expect(status).toBe(409);
    expect(body).toMatchObject({
      code: 'price_changed',
      changes: [
        {
          variantId: product.variantId,
          seen: { amount: 1000, currency: 'USD' },
          now: { amount: 1500, currency: 'USD' },
        },
      ],
    });
    expect((await checkOut(shop, cart)).body).toMatchObject({ status: 'paid', total: { amount: 1500 } });
  });

  test.each([
    [49, 1],
    [99_999_999, 2],
  ])('because %d times %d is not what Stripe would charge', async (price, quantity) => {
    const { variantId } = await createProduct(shop, { price });
    const { status, body } = await checkOut(shop, await cartWith(shop, variantId, quantity));
    expect([status, body.code]).toEqual([409, 'total_not_chargeable']);
    expect(body).toMatchObject({ minimum: 50, maximum: 99_999_999 });
  });

  test('because it has been bought already', async () => {
    const { variantId } = await createProduct(shop);
    const cart = await cartWith(shop, variantId);
    await checkOut(shop, cart);
    const { status, body } = await checkOut(shop, cart);
    expect([status, body.code]).toEqual([409, 'cart_completed']);
  });

  test('because it is somebody else’s, whoever asks', async () => {
    const { variantId } = await createProduct(shop);
    const cart = await cartWith(shop, variantId);
    const { token } = await shop.signIn();
    const strangers = [{}, { cartToken: 'ct_of-somebody-else' }, { token }];
    for (const stranger of strangers) {
      const { status, body } = await shop.call('/api/v1/checkout', {
        method: 'POST',
        ...stranger,
        headers: key(),
        body: checkoutBody(cart.cartId),
      });
      expect([status, body.code]).toEqual([404, 'cart_not_found']);
    }
  });
});

test.each([
  [{ price: 1 }, '/price'],
  [{ total: { amount: 1, currency: 'USD' } }, '/total'],
  [{ role: 'admin' }, '/role'],
  [{ cartId: 'no-uuid' }, '/cartId'],
  [{ paymentMethodId: '4242424242424242' }, '/paymentMethodId'],
  [{ email: 'nobody' }, '/email'],
])('a body with %j is refused at %s and places nothing', async (extra, path) => {
  const { variantId } = await createProduct(shop);
  const cart = await cartWith(shop, variantId);
  const { status, body } = await shop.call('/api/v1/checkout', {
    method: 'POST',
    ...cart.owner,
    headers: key(),
    body: { ...checkoutBody(cart.cartId), ...extra },
  });
  expect(status).toBe(400);
  expect(body.errors.map((error: { path: string }) => error.path)).toContain(path);
  expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 10, reserved: 0 });
});
