/** Disputes: written down with the money that moves, in whatever order Stripe tells of them, and never refunded. */

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import fc from 'fast-check';
import type Stripe from 'stripe';
import { disputes } from '#db/schema/payments.ts';
import { checkBooks, toldTimes } from '#test/support/books.ts';
import { moneyOf, orderWith, refund, statusOf, stepsOf, type TestOrder } from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { deliver, eventsOf } from '#test/support/webhooks.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterEach(async () => {
  await checkBooks(shop, ['intent-has-order']);
});
afterAll(async () => {
  await shop.close();
});

const dispute = ({ intentId }: TestOrder, body: object = {}) =>
  shop.double.control<Stripe.Dispute>('POST', `/payment_intents/${intentId}/dispute`, body);
const close = ({ id }: Stripe.Dispute, outcome: 'won' | 'lost') =>
  shop.double.control('POST', `/disputes/${id}/close`, { outcome });
const deliverAll = async ({ intentId }: TestOrder) => {
  for (const event of await eventsOf(shop, intentId)) expect(await deliver(shop, event)).toBe(200);
};

async function bookedFor(order: TestOrder) {
  const rows = await shop.deps.db.execute<{ account: string; amount: number }>(sql`
    select e.account, sum(e.amount_minor)::int as amount
      from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
     where t.order_id = ${order.orderId} group by 1 having sum(e.amount_minor) <> 0`);
  return Object.fromEntries(rows.map(({ account, amount }) => [account, amount]));
}

test('one that is lost takes its money and its fee, leaves nothing to refund, and refunds nothing', async () => {
  const order = await orderWith(shop);
  const made = await dispute(order, { reason: 'product_not_received' });
  await deliverAll(order);
  expect(await moneyOf(shop, order)).toEqual([2_000, 0, 0]);
  const { token } = await shop.signIn('admin');
  expect((await refund(shop, order, token)).body.code).toBe('nothing_to_refund');
  await close(made, 'lost');
  await deliverAll(order);
  const [row] = await shop.deps.db.select().from(disputes).where(eq(disputes.stripeDisputeId, made.id));
  expect(row).toMatchObject({ status: 'lost', reason: 'product_not_received', amountMinor: 2_000 });
  expect(row?.closedAt).toBeInstanceOf(Date);
  const fee = 88 + 1_500;
  expect(await bookedFor(order)).toEqual({
    sales: -2_000,
    disputes: 2_000,
    fees: fee,
    stripe_balance: -fee,
  });
  expect(await statusOf(shop, order)).toBe('paid');
  expect(await stepsOf(shop, order)).toEqual([
    'order.placed',
    'order.paid',
    'dispute.opened',
    'dispute.closed',
  ]);
  expect((await shop.double.ledgerOf(order.intentId)).totals.refundedMinor).toBe(0);
});

test('one that is won brings its money back, which can be refunded again', async () => {
  const order = await orderWith(shop);
  await close(await dispute(order, { amount: 1_200 }), 'won');
  await deliverAll(order);
  expect(await moneyOf(shop, order)).toEqual([2_000, 0, 2_000]);
  expect((await bookedFor(order))['disputes']).toBeUndefined();
});

test('an inquiry moves no money', async () => {
  const order = await orderWith(shop);
  const made = await dispute(order, { isInquiry: true });
  await deliverAll(order);
  expect(await moneyOf(shop, order)).toEqual([2_000, 0, 2_000]);
  await close(made, 'lost');
  await deliverAll(order);
  expect(await toldTimes(shop, 'dispute.closed', order.orderId)).toBe(1);
  expect(await moneyOf(shop, order)).toEqual([2_000, 0, 2_000]);
});

test('its webhooks may come in any order, any number of times, and together', async () => {
  const turns = fc.array(fc.nat({ max: 30 }), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(turns, fc.constantFrom('won', 'lost'), async (order, outcome) => {
      const bought = await orderWith(shop);
      const made = await dispute(bought);
      const early = await eventsOf(shop, bought.intentId);
      const handOver = async (events: readonly Stripe.Event[], turn: number) => {
        const event = events[turn % events.length];
        if (event !== undefined) expect(await deliver(shop, event)).toBe(200);
      };
      await Promise.all(order.slice(0, 3).map((turn) => handOver(early, turn)));
      await close(made, outcome);
      const events = await eventsOf(shop, bought.intentId);
      await Promise.all(order.map((turn) => handOver(events, turn)));
      for (const event of events.toReversed()) await deliver(shop, event);
      expect(await moneyOf(shop, bought)).toEqual([2_000, 0, outcome === 'won' ? 2_000 : 0]);
      expect(await toldTimes(shop, 'dispute.opened', bought.orderId)).toBe(1);
      expect(await toldTimes(shop, 'dispute.closed', bought.orderId)).toBe(1);
    }),
    { numRuns: 8, endOnFailure: true },
  );
});

test('one of a payment that is not here changes nothing', async () => {
  const intent = await shop.double.stripe.paymentIntents.create({
    amount: 2_000,
    currency: 'usd',
    payment_method: 'pm_card_visa',
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  const before = await shop.deps.db.$count(disputes);
  await shop.double.control('POST', `/payment_intents/${intent.id}/dispute`, {});
  for (const event of await eventsOf(shop, intent.id)) expect(await deliver(shop, event)).toBe(200);
  expect(await shop.deps.db.$count(disputes)).toBe(before);
});
