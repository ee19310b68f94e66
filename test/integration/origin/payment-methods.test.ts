/** Saved cards: kept once, paid with by their owner alone, and whole after every failure. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { users } from '#db/schema/accounts.ts';
import { paymentMethods } from '#db/schema/payments.ts';
import { createStripeGateway } from '#origin/payments/stripe.ts';
import { checkBooks, intentOf, stockOf } from '#test/support/books.ts';
import { type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';
import { cartOf, cartWith, checkOut, createProduct } from '#test/support/shopping.ts';

/** On a machine that has other work, too. */
const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterEach(async () => {
  await shop.double.control('DELETE', '/faults');
  await checkBooks(shop);
});
afterAll(async () => {
  await shop.close();
});

type Shopper = Awaited<ReturnType<OriginUnderTest['signIn']>>;

const save = ({ token }: Shopper, paymentMethodId = 'pm_card_visa', at: Reachable = shop) =>
  at.call('/api/v1/payment-methods', { method: 'POST', token, body: { paymentMethodId } });
const list = async ({ token }: Shopper, at: Reachable = shop) =>
  (await at.call('/api/v1/payment-methods', { token })).body.items;
const remove = ({ token }: Shopper, id: string, at: Reachable = shop) =>
  at.call(`/api/v1/payment-methods/${id}`, { method: 'DELETE', token });

/** A gateway whose circuit no earlier fault has opened. */
const freshProcess = () =>
  shop.beside({
    payments: createStripeGateway(shop.config, { log: shop.deps.log, metrics: shop.deps.metrics }),
  });

async function customerOf({ userId }: Shopper): Promise<string | null> {
  const [row] = await shop.deps.db.select().from(users).where(eq(users.id, userId));
  return row?.stripeCustomerId ?? null;
}

/** What Stripe keeps for the shopper. */
async function attachedOf(shopper: Shopper): Promise<string[]> {
  const customer = await customerOf(shopper);
  if (customer === null) return [];
  const { data } = await shop.double.stripe.paymentMethods.list({ customer, limit: 100 });
  return data.map(({ id }) => id);
}

async function rowsOf({ userId }: Shopper) {
  return shop.deps.db.select().from(paymentMethods).where(eq(paymentMethods.userId, userId));
}

async function cartFor({ token }: Shopper) {
  const { variantId } = await createProduct(shop, { price: 1999 });
  return { ...(await cartOf(shop, [{ variantId, quantity: 1 }], token)), variantId };
}

