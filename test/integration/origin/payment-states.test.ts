/** Every way that a payment may stand: whoever asks, the order follows Stripe, and none is left open for ever. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import type Stripe from 'stripe';
import { orders } from '#db/schema/orders.ts';
import { payments as paymentRows } from '#db/schema/payments.ts';
import { after, MINUTE_MS } from '#lib/clock.ts';
import type { PaymentGateway } from '#origin/payments/gateway.ts';
import { bookMissingFees, reconcileOverdue } from '#origin/payments/service.ts';
import { checkBooks, stockOf } from '#test/support/books.ts';
import { freshGateway, moneyOf, orderWith, statusOf, stepsOf, type TestOrder } from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { deliver, eventOf, eventsOf } from '#test/support/webhooks.ts';

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

const inMinutes = (minutes: number) => ({ clock: { now: () => after(new Date(), minutes * MINUTE_MS) } });
const reconcile = (minutes: number) => reconcileOverdue({ ...shop.deps, ...inMinutes(minutes) });
const stock = ({ product }: TestOrder) => stockOf(shop.deps.db, product.variantId);
const authenticate = ({ intentId }: TestOrder, outcome: 'succeed' | 'fail') =>
  shop.double.control('POST', `/payment_intents/${intentId}/authenticate`, { outcome });
const settle = ({ intentId }: TestOrder, outcome: 'succeed' | 'fail') =>
  shop.double.control('POST', `/payment_intents/${intentId}/settle`, { outcome });
const refresh = ({ orderId, owner }: TestOrder, who: object = owner) =>
  shop.call(`/api/v1/orders/${orderId}/payment`, { method: 'POST', ...who });

async function deadlineOf({ orderId }: TestOrder): Promise<number> {
  const [row] = await shop.deps.db
    .select({ deadline: orders.paymentDeadline })
    .from(orders)
    .where(eq(orders.id, orderId));
  return row?.deadline.getTime() ?? 0;
}

describe('the shopper who comes back from their bank', () => {
  test.each([
    ['succeed', 'paid', 'captured'],
    ['fail', 'payment_failed', 'failed'],
  ] as const)('finds their order settled, though no webhook came: %s', async (outcome, status, payment) => {
    const order = await orderWith(shop, 'pm_card_authenticationRequired');
    const waiting = await refresh(order);
    expect([waiting.status, waiting.body.status]).toEqual([200, 'requires_action']);
    expect(waiting.body.clientSecret).toStartWith(`${order.intentId}_secret`);
    await authenticate(order, outcome);
    const answers = await Promise.all([refresh(order), refresh(order), refresh(order)]);
    for (const { body } of answers) {
      expect([body.status, body.payment.status, body.clientSecret]).toEqual([status, payment, null]);
    }
    for (const event of await eventsOf(shop, order.intentId)) await deliver(shop, event);
    expect(await statusOf(shop, order)).toBe(status);
  });

  test('asks for their own order only', async () => {
    const order = await orderWith(shop, 'pm_card_authenticationRequired');
    const { token } = await shop.signIn();
    expect((await refresh(order, { token })).status).toBe(404);
    expect((await refresh(order, {})).status).toBe(404);
  });
});

describe('a payment that the bank is at work on', () => {
  test('is answered as such, and keeps its order and stock past the deadline while it is', async () => {
    const order = await orderWith(shop, 'pm_double_processing');
    const { body } = await refresh(order);
    expect([body.status, body.payment.status]).toEqual(['pending_payment', 'processing']);
    expect(await stepsOf(shop, order)).toEqual(['order.placed', 'order.payment_processing']);
    const before = await deadlineOf(order);
    await reconcile(31);
    expect(await statusOf(shop, order)).toBe('pending_payment');
    expect(await deadlineOf(order)).toBeGreaterThan(before + 20 * MINUTE_MS);
    expect(await stock(order)).toEqual({ onHand: 5, reserved: 1 });
    await settle(order, 'succeed');
    await reconcile(100);
    expect(await statusOf(shop, order)).toBe('paid');
  });

  test('that fails in the end gives its stock back, though Stripe would not let go of it before', async () => {
    const order = await orderWith(shop, 'pm_double_processing');
    expect((await shop.deps.payments.cancel(order.intentId)).state.kind).toBe('processing');
    await settle(order, 'fail');
    const failed = await eventOf(shop, order.intentId, 'payment_intent.payment_failed');
    expect(await deliver(shop, failed)).toBe(200);
    expect(await statusOf(shop, order)).toBe('payment_failed');
    expect(await stock(order)).toEqual({ onHand: 5, reserved: 0 });
  });
});

test('a declined payment that Stripe does not let go of is told loudly, and ends with the next look', async () => {
  const { payments } = shop.deps;
  const stubborn = shop.beside({ payments: { ...payments, cancel: (id) => payments.retrieve(id) } });
  const product = await createProduct(shop, { stock: 1 });
  const cart = await cartWith(shop, product.variantId);
  const { body } = await checkOut(stubborn, cart, { card: 'pm_card_chargeDeclined' });
  expect(body.status).toBe('pending_payment');
  expect(shop.logs.filter((line) => line.includes('"level":"error"') && line.includes(body.id))).toHaveLength(
    1,
  );
  expect((await refresh({ orderId: body.id, intentId: '', owner: cart.owner, product })).body.status).toBe(
    'payment_failed',
  );
});

/** A checkout whose process dies at one call to Stripe, before or after it. */
async function cutOff(at: 'create' | 'confirm', when: 'before' | 'after') {
  const { payments } = shop.deps;
  const dies = async () => {
    throw new Error('the process is gone');
  };
  const create: PaymentGateway['create'] = async (intent) => {
    if (when === 'after') await payments.create(intent);
    return dies();
  };
  const confirm: PaymentGateway['confirm'] = async (...call) => {
    if (when === 'after') await payments.confirm(...call);
    return dies();
  };
  const product = await createProduct(shop, { stock: 1, price: 2_000 });
  const cart = await cartWith(shop, product.variantId);
  const broken = at === 'create' ? { ...payments, create } : { ...payments, confirm };
  expect((await checkOut(shop.beside({ payments: broken }), cart)).status).toBe(500);
  const [row] = await shop.deps.db
    .select({ orderId: orders.id })
    .from(orders)
    .where(sql`${orders.cartId} = ${cart.cartId}`);
  if (row === undefined) throw new Error('no order was placed');
  return { ...row, variantId: product.variantId };
}

