/** Stripe in trouble: nothing is charged twice, no order is lost, and every order comes to an end. */

import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from 'bun:test';
import { sql } from 'drizzle-orm';
import { orders } from '#db/schema/orders.ts';
import { after, MINUTE_MS } from '#lib/clock.ts';
import { createLogger } from '#lib/log.ts';
import type { Ledger } from '#ops/stripe-double/ledger.ts';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { reconcileOverdue } from '#origin/payments/service.ts';
import { createStripeGateway } from '#origin/payments/stripe.ts';
import { checkBooks, intentOf, stockOf } from '#test/support/books.ts';
import { type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct, type TestCart } from '#test/support/shopping.ts';
import { deliver, eventOf } from '#test/support/webhooks.ts';

const CREATE = '/v1/payment_intents';
/** More than every attempt of one request together: the SDK's own repetition of a cut call included. */
const EVERY_ATTEMPT = 20;
/** After every deadline of an order that is placed now. */
const OVERDUE = { clock: { now: () => after(new Date(), 31 * MINUTE_MS) } };

/** On a machine that has other work, too. */
const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let opened: OriginUnderTest;
/** A process of its own for each test: no circuit that another test has opened. */
let shop: Reachable;
beforeAll(async () => {
  opened = await openOrigin();
});
beforeEach(() => {
  shop = opened.beside({ payments: freshGateway() });
});
afterEach(async () => {
  await opened.double.control('DELETE', '/faults');
  await checkBooks(opened);
});
afterAll(async () => {
  await opened.close();
});

function freshGateway() {
  const log = createLogger({ level: 'error', write: () => {} });
  return createStripeGateway(opened.config, { log, metrics: createMetrics() });
}

async function readyCart(): Promise<TestCart & { readonly variantId: string }> {
  const { variantId } = await createProduct(opened, { stock: 1 });
  return { ...(await cartWith(shop, variantId)), variantId };
}

interface Fault {
  readonly kind: 'error' | 'timeout_before' | 'timeout_after';
  readonly status?: number;
  readonly code?: string;
  readonly kept?: boolean;
  readonly times?: number;
}

const arm = (path: string, fault: Fault) =>
  opened.double.control('POST', '/faults', { method: 'POST', path, times: EVERY_ATTEMPT, ...fault });
const clearFaults = () => opened.double.control('DELETE', '/faults');
const reconcile = () => reconcileOverdue({ ...shop.deps, ...OVERDUE });

async function orderOf({ cartId }: TestCart) {
  const rows = await shop.deps.db
    .select({ id: orders.id, status: orders.status })
    .from(orders)
    .where(sql`${orders.cartId} = ${cartId}`)
    .orderBy(orders.placedAt);
  return rows.at(-1);
}

/** Lets the intent be made, and breaks only what comes after: its path is known by then. */
async function breakConfirmation(cart: TestCart, fault: Fault, key: string) {
  const { payments } = shop.deps;
  const confirm: typeof payments.confirm = async (intentId, card) => {
    await arm(`${CREATE}/${intentId}/confirm`, fault);
    return payments.confirm(intentId, card);
  };
  return checkOut(opened.beside({ ...shop.deps, payments: { ...payments, confirm } }), cart, { key });
}

const TROUBLE: readonly (readonly [string, Fault])[] = [
  ['answers 500', { kind: 'error' }],
  ['answers 429', { kind: 'error', status: 429 }],
  ['cuts the connection before anything has happened', { kind: 'timeout_before' }],
  ['cuts the connection after the charge was made', { kind: 'timeout_after' }],
];

describe.each(TROUBLE)('while the confirmation %s', (_what, fault) => {
  test('checkout answers 503 and the same request afterwards is paid once', async () => {
    const cart = await readyCart();
    const key = crypto.randomUUID();
    const broken = await breakConfirmation(cart, fault, key);
    expect([broken.status, broken.body.code]).toEqual([503, 'payments_unavailable']);
    expect(broken.headers.get('retry-after')).toBe('1');
    expect(await stockOf(shop.deps.db, cart.variantId)).toEqual({ onHand: 1, reserved: 1 });
    const waiting = await orderOf(cart);
    await clearFaults();
    shop = opened.beside({ payments: freshGateway() });
    const paid = await checkOut(shop, cart, { key });
    expect([paid.status, paid.body.id, paid.body.status]).toEqual([201, waiting?.id, 'paid']);
  });

  test('an order that nobody asks for again is settled at its deadline as Stripe has it', async () => {
    const cart = await readyCart();
    await breakConfirmation(cart, fault, crypto.randomUUID());
    await clearFaults();
    shop = opened.beside({ payments: freshGateway() });
    expect(await reconcileOverdue(shop.deps)).toBe(0);
    expect((await orderOf(cart))?.status).toBe('pending_payment');
    expect(await reconcile()).toBe(1);
    const isCharged = fault.kind === 'timeout_after';
    expect((await orderOf(cart))?.status).toBe(isCharged ? 'paid' : 'payment_failed');
    expect(await stockOf(shop.deps.db, cart.variantId)).toEqual({ onHand: 1, reserved: isCharged ? 1 : 0 });
    expect(await reconcile()).toBe(0);
  });
});

