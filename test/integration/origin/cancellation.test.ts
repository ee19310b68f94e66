/** Cancelling before the goods leave: nothing can be charged any more, and what was paid goes back, once. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { after, MINUTE_MS } from '#lib/clock.ts';
import { lockOrder, moveOrder } from '#origin/orders/service.ts';
import { reconcileRefunds } from '#origin/payments/service.ts';
import { checkBooks, stockOf, toldTimes } from '#test/support/books.ts';
import { eventually } from '#test/support/eventually.ts';
import {
  cancel,
  freshGateway,
  moneyOf,
  orderWith,
  refund,
  statusOf,
  stepsOf,
  type TestOrder,
} from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartOf, cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { deliver, eventsOf } from '#test/support/webhooks.ts';
import { type Loops, openLoops, openStream, type StreamView } from '#test/support/workers.ts';
import { returnStock } from '#workers/handlers/return-stock.ts';
import { sellStock } from '#workers/handlers/sell-stock.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const EVERY_ATTEMPT = 20;

let shop: OriginUnderTest;
let stream: StreamView;
let loops: Loops;
beforeAll(async () => {
  shop = await openOrigin();
  stream = await openStream(shop);
  loops = openLoops(shop);
});
afterEach(async () => {
  await loops.stop();
  await shop.double.control('DELETE', '/faults');
  await checkBooks(shop);
});
afterAll(async () => {
  await stream.close();
  await shop.close();
});

const stock = ({ product }: TestOrder) => stockOf(shop.deps.db, product.variantId);
const intentStatus = async ({ intentId }: TestOrder) =>
  (await shop.double.ledgerOf(intentId)).paymentIntent.status;
const refundedAtStripe = async ({ intentId }: TestOrder) =>
  (await shop.double.ledgerOf(intentId)).totals.refundedMinor;

describe('an order that waits for its payment', () => {
  test('is ended at Stripe, gives its stock back, and can be bought again', async () => {
    const order = await orderWith(shop, 'pm_card_authenticationRequired', { quantity: 2 });
    const answer = await cancel(shop, order, { body: { reason: 'Changed my mind' } });
    expect([answer.status, answer.body.status, answer.body.payment.status]).toEqual([
      200,
      'cancelled',
      'cancelled',
    ]);
    expect(await intentStatus(order)).toBe('canceled');
    expect(await stock(order)).toEqual({ onHand: 5, reserved: 0 });
    expect(await toldTimes(shop, 'order.cancelled', order.orderId)).toBe(1);
    const last = answer.body.timeline.at(-1);
    // Their own words would be there for good.
    expect(last).toMatchObject({ event: 'order.cancelled', actor: 'shopper', detail: '' });
  });

  test('ends as cancelled whoever brings the news, when the request was cut off after Stripe', async () => {
    const order = await orderWith(shop, 'pm_card_authenticationRequired');
    await shop.deps.payments.cancel(order.intentId, 'requested_by_customer');
    for (const event of await eventsOf(shop, order.intentId)) await deliver(shop, event);
    expect(await statusOf(shop, order)).toBe('cancelled');
    expect((await cancel(shop, order)).body.status).toBe('cancelled');
    expect(await stock(order)).toEqual({ onHand: 5, reserved: 0 });
  });

  test('that is paid while it is being cancelled gets its money back', async () => {
    const order = await orderWith(shop, 'pm_card_authenticationRequired');
    await shop.double.control('POST', `/payment_intents/${order.intentId}/authenticate`, {
      outcome: 'succeed',
    });
    expect((await cancel(shop, order)).body.status).toBe('cancelled');
    expect(await stepsOf(shop, order)).toContain('order.paid');
    expect(await moneyOf(shop, order)).toEqual([2_000, 2_000, 0]);
  });

  test('cannot be cancelled while the bank is at work on it, and is told so', async () => {
    const order = await orderWith(shop, 'pm_double_processing');
    const answer = await cancel(shop, order);
    expect([answer.status, answer.body.code]).toEqual([409, 'payment_in_progress']);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await statusOf(shop, order)).toBe('pending_payment');
  });

  test('without an intent at Stripe ends at once, and a checkout that is still at it charges nothing', async () => {
    const product = await createProduct(shop, { stock: 1 });
    const cart = await cartWith(shop, product.variantId);
    const { payments } = shop.deps;
    let answered: number | undefined;
    const create: typeof payments.create = async (intent) => {
      const made = await payments.create(intent);
      const owned = { orderId: intent.orderId, owner: cart.owner };
      answered = (await cancel(shop, owned)).status;
      return made;
    };
    const checkedOut = await checkOut(shop.beside({ payments: { ...payments, create } }), cart);
    expect([answered, checkedOut.status, checkedOut.body.code]).toEqual([200, 409, 'order_cancelled']);
    expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: 1, reserved: 0 });
  });

  test('while Stripe is gone stays as it is, and the same request ends it afterwards', async () => {
    const order = await orderWith(shop, 'pm_card_authenticationRequired');
    const fault = { kind: 'timeout_after', method: 'POST', path: '/v1/payment_intents' };
    await shop.double.control('POST', '/faults', { ...fault, times: EVERY_ATTEMPT });
    const key = crypto.randomUUID();
    const broken = await cancel(shop.beside({ payments: freshGateway(shop) }), order, { key });
    expect([broken.status, broken.body.code]).toEqual([503, 'payments_unavailable']);
    expect(await statusOf(shop, order)).toBe('requires_action');
    await shop.double.control('DELETE', '/faults');
    expect((await cancel(shop, order, { key })).body.status).toBe('cancelled');
  });
});

describe('a paid order', () => {
  test('gets back all that is left of its money, and is told of once', async () => {
    const order = await orderWith(shop);
    const { token } = await shop.signIn('admin');
    await refund(shop, order, token, { body: { amount: 300 } });
    const key = crypto.randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => cancel(shop, order, { key })));
    expect(answers.some(({ status }) => status === 200)).toBeTrue();
    expect((await cancel(shop, order)).body.status).toBe('cancelled');
    expect(await moneyOf(shop, order)).toEqual([2_000, 2_000, 0]);
    expect(await refundedAtStripe(order)).toBe(2_000);
    expect(await toldTimes(shop, 'order.cancelled', order.orderId)).toBe(1);
    for (const event of await eventsOf(shop, order.intentId)) await deliver(shop, event);
    expect(await statusOf(shop, order)).toBe('cancelled');
  });

  test('is cancelled though Stripe is gone, and the reconciler gives the money back', async () => {
    const order = await orderWith(shop);
    const fault = { kind: 'timeout_before', method: 'POST', path: '/v1/refunds', times: EVERY_ATTEMPT };
    await shop.double.control('POST', '/faults', fault);
    const answer = await cancel(shop.beside({ payments: freshGateway(shop) }), order);
    expect([answer.status, answer.body.status, answer.body.refunds[0].status]).toEqual([
      200,
      'cancelled',
      'pending',
    ]);
    await shop.double.control('DELETE', '/faults');
    const clock = { now: () => after(new Date(), 2 * MINUTE_MS) };
    await reconcileRefunds({ ...shop.deps, clock });
    expect(await moneyOf(shop, order)).toEqual([2_000, 2_000, 0]);
  });

  const ended = (name: string, order: TestOrder) =>
    shop.deps.db.execute(sql`
      select count(*)::int as times from stock_ledger where order_id = ${order.orderId} and movement = ${name}`);

  test('returns its goods to the shelf, once, whichever of its events comes first', async () => {
    for (const cancelledFirst of [true, false]) {
      const order = await orderWith(shop, 'pm_card_visa', { quantity: 2 });
      await cancel(shop, order);
      const [first, second] = cancelledFirst ? [returnStock, sellStock] : [sellStock, returnStock];
      loops.relay();
      loops.consume(first);
      await stream.settled(first.name).catch(() => {});
      loops.consume(second);
      await eventuallyStock(order, { onHand: 5, reserved: 0 });
      await stream.settled(first.name);
      await stream.settled(second.name);
      const counts = await Promise.all(['sale', 'return'].map((name) => ended(name, order)));
      expect(counts.map(([row]) => row?.['times'])).toEqual([1, 1]);
      await loops.stop();
    }
  });

  test('whose goods are on their way is not cancelled, whatever was refunded since', async () => {
    const { token } = await shop.signIn('admin');
    for (const trigger of ['fulfilment_begun', 'fulfilment_completed'] as const) {
      const order = await orderWith(shop);
      await shop.deps.db.transaction(async (tx) =>
        moveOrder(shop.deps, tx, await lockOrder(tx, order.orderId), { trigger, actor: 'staff' }),
      );
      const refused = await cancel(shop, order);
      expect([refused.status, refused.body.code]).toEqual([409, 'order_not_cancellable']);
      await refund(shop, order, token, { body: { amount: 100 } });
      expect((await cancel(shop, order)).body.code).toBe('order_not_cancellable');
      expect(await moneyOf(shop, order)).toEqual([2_000, 100, 1_900]);
    }
  });
});

async function eventuallyStock(order: TestOrder, wanted: object): Promise<void> {
  const text = JSON.stringify(wanted);
  await eventually('the stock is back', async () => JSON.stringify(await stock(order)) === text);
}

describe('who may cancel', () => {
  test('its owner and an admin, and to anybody else there is no such order', async () => {
    const order = await orderWith(shop);
    const [stranger, seller] = [await shop.signIn(), await shop.signIn('seller')];
    const other = await cartWith(shop, order.product.variantId);
    for (const owner of [{ token: stranger.token }, { token: seller.token }, other.owner]) {
      expect((await cancel(shop, { ...order, owner })).body.code).toBe('order_not_found');
    }
    expect((await cancel(shop, order, { key: '' })).body.code).toBe('idempotency_key_missing');
    expect(await statusOf(shop, order)).toBe('paid');
    const { token } = await shop.signIn('admin');
    const answer = await cancel(shop, { ...order, owner: { token } }, { body: { reason: 'Sold out' } });
    expect([answer.status, answer.body.status]).toEqual([200, 'cancelled']);
    const step = answer.body.timeline.find(({ event }: { event: string }) => event === 'order.cancelled');
    expect(step).toMatchObject({ actor: 'staff', detail: 'Sold out' });
  });

  test('a customer their own, without a body', async () => {
    const { token } = await shop.signIn();
    const { variantId } = await createProduct(shop);
    const { body } = await checkOut(shop, await cartOf(shop, [{ variantId, quantity: 1 }], token));
    const answer = await shop.call(`/api/v1/orders/${body.id}/cancel`, {
      method: 'POST',
      token,
      headers: { 'idempotency-key': 'mine' },
    });
    expect([answer.status, answer.body.status]).toEqual([200, 'cancelled']);
  });

  test('an order that failed has nothing to cancel', async () => {
    const { variantId } = await createProduct(shop);
    const cart = await cartWith(shop, variantId);
    const declined = await checkOut(shop, cart, { card: 'pm_card_chargeDeclined' });
    const order = { orderId: declined.body.orderId, owner: cart.owner };
    expect((await cancel(shop, order)).body.code).toBe('order_not_cancellable');
  });
});