describe('an order that was left half-way is looked after long before its deadline', () => {
  test.each([
    ['create', 'before', 'cancelled'],
    ['create', 'after', 'cancelled'],
    ['confirm', 'before', 'payment_failed'],
    ['confirm', 'after', 'paid'],
  ] as const)('cut off at %s, %s Stripe: %s', async (at, when, end) => {
    const order = await cutOff(at, when);
    await reconcile(1);
    expect(await statusOf(shop, order)).toBe('pending_payment');
    await reconcile(6);
    expect(await statusOf(shop, order)).toBe(end);
    expect(await stockOf(shop.deps.db, order.variantId)).toEqual({
      onHand: 1,
      reserved: end === 'paid' ? 1 : 0,
    });
  });

  test('one whose shopper is still at their bank is left alone until its deadline, and asked for seldom', async () => {
    const order = await orderWith(shop, 'pm_card_authenticationRequired');
    await reconcile(6);
    const asked: string[] = [];
    const retrieve: PaymentGateway['retrieve'] = (id) => {
      asked.push(id);
      return shop.deps.payments.retrieve(id);
    };
    await reconcileOverdue({
      ...shop.deps,
      ...inMinutes(7),
      payments: { ...shop.deps.payments, retrieve },
    });
    expect(asked).not.toContain(order.intentId);
    expect(await statusOf(shop, order)).toBe('requires_action');
    await reconcile(31);
    expect(await statusOf(shop, order)).toBe('payment_failed');
  });

  test('one that was paid without our hearing of it is paid', async () => {
    const order = await orderWith(shop, 'pm_card_authenticationRequired');
    await authenticate(order, 'succeed');
    await reconcile(6);
    expect(await statusOf(shop, order)).toBe('paid');
  });
});