describe('a card', () => {
  test('is saved as its brand, last four and expiry, listed, and deleted here and at Stripe', async () => {
    const ada = await shop.signIn();
    const saved = await save(ada);
    expect(saved.status).toBe(201);
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(saved.body).toEqual({ id, brand: 'visa', lastFour: '4242', expMonth: 12, expYear: 2034 });
    expect(saved.headers.get('cache-control')).toContain('no-store');
    expect(await list(ada)).toEqual([saved.body]);
    expect(await attachedOf(ada)).toHaveLength(1);
    expect((await remove(ada, saved.body.id)).status).toBe(204);
    expect(await list(ada)).toEqual([]);
    expect(await attachedOf(ada)).toEqual([]);
    expectProblem(await remove(ada, saved.body.id), 'payment_method_not_found');
  });

  test('that is saved twice is there once, and Stripe keeps it once', async () => {
    const ada = await shop.signIn();
    const first = await save(ada);
    const again = await save(ada);
    expect([again.status, again.body]).toEqual([200, first.body]);
    const [row] = await rowsOf(ada);
    const byStripesId = await save(ada, row?.stripePaymentMethodId);
    expect([byStripesId.status, byStripesId.body]).toEqual([200, first.body]);
    expect(await list(ada)).toEqual([first.body]);
    expect(await attachedOf(ada)).toHaveLength(1);
  });

  test('that is saved ten times at once is there once, for one customer, however long Stripe takes', async () => {
    const ada = await shop.signIn();
    await shop.double.control('POST', '/faults', { kind: 'latency', path: '/v1/customers', ms: 400 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => save(ada)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array(9).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await list(ada)).toHaveLength(1);
    expect(await attachedOf(ada)).toHaveLength(1);
    const { data } = await shop.double.stripe.customers.list({ limit: 100 });
    expect(data.filter(({ metadata }) => metadata['user_id'] === ada.userId)).toHaveLength(1);
  });

  test('that its bank declines is refused and kept nowhere', async () => {
    const ada = await shop.signIn();
    const { status, body } = await save(ada, 'pm_card_chargeDeclinedLostCard');
    expect([status, body.code, body.declineCode]).toEqual([402, 'card_declined', 'lost_card']);
    expect(await rowsOf(ada)).toEqual([]);
    expect(await attachedOf(ada)).toEqual([]);
  });

  test('that Stripe does not know, or that is somebody else’s, is the input’s fault', async () => {
    const [ada, bob] = [await shop.signIn(), await shop.signIn()];
    await save(ada);
    const [adas] = await rowsOf(ada);
    for (const id of ['pm_1NothingOfTheKind', adas?.stripePaymentMethodId ?? '']) {
      const refused = await save(bob, id);
      expectProblem(refused, 'invalid_input');
      expect(pathsOf(refused)).toEqual(['/paymentMethodId']);
    }
    expect(await rowsOf(bob)).toEqual([]);
    expect(await attachedOf(ada)).toHaveLength(1);
  });

  test('past the tenth is refused, also when many come at once', async () => {
    const ada = await shop.signIn();
    const brands = ['visa', 'visa_debit', 'mastercard', 'mastercard_debit', 'mastercard_prepaid', 'amex'];
    const more = ['discover', 'diners', 'jcb', 'unionpay', 'ca', 'fr', 'authenticationRequired'];
    const answers = await Promise.all([...brands, ...more].map((name) => save(ada, `pm_card_${name}`)));
    const full = answers.filter(({ status }) => status !== 201);
    for (const answer of full) expectProblem(answer, 'payment_methods_full');
    expect(full).toHaveLength(3);
    expect(await list(ada)).toHaveLength(10);
    expect(await attachedOf(ada)).toHaveLength(10);
  });
});

test('a shopper sees, deletes and pays with no card of another', async () => {
  const [ada, bob] = [await shop.signIn(), await shop.signIn()];
  const { body: card } = await save(ada);
  const [row] = await rowsOf(ada);
  expect(await list(bob)).toEqual([]);
  expectProblem(await remove(bob, card.id), 'payment_method_not_found');
  const cart = await cartFor(bob);
  expectProblem(await checkOut(shop, cart, { card: card.id }), 'payment_method_not_found');
  expectProblem(await checkOut(shop, cart, { card: row?.stripePaymentMethodId ?? '' }), 'invalid_input');
  const guests = await cartWith(shop, cart.variantId);
  expectProblem(await checkOut(shop, guests, { card: card.id }), 'payment_method_not_found');
  expect(await stockOf(shop.deps.db, cart.variantId)).toEqual({ onHand: 10, reserved: 0 });
  expect(await attachedOf(ada)).toHaveLength(1);
});

test('a card that has paid once and was not saved pays no second time: refused at once, and nothing is held', async () => {
  const { id: card } = await shop.double.stripe.paymentMethods.create({
    type: 'card',
    card: { token: 'tok_visa' },
  });
  const { variantId } = await createProduct(shop, { stock: 2 });
  expect((await checkOut(shop, await cartWith(shop, variantId), { card })).status).toBe(201);
  const cart = await cartWith(shop, variantId);
  const refused = await checkOut(shop, cart, { card });
  expectProblem(refused, 'invalid_input');
  expect(pathsOf(refused)).toEqual(['/paymentMethodId']);
  expect(await stockOf(shop.deps.db, variantId)).toEqual({ onHand: 2, reserved: 1 });
  expect((await checkOut(shop, cart)).status).toBe(201);
});

test.each([
  ['GET', '/api/v1/payment-methods'],
  ['POST', '/api/v1/payment-methods'],
  ['DELETE', '/api/v1/payment-methods/01890a5d-ac96-774b-bcce-b302099a8090'],
] as const)('%s %s is for those who are signed in', async (method, path) => {
  expectProblem(await shop.call(path, { method }), 'unauthenticated');
});

describe('a checkout with a saved card', () => {
  test('charges it with its customer, by our id and by Stripe’s, again and again', async () => {
    const ada = await shop.signIn();
    const { body: card } = await save(ada, 'pm_card_mastercard');
    const [row] = await rowsOf(ada);
    const stripesId = row?.stripePaymentMethodId ?? '';
    for (const id of [card.id, stripesId, card.id]) {
      const { status, body } = await checkOut(shop, await cartFor(ada), { card: id });
      expect([status, body.status, body.payment.lastFour]).toEqual([201, 'paid', '4444']);
      const { paymentIntent } = await shop.double.ledgerOf(await intentOf(shop, body.id));
      expect([paymentIntent.customer, paymentIntent.payment_method]).toEqual([
        await customerOf(ada),
        stripesId,
      ]);
    }
  });

  test('that its bank declines later is declined as any', async () => {
    const ada = await shop.signIn();
    const { body: card } = await save(ada, 'pm_card_chargeCustomerFail');
    const cart = await cartFor(ada);
    expect((await checkOut(shop, cart, { card: card.id })).status).toBe(402);
    expect(await stockOf(shop.deps.db, cart.variantId)).toEqual({ onHand: 10, reserved: 0 });
  });

  test('that was deleted meanwhile is refused, and the cart is paid with another', async () => {
    const ada = await shop.signIn();
    const { body: card } = await save(ada);
    await remove(ada, card.id);
    const cart = await cartFor(ada);
    expectProblem(await checkOut(shop, cart, { card: card.id }), 'payment_method_not_found');
    expect((await checkOut(shop, cart)).status).toBe(201);
  });

  test('that was charged before a crash and deleted after it is told as paid', async () => {
    const ada = await shop.signIn();
    const { body: card } = await save(ada);
    const cart = await cartFor(ada);
    const key = crypto.randomUUID();
    const { payments } = shop.deps;
    const confirm: typeof payments.confirm = async (...how) => {
      await payments.confirm(...how);
      throw new Error('the process is gone');
    };
    const crashing = shop.beside({ payments: { ...payments, confirm } });
    expect((await checkOut(crashing, cart, { key, card: card.id })).status).toBe(500);
    await remove(ada, card.id);
    const { status, body } = await checkOut(shop, cart, { key, card: card.id });
    expect([status, body.status]).toEqual([201, 'paid']);
  });
});

/** Once more than the policy and the SDK try. */
const EVERY_ATTEMPT = 12;

describe.each([
  ['answers 500', { kind: 'error' }],
  ['is cut off before anything has happened', { kind: 'timeout_before' }],
  ['is cut off after it has happened', { kind: 'timeout_after' }],
])('while Stripe %s', (_what, fault) => {
  const arm = (path: string) =>
    shop.double.control('POST', '/faults', { ...fault, path, times: EVERY_ATTEMPT });

  test.each(['/v1/customers', '/v1/payment_methods'])(
    'at %s, saving answers 503, and again afterwards saves the card once',
    async (path) => {
      const ada = await shop.signIn();
      await arm(path);
      expectProblem(await save(ada, 'pm_card_visa', freshProcess()), 'payments_unavailable');
      expect(await rowsOf(ada)).toEqual([]);
      await shop.double.control('DELETE', '/faults');
      const at = freshProcess();
      expect((await save(ada, 'pm_card_visa', at)).status).toBe(201);
      expect(await list(ada)).toHaveLength(1);
      const { data } = await shop.double.stripe.customers.list({ limit: 100 });
      expect(data.filter(({ metadata }) => metadata['user_id'] === ada.userId)).toHaveLength(1);
    },
  );

  test('deleting answers 503 and keeps the card in sight, and again afterwards deletes it', async () => {
    const ada = await shop.signIn();
    const { body: card } = await save(ada);
    await arm('/v1/payment_methods');
    expectProblem(await remove(ada, card.id, freshProcess()), 'payments_unavailable');
    expect(await list(ada)).toEqual([card]);
    await shop.double.control('DELETE', '/faults');
    expect((await remove(ada, card.id, freshProcess())).status).toBe(204);
    expect(await attachedOf(ada)).toEqual([]);
  });
});