test('one attempt that fails is repeated within the request, and the shopper sees nothing of it', async () => {
  for (const fault of TROUBLE.map(([, each]) => each)) {
    const cart = await readyCart();
    const answer = await breakConfirmation(cart, { ...fault, times: 2 }, crypto.randomUUID());
    expect([answer.status, answer.body.status]).toEqual([201, 'paid']);
    await clearFaults();
  }
});

test('a 500 that Stripe keeps under the key ends at the deadline, and the cart is free again', async () => {
  const cart = await readyCart();
  const key = crypto.randomUUID();
  await breakConfirmation(cart, { kind: 'error', kept: true }, key);
  await clearFaults();
  shop = opened.beside({ payments: freshGateway() });
  expect((await checkOut(shop, cart, { key })).status).toBe(503);
  expect(await reconcile()).toBe(1);
  expect((await orderOf(cart))?.status).toBe('payment_failed');
  expect((await checkOut(shop, cart)).body.status).toBe('paid');
});

test.each(TROUBLE)(
  'when the intent’s creation %s, stock goes back and the same request starts afresh',
  async (_what, fault) => {
    const cart = await readyCart();
    const key = crypto.randomUUID();
    await arm(CREATE, fault);
    const broken = await checkOut(shop, cart, { key });
    expect([broken.status, broken.body.code]).toEqual([503, 'payments_unavailable']);
    const first = await orderOf(cart);
    expect(first?.status).toBe('cancelled');
    expect(await stockOf(shop.deps.db, cart.variantId)).toEqual({ onHand: 1, reserved: 0 });
    await clearFaults();
    shop = opened.beside({ payments: freshGateway() });
    const paid = await checkOut(shop, cart, { key });
    expect([paid.status, paid.body.status]).toEqual([201, 'paid']);
    expect(paid.body.id).not.toBe(first?.id);
  },
);

test('an open circuit answers at once without a call to Stripe, and reserves nothing', async () => {
  await arm(CREATE, { kind: 'error' });
  const broken = [await checkOut(shop, await readyCart()), await checkOut(shop, await readyCart())];
  expect(broken.map(({ status }) => status)).toEqual([503, 503]);
  const armedBefore = await opened.double.control('GET', '/faults');
  const cart = await readyCart();
  const refused = await checkOut(shop, cart);
  expect([refused.status, refused.body.code]).toEqual([503, 'payments_unavailable']);
  expect(await opened.double.control<unknown>('GET', '/faults')).toEqual(armedBefore);
  expect(await stockOf(shop.deps.db, cart.variantId)).toEqual({ onHand: 1, reserved: 0 });
});

test('declines do not open the circuit, however many', async () => {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    expect((await checkOut(shop, await readyCart(), { card: 'pm_card_chargeDeclined' })).status).toBe(402);
  }
  expect((await checkOut(shop, await readyCart())).status).toBe(201);
});

test.each([
  [409, 'idempotency_key_in_use'],
  [429, 'lock_timeout'],
])('calls that met others of their own at Stripe (%d %s) close checkout to nobody', async (status, code) => {
  await arm('/v1/customers', { kind: 'error', status, code });
  const { token } = await opened.signIn();
  const body = { paymentMethodId: 'pm_card_visa' };
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const refused = await shop.call('/api/v1/payment-methods', { method: 'POST', token, body });
    expect([refused.status, refused.body.code]).toEqual([503, 'payments_unavailable']);
  }
  expect((await checkOut(shop, await readyCart())).status).toBe(201);
});

