/** Refunds: never more than was paid, never twice, and each comes to an end, whoever brings the news of it. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { after, MINUTE_MS } from '#lib/clock.ts';
import { reconcileRefunds } from '#origin/payments/service.ts';
import { checkBooks, stockOf, toldTimes } from '#test/support/books.ts';
import { edit } from '#test/support/edits.ts';
import { pack, step } from '#test/support/fulfilment.ts';
import {
  freshGateway,
  moneyOf,
  orderWith,
  refund,
  statusOf,
  stepsOf,
  type TestOrder,
} from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { deliver, eventsOf } from '#test/support/webhooks.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const REFUNDS = '/v1/refunds';
/** More than every attempt of one request together. */
const EVERY_ATTEMPT = 20;
const LATER = { clock: { now: () => after(new Date(), 2 * MINUTE_MS) } };

let shop: OriginUnderTest;
let admin: string;
beforeAll(async () => {
  shop = await openOrigin();
  admin = (await shop.signIn('admin')).token;
});
afterEach(async () => {
  await shop.double.control('DELETE', '/faults');
  await checkBooks(shop);
});
afterAll(async () => {
  await shop.close();
});

const give = (order: TestOrder, amount?: unknown, key?: string) =>
  refund(shop, order, admin, {
    body: amount === undefined ? {} : { amount },
    ...(key === undefined ? {} : { key }),
  });
const refundedAtStripe = async ({ intentId }: TestOrder) =>
  (await shop.double.ledgerOf(intentId)).totals.refundedMinor;
const reconcile = () => reconcileRefunds({ ...shop.deps, ...LATER, payments: freshGateway(shop) });

test('a refund in parts and then of the rest: status, ledger, time line and events tell of it', async () => {
  const order = await orderWith(shop);
  const part = await refund(shop, order, admin, { body: { amount: 500, reason: 'A scratch' } });
  expect([part.status, part.body.status]).toEqual([200, 'partially_refunded']);
  expect(part.body.payment.refunded).toEqual({ amount: 500, currency: 'USD' });
  expect(part.body.refunds[0]).toMatchObject({ status: 'succeeded', reason: 'A scratch' });
  expect(await moneyOf(shop, order)).toEqual([2_000, 500, 1_500]);
  const rest = await give(order, { amount: 700, currency: 'USD' });
  expect(rest.body.status).toBe('partially_refunded');
  expect((await give(order)).body.status).toBe('refunded');
  expect(await moneyOf(shop, order)).toEqual([2_000, 2_000, 0]);
  expect(await refundedAtStripe(order)).toBe(2_000);
  expect(await toldTimes(shop, 'refund.succeeded', order.orderId)).toBe(3);
  expect(await toldTimes(shop, 'order.partially_refunded', order.orderId)).toBe(1);
  expect(await toldTimes(shop, 'order.refunded', order.orderId)).toBe(1);
  const { body } = await shop.call(`/api/v1/orders/${order.orderId}`, order.owner);
  const asked = body.timeline.find(({ event }: { event: string }) => event === 'refund.requested');
  expect(asked).toMatchObject({ actor: 'staff', detail: '$5.00: A scratch' });
});

describe('of all, once it is back, puts what was not packed on sale again, once:', () => {
  const stock = ({ product }: TestOrder) => stockOf(shop.deps.db, product.variantId);
  const bought = () => orderWith(shop, 'pm_card_visa', { quantity: 2 });
  const unitOf = async ({ orderId, owner }: TestOrder) => {
    const { body } = await shop.call(`/api/v1/orders/${orderId}`, owner);
    return [{ itemId: String(body.items[0].id), quantity: 1 }];
  };

  test('in one, in parts, or with the one that an edit makes', async () => {
    const [one, parts, edited] = [await bought(), await bought(), await bought()];
    await give(one);
    for (const order of [parts, edited]) await give(order, 2_000);
    expect(await stock(parts)).toEqual({ onHand: 5, reserved: 2 });
    await give(parts);
    await edit(shop, edited, { items: await unitOf(edited) });
    for (const order of [one, parts, edited]) {
      expect(await statusOf(shop, order)).toBe('refunded');
      expect(await stock(order)).toEqual({ onHand: 5, reserved: 0 });
    }
  });

  test('and until then nothing of it is packed or leaves', async () => {
    const order = await bought();
    const items = await unitOf(order);
    const { body } = await pack(shop, order.orderId, admin, { items });
    const fault = { method: 'POST', path: REFUNDS, times: EVERY_ATTEMPT, kind: 'error' };
    await shop.double.control('POST', '/faults', fault);
    const asked = await refund(shop.beside({ payments: freshGateway(shop) }), order, admin);
    expect(asked.body.code).toBe('payments_unavailable');
    expectProblem(await pack(shop, order.orderId, admin, { items }), 'order_not_shippable');
    const parcel = { orderId: order.orderId, shipmentId: String(body.id) };
    expectProblem(await step(shop, parcel, admin, 'ship'), 'order_not_shippable');
    await shop.double.control('DELETE', '/faults');
    await reconcile();
    expect(await statusOf(shop, order)).toBe('refunded');
    expect(await stock(order)).toEqual({ onHand: 4, reserved: 0 });
  });
});

