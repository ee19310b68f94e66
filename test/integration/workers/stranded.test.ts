/** Money that Stripe took for an order that had ended: heard of loudly, parked for a person, never sent back alone. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { decodeEvent } from '#lib/events.ts';
import { toldTimes } from '#test/support/books.ts';
import { eventually } from '#test/support/eventually.ts';
import {
  cancel,
  moneyOf,
  orderWith,
  refund,
  statusOf,
  stepsOf,
  type TestOrder,
} from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { deliver, eventOf } from '#test/support/webhooks.ts';
import { type Loops, openLoops, openStream, parked, type StreamView } from '#test/support/workers.ts';
import { parkStranded } from '#workers/handlers/park-stranded.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let stream: StreamView;
let loops: Loops;
beforeAll(async () => {
  shop = await openOrigin();
  stream = await openStream(shop);
  loops = openLoops(shop);
});
afterAll(async () => {
  await loops.stop();
  await stream.close();
  await shop.close();
});

/** A charge of an intent that names the order, made past the shop. */
async function chargeBeside({ orderId }: Pick<TestOrder, 'orderId'>, amount = 2_000) {
  const intent = await shop.double.stripe.paymentIntents.create({
    amount,
    currency: 'usd',
    payment_method: 'pm_card_visa',
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    metadata: { order_id: orderId },
  });
  return { intentId: intent.id, event: await eventOf(shop, intent.id, 'payment_intent.succeeded') };
}

const refundedAtStripe = async (intentId: string) =>
  (await shop.double.ledgerOf(intentId)).totals.refundedMinor;
const stranded = async () => {
  const { body } = await shop.deps.metrics.expose();
  return Number(/^payments_stranded_total\{[^}]*\} (\d+)$/m.exec(body)?.[1] ?? 0);
};

test.each([
  ['is paid already, so that it is charged twice', 'pm_card_visa', 'paid', 2_000],
  ['was cancelled', 'pm_card_authenticationRequired', 'cancelled', 2_000],
  ['waits for another sum', 'pm_card_authenticationRequired', 'requires_action', 700],
] as const)('a charge for an order that %s', async (_what, card, status, amount) => {
  const order = await orderWith(shop, card);
  if (status === 'cancelled') await cancel(shop, order);
  const before = await stranded();
  const { intentId, event } = await chargeBeside(order, amount);
  const answers = await Promise.all([1, 2, 3].map(() => deliver(shop, event)));
  expect([...answers, await deliver(shop, event)]).toEqual([200, 200, 200, 200]);
  expect(await statusOf(shop, order)).toBe(status);
  expect(await refundedAtStripe(intentId)).toBe(0);
  expect((await stranded()) - before).toBe(1);
  expect(await toldTimes(shop, 'payment.stranded', order.orderId)).toBe(1);
  expect((await stepsOf(shop, order)).filter((step) => step === 'payment.stranded')).toHaveLength(1);
  expect(shop.logs.some((line) => line.includes('money was taken') && line.includes(intentId))).toBeTrue();
});

test('is parked as payment_stranded until its money is given back; then its message is done', async () => {
  const order = await orderWith(shop, 'pm_card_authenticationRequired');
  await cancel(shop, order);
  const { intentId, event } = await chargeBeside(order);
  await deliver(shop, event);
  loops.relay();
  loops.consume(parkStranded);
  const letters = () => parked(shop, parkStranded.name);
  const mine = async () => (await letters()).filter(({ reason }) => reason.includes(intentId));
  await eventually('the message is parked', async () => (await mine()).length === 1);
  const { token } = await shop.signIn('admin');
  await shop.double.stripe.refunds.create({ payment_intent: intentId });
  const [letter] = await mine();

  await parkStranded.handle(shop.deps, decodeEvent(letter?.message ?? new Uint8Array()));
  expect((await refund(shop, order, token)).body.code).toBe('nothing_to_refund');
  expect(await moneyOf(shop, order)).toEqual([0, 0, 0]);
});