test('a cancellation that fails leaves the decline to the next request, and stock reserved until then', async () => {
  const cart = await readyCart();
  const key = crypto.randomUUID();
  const { payments } = shop.deps;
  const cancel: typeof payments.cancel = async (intentId) => {
    await arm(`${CREATE}/${intentId}/cancel`, { kind: 'timeout_after' });
    return payments.cancel(intentId);
  };
  const declining = { key, card: 'pm_card_chargeDeclined' };
  const broken = await checkOut(opened.beside({ payments: { ...payments, cancel } }), cart, declining);
  expect(broken.status).toBe(503);
  expect(await stockOf(shop.deps.db, cart.variantId)).toEqual({ onHand: 1, reserved: 1 });
  await clearFaults();
  shop = opened.beside({ payments: freshGateway() });
  const declined = await checkOut(shop, cart, declining);
  expect([declined.status, declined.body.declineCode]).toEqual([402, 'generic_decline']);
  expect(await stockOf(shop.deps.db, cart.variantId)).toEqual({ onHand: 1, reserved: 0 });
});

test('a webhook that comes while Stripe cannot be asked is refused, so that Stripe sends it again', async () => {
  const cart = await readyCart();
  await breakConfirmation(cart, { kind: 'timeout_after' }, crypto.randomUUID());
  await clearFaults();
  shop = opened.beside({ payments: freshGateway() });
  const order = await orderOf(cart);
  const succeeded = await eventOf(
    opened,
    await intentOf(opened, order?.id ?? ''),
    'payment_intent.succeeded',
  );
  await opened.double.control('POST', '/faults', { kind: 'error', method: 'GET', times: EVERY_ATTEMPT });
  expect(await deliver(shop, succeeded)).toBe(503);
  await clearFaults();
  shop = opened.beside({ payments: freshGateway() });
  expect(await deliver(shop, succeeded)).toBe(200);
  expect((await orderOf(cart))?.status).toBe('paid');
});

test('a payment in processing keeps its stock until Stripe tells how it ended', async () => {
  const cart = await readyCart();
  const answer = await checkOut(shop, cart, { card: 'pm_double_processing' });
  expect([answer.status, answer.body.status]).toEqual([201, 'pending_payment']);
  const intentId = await intentOf(opened, answer.body.id);
  await opened.double.control('POST', `/payment_intents/${intentId}/settle`, { outcome: 'succeed' });
  expect(await deliver(shop, await eventOf(opened, intentId, 'payment_intent.succeeded'))).toBe(200);
  expect((await orderOf(cart))?.status).toBe('paid');
});

test('orders that cannot be reconciled keep no other from it', async () => {
  const { payments } = shop.deps;
  const stuck = await readyCart();
  const free = await readyCart();
  for (const cart of [stuck, free]) await checkOut(shop, cart, { card: 'pm_card_authenticationRequired' });
  const stuckIntent = await intentOf(opened, (await orderOf(stuck))?.id ?? '');
  const cancel: typeof payments.cancel = (id) =>
    id === stuckIntent ? Promise.reject(new Error('stripe refuses')) : payments.cancel(id);
  await reconcileOverdue({ ...shop.deps, ...OVERDUE, payments: { ...payments, cancel } });
  expect([(await orderOf(stuck))?.status, (await orderOf(free))?.status]).toEqual([
    'requires_action',
    'payment_failed',
  ]);
  await reconcile();
});

test('a retry at the very deadline and the reconciler never leave a charge for an order that was taken back', async () => {
  for (let round = 0; round < 10; round += 1) {
    const cart = await readyCart();
    const key = crypto.randomUUID();
    const { payments } = shop.deps;
    // The first run dies before it has an intent.
    const create = () => Promise.reject(new Error('the process is gone'));
    expect((await checkOut(opened.beside({ payments: { ...payments, create } }), cart, { key })).status).toBe(
      500,
    );
    // The retry meets the reconciler between the creation of its intent and the confirmation.
    const met: typeof payments.create = async (intent) => {
      const [made] = await Promise.all([payments.create(intent), round % 2 === 0 ? reconcile() : null]);
      return made;
    };
    const [answer] = await Promise.all([
      checkOut(opened.beside({ payments: { ...payments, create: met } }), cart, { key }),
      round % 2 === 0 ? null : reconcile(),
    ]);
    expect(answer.body.status === 'paid' || [402, 409].includes(answer.status)).toBe(true);
    const order = await orderOf(cart);
    const { entries } = await opened.double.control<Ledger>('GET', '/ledger');
    const captured = entries.filter(
      ({ paymentIntent, totals }) =>
        paymentIntent.metadata['order_id'] === order?.id && totals.capturedMinor > 0,
    );
    expect(captured).toHaveLength(order?.status === 'paid' ? 1 : 0);
  }
});