test('the same key again gives the same answer and no more money; another body is refused', async () => {
  const order = await orderWith(shop);
  const key = crypto.randomUUID();
  const answers = await Promise.all(Array.from({ length: 5 }, () => give(order, 300, key)));
  expect(answers.every(({ status }) => status === 200 || status === 409)).toBeTrue();
  const first = answers.find(({ status }) => status === 200);
  expect((await give(order, 300, key)).body).toEqual(first?.body);
  expect((await give(order, 301, key)).body.code).toBe('idempotency_mismatch');
  expect(await refundedAtStripe(order)).toBe(300);
});

test('refunds at once are never more together than was paid', async () => {
  const order = await orderWith(shop);
  const answers = await Promise.all(Array.from({ length: 8 }, () => give(order, 700)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
  const refusals = answers.filter(({ status }) => status !== 200);
  expect(new Set(refusals.map(({ body }) => body.code))).toEqual(new Set(['refund_too_large']));
  expect(refusals[0]?.body.refundable.amount).toBe(600);
  expect(await refundedAtStripe(order)).toBe(1_400);
});

describe('is refused, with nothing changed:', () => {
  test.each([0, -1, 1.5, 2 ** 53, '500', null, { amount: 5 }, { amount: 5, currency: 'EUR' }])(
    'an amount of %p',
    async (amount) => {
      const order = await orderWith(shop);
      const answer = await give(order, amount);
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid_input']);
      expect(await moneyOf(shop, order)).toEqual([2_000, 0, 2_000]);
    },
  );

  test('one of nothing: an order that is not paid, or is refunded', async () => {
    const unpaid = await orderWith(shop, 'pm_card_authenticationRequired');
    expect((await give(unpaid)).body.code).toBe('nothing_to_refund');
    const order = await orderWith(shop);
    await give(order);
    expect((await give(order)).body.code).toBe('nothing_to_refund');
    expect((await give(order, 1)).body.code).toBe('nothing_to_refund');
  });

  test('one without a key, of an unknown order, or by anybody but an admin', async () => {
    const order = await orderWith(shop);
    expect((await give(order, 1, '')).body.code).toBe('idempotency_key_missing');
    const unknown = { orderId: '01890a5d-ac96-774b-bcce-b302099a8080' as TestOrder['orderId'] };
    expect((await refund(shop, unknown, admin)).body.code).toBe('order_not_found');
    const path = `/api/v1/orders/${order.orderId}/refunds`;
    const headers = { 'idempotency-key': 'k' };
    expect((await shop.call(path, { method: 'POST', ...order.owner, headers, body: {} })).status).toBe(401);
    for (const role of ['shopper', 'seller'] as const) {
      const { token } = await shop.signIn(role);
      expect((await refund(shop, order, token)).status).toBe(403);
    }
    expect(await moneyOf(shop, order)).toEqual([2_000, 0, 2_000]);
  });

  test('one that Stripe refuses, which stays failed and leaves the money refundable', async () => {
    const order = await orderWith(shop);
    await shop.double.control('POST', `/payment_intents/${order.intentId}/dispute`, {});
    const key = crypto.randomUUID();
    const refused = await give(order, 100, key);
    expect([refused.status, refused.body.code]).toEqual([409, 'refund_refused']);
    expect((await give(order, 100, key)).body.code).toBe('refund_refused');
    expect(await toldTimes(shop, 'refund.failed', order.orderId)).toBe(1);
    expect(await statusOf(shop, order)).toBe('paid');
  });
});

describe.each([
  ['answers 500', { kind: 'error' }],
  ['cuts the connection before anything has happened', { kind: 'timeout_before' }],
  ['cuts the connection after the money went back', { kind: 'timeout_after' }],
] as const)('while Stripe %s', (_what, fault) => {
  const broken = async (order: TestOrder, key: string) => {
    await shop.double.control('POST', '/faults', {
      method: 'POST',
      path: REFUNDS,
      times: EVERY_ATTEMPT,
      ...fault,
    });
    const answer = await refund(shop.beside({ payments: freshGateway(shop) }), order, admin, {
      key,
      body: { amount: 900 },
    });
    await shop.double.control('DELETE', '/faults');
    expect([answer.status, answer.body.code]).toEqual([503, 'payments_unavailable']);
    expect(await statusOf(shop, order)).toBe('paid');
  };

  test('a refund answers 503 and takes its amount off what is left; the same request finishes it', async () => {
    const order = await orderWith(shop);
    const key = crypto.randomUUID();
    await broken(order, key);
    expect(await moneyOf(shop, order)).toEqual([2_000, 0, 1_100]);
    const again = await refund(shop, order, admin, { key, body: { amount: 900 } });
    expect([again.status, again.body.status]).toEqual([200, 'partially_refunded']);
    expect(await refundedAtStripe(order)).toBe(900);
  });

  test('a refund that nobody asks for again is finished by the reconciler, once', async () => {
    const order = await orderWith(shop);
    await broken(order, crypto.randomUUID());
    await Promise.all([reconcile(), reconcile()]);
    await reconcile();
    expect(await moneyOf(shop, order)).toEqual([2_000, 900, 1_100]);
    expect(await refundedAtStripe(order)).toBe(900);
  });
});

interface Known {
  readonly id: string;
  readonly status: string;
}

async function settleAtStripe({ intentId }: TestOrder, outcome: 'succeed' | 'fail'): Promise<void> {
  const { refunds } = await shop.double.ledgerOf(intentId);
  const [known]: readonly Known[] = refunds as unknown as Known[];
  await shop.double.control('POST', `/refunds/${known?.id}/settle`, { outcome });
}

test('a refund that waits at Stripe ends as Stripe says, by the reconciler', async () => {
  for (const [outcome, status, money] of [
    ['succeed', 'refunded', [2_000, 2_000, 0]],
    ['fail', 'paid', [2_000, 0, 2_000]],
  ] as const) {
    const order = await orderWith(shop, 'pm_card_pendingRefund');
    const asked = await give(order);
    expect([asked.body.status, asked.body.refunds[0].status]).toEqual(['paid', 'pending']);
    await reconcile();
    expect(await moneyOf(shop, order)).toEqual([2_000, 0, 0]);
    await settleAtStripe(order, outcome);
    await reconcile();
    expect(await statusOf(shop, order)).toBe(status);
    expect(await moneyOf(shop, order)).toEqual([...money]);
  }
});

test('a refund that fails after it had succeeded is booked back, and told of loudly', async () => {
  const order = await orderWith(shop, 'pm_card_refundFail');
  expect((await give(order, 800)).body.refunds[0].status).toBe('succeeded');
  await settleAtStripe(order, 'fail');
  for (const event of await eventsOf(shop, order.intentId)) expect(await deliver(shop, event)).toBe(200);
  expect(await moneyOf(shop, order)).toEqual([2_000, 0, 2_000]);
  expect(await stepsOf(shop, order)).toContain('refund.failed');
  expect(shop.logs.some((line) => line.includes('a refund failed'))).toBeTrue();
});

test('a refund that was made at Stripe by hand is booked, once', async () => {
  const order = await orderWith(shop);
  await shop.double.stripe.refunds.create({ payment_intent: order.intentId, amount: 250 });
  const events = await eventsOf(shop, order.intentId);
  for (const event of [...events, ...events.toReversed()]) await deliver(shop, event);
  expect(await moneyOf(shop, order)).toEqual([2_000, 250, 1_750]);
  expect(await statusOf(shop, order)).toBe('partially_refunded');
});

test('answer, webhooks and reconciler in any order, number and company end in one refund', async () => {
  const cards = fc.constantFrom('pm_card_visa', 'pm_card_pendingRefund', 'pm_card_refundFail');
  const turns = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(cards, fc.boolean(), turns, async (card, fails, order) => {
      const bought = await orderWith(shop, card);
      const key = crypto.randomUUID();
      await give(bought, 600, key);
      const ends = card === 'pm_card_visa' ? null : fails ? 'fail' : 'succeed';
      if (ends === 'fail' || card === 'pm_card_pendingRefund') await settleAtStripe(bought, ends ?? 'fail');
      const events = await eventsOf(shop, bought.intentId);
      const steps = order.map((turn) => {
        const event = events[turn % (events.length + 2)];
        return async () => {
          if (event !== undefined) expect(await deliver(shop, event)).toBe(200);
          else await reconcile();
        };
      });
      for (let at = 0; at < steps.length; at += 2) {
        await Promise.all(steps.slice(at, at + 2).map((step) => step()));
      }
      for (const event of events) await deliver(shop, event);
      const refunded = await refundedAtStripe(bought);
      expect(await moneyOf(shop, bought)).toEqual([2_000, refunded, 2_000 - refunded]);
      expect(await toldTimes(shop, 'refund.failed', bought.orderId)).toBe(ends === 'fail' ? 1 : 0);
    }),
    { numRuns: 12, endOnFailure: true },
  );
});