describe('intents that Stripe keeps failing for', () => {
  const challenged = () => orderWith(shop, 'pm_card_authenticationRequired');
  const failFor = ({ intentId }: TestOrder) =>
    shop.double.control('POST', '/faults', {
      ...{ kind: 'error', path: `/v1/payment_intents/${intentId}`, times: 20 },
    });
  /** Each later than what opened Stripe's circuit. */
  const run = () => reconcileOverdue({ ...shop.deps, ...inMinutes(31), payments: freshGateway(shop) });
  afterEach(() => shop.double.control('DELETE', '/faults'));

  test('keep no other order from its end: one of them in the same run', async () => {
    const [stuck, free] = [await challenged(), await challenged()];
    await failFor(stuck);
    expect(await run()).toBe(1);
    expect([await statusOf(shop, stuck), await statusOf(shop, free)]).toEqual([
      'requires_action',
      'payment_failed',
    ]);
    await shop.double.control('DELETE', '/faults');
    expect(await run()).toBe(1);
  });

  test('keep no other order from its end: a row of them in one of the next runs, which begin further on', async () => {
    const stuck = [await challenged(), await challenged(), await challenged(), await challenged()];
    const free = await challenged();
    for (const order of stuck) await failFor(order);
    const done: number[] = [];
    for (const _ of stuck) done.push(await run());
    expect(done).toEqual([0, 0, 0, 1]);
    expect(await statusOf(shop, free)).toBe('payment_failed');
    await shop.double.control('DELETE', '/faults');
    expect(await run()).toBe(stuck.length);
    for (const order of stuck) expect(await statusOf(shop, order)).toBe('payment_failed');
  });
});

describe("Stripe's fee", () => {
  const feeOf = async ({ orderId }: Pick<TestOrder, 'orderId'>) => {
    const rows = await shop.deps.db.execute<{ amount: number }>(sql`
      select e.amount_minor::int as amount from ledger_transactions t
        join ledger_entries e on e.transaction_id = t.id
       where t.order_id = ${orderId} and e.account = 'fees'`);
    return rows.map(({ amount }) => amount);
  };

  /** Stripe books a charge some time after it was made: until then it knows of no fee. */
  async function unbooked(): Promise<TestOrder> {
    const { payments } = shop.deps;
    const confirm: PaymentGateway['confirm'] = async (...call) => {
      const intent = await payments.confirm(...call);
      const { state } = intent;
      return state.kind === 'succeeded' ? { ...intent, state: { ...state, fee: null } } : intent;
    };
    const order = await orderWith({ ...shop, ...shop.beside({ payments: { ...payments, confirm } }) });
    expect(await feeOf(order)).toEqual([]);
    return order;
  }

  test('is booked with the capture where Stripe has it', async () => {
    expect(await feeOf(await orderWith(shop))).toEqual([88]);
  });

  test('is booked by the webhook that tells of it, once', async () => {
    const order = await unbooked();
    for (let times = 0; times < 3; times += 1) {
      for (const event of await eventsOf(shop, order.intentId)) await deliver(shop, event);
    }
    expect(await feeOf(order)).toEqual([88]);
  });

  test('is booked by the reconciler where no webhook came, once', async () => {
    const order = await unbooked();
    await bookMissingFees(shop.deps);
    expect(await feeOf(order)).toEqual([]);
    await bookMissingFees({ ...shop.deps, ...inMinutes(2) });
    await bookMissingFees({ ...shop.deps, ...inMinutes(3) });
    expect(await feeOf(order)).toEqual([88]);
    expect(await moneyOf(shop, order)).toEqual([2_000, 0, 2_000]);
  });
});

test('an event of a kind never seen before is taken with 200, whatever it is about, and changes nothing', async () => {
  const order = await orderWith(shop, 'pm_card_authenticationRequired');
  const [event] = await eventsOf(shop, order.intentId);
  const objects: readonly object[] = [
    { object: 'space_ship', id: 'ss_1' },
    { object: 'payment_intent', id: order.intentId, status: 'in_orbit' },
    { object: 'charge', id: 'ch_1', payment_intent: null },
    {},
  ];
  for (const object of objects) {
    const unheard = { ...event, id: 'evt_unheard', type: 'space_ship.launched', data: { object } };
    expect(await deliver(shop, unheard as unknown as Stripe.Event)).toBe(200);
  }
  expect(await statusOf(shop, order)).toBe('requires_action');
});

test('an intent belongs to one order: the database refuses it to a second', async () => {
  const [one, other] = [await orderWith(shop), await orderWith(shop)];
  const steal = shop.deps.db
    .update(paymentRows)
    .set({ stripePaymentIntentId: one.intentId })
    .where(eq(paymentRows.orderId, other.orderId));
  await expect(steal.execute()).rejects.toThrow();
});
