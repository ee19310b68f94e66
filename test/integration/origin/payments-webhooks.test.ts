/** Stripe's webhooks: believed only when signed, and settled once in whatever order and number they come. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import type Stripe from 'stripe';
import { orders } from '#db/schema/orders.ts';
import { checkBooks, intentOf, stockOf, toldTimes } from '#test/support/books.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import {
  cartWith,
  checkOut,
  createProduct,
  type TestCart,
  type TestProduct,
} from '#test/support/shopping.ts';
import { type Delivery, deliver, eventOf, eventsOf } from '#test/support/webhooks.ts';

/** On a machine that has other work, too. */
const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let product: TestProduct;
beforeAll(async () => {
  shop = await openOrigin();
  product = await createProduct(shop, { stock: 10_000 });
});
afterEach(async () => {
  await checkBooks(shop, ['intent-has-order']);
});
afterAll(async () => {
  await shop.close();
});

const PROPERTY = { numRuns: 25, endOnFailure: true } as const;

async function statusOf(orderId: string) {
  const [row] = await shop.deps.db
    .select({ status: orders.status })
    .from(orders)
    .where(sql`${orders.id} = ${orderId}`);
  return row?.status;
}

/** An order whose challenge is met at Stripe, of which the shop has not heard. */
async function paidUnheard() {
  const cart = await cartWith(shop, product.variantId);
  const { body } = await checkOut(shop, cart, { card: 'pm_card_authenticationRequired' });
  const orderId: string = body.id;
  const intentId = await intentOf(shop, orderId);
  await shop.double.control('POST', `/payment_intents/${intentId}/authenticate`, { outcome: 'succeed' });
  return { orderId, intentId, succeeded: await eventOf(shop, intentId, 'payment_intent.succeeded') };
}

describe('a webhook is refused with 400 and changes nothing', () => {
  const changed = (event: Stripe.Event) =>
    JSON.stringify(event).replace('"livemode":false', '"livemode":true');
  const cases: readonly (readonly [string, (event: Stripe.Event) => Delivery])[] = [
    ['signed with another secret', () => ({ secret: 'whsec_of_somebody_else' })],
    ['without a signature', () => ({ signature: null })],
    ['with an empty signature', () => ({ signature: '' })],
    ['with a signature that is none', () => ({ signature: 't=,v1=' })],
    [
      'with a signature of the right form',
      () => ({ signature: `t=${Math.floor(Date.now() / 1_000)},v1=${'0'.repeat(64)}` }),
    ],
    ['that was signed six minutes ago', () => ({ skewSeconds: -360 })],
    ['that was signed six minutes from now', () => ({ skewSeconds: 360 })],
    ['whose body was changed', (event) => ({ sentBody: changed(event) })],
    ['whose body was formatted', (event) => ({ sentBody: JSON.stringify(event, null, 2) })],
    ['with an empty body', () => ({ sentBody: '' })],
  ];
  test.each(cases)('%s', async (_what, delivery) => {
    const { orderId, succeeded } = await paidUnheard();
    expect(await deliver(shop, succeeded, delivery(succeeded))).toBe(400);
    expect(await statusOf(orderId)).toBe('requires_action');
    expect(await deliver(shop, succeeded)).toBe(200);
    expect(await statusOf(orderId)).toBe('paid');
  });
});

test('a webhook is believed up to five minutes off the clock, either way', async () => {
  for (const skewSeconds of [-290, 290]) {
    const { orderId, succeeded } = await paidUnheard();
    expect(await deliver(shop, succeeded, { skewSeconds })).toBe(200);
    expect(await statusOf(orderId)).toBe('paid');
  }
});

test('a second time in the signature does not bring an old webhook back', async () => {
  const { orderId, succeeded } = await paidUnheard();
  const now = Math.floor(Date.now() / 1_000);
  for (const signature of [`t=${now},t=${now - 1_000},v1=${'0'.repeat(64)}`, `t=${now - 1_000},t=${now}`]) {
    expect(await deliver(shop, succeeded, { signature })).toBe(400);
  }
  expect(await statusOf(orderId)).toBe('requires_action');
  expect(await deliver(shop, succeeded)).toBe(200);
});

test('a webhook that is replayed within its time changes nothing more', async () => {
  const { orderId, succeeded } = await paidUnheard();
  for (let times = 0; times < 5; times += 1) expect(await deliver(shop, succeeded)).toBe(200);
  expect(await toldTimes(shop, 'order.paid', orderId)).toBe(1);
});

test('every event that Stripe tells is taken with 200, known or not', async () => {
  const { orderId, intentId, succeeded } = await paidUnheard();
  for (const event of await eventsOf(shop, intentId)) expect(await deliver(shop, event)).toBe(200);
  const unknown = { ...succeeded, id: 'evt_unknown', type: 'some.thing_new' };
  expect(await deliver(shop, unknown as unknown as Stripe.Event)).toBe(200);
  expect(await statusOf(orderId)).toBe('paid');
  expect(await toldTimes(shop, 'order.paid', orderId)).toBe(1);
});

test.each([
  ['names no order', {}],
  ['names an order that is not here', { order_id: '01890a5d-ac96-774b-bcce-b302099a8080' }],
  ['names an order by something else than an id', { order_id: 'order 7' }],
])('a payment that %s is taken and changes nothing', async (_what, metadata) => {
  const intent = await shop.double.stripe.paymentIntents.create({
    amount: 2_000,
    currency: 'usd',
    payment_method: 'pm_card_visa',
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    metadata,
  });
  expect(await deliver(shop, await eventOf(shop, intent.id, 'payment_intent.succeeded'))).toBe(200);
});

test('a webhook may come before the shopper has their answer', async () => {
  const { payments } = shop.deps;
  const cart = await cartWith(shop, product.variantId);
  const statuses: number[] = [];
  const confirm: typeof payments.confirm = async (intentId, card) => {
    const intent = await payments.confirm(intentId, card);
    for (const event of await eventsOf(shop, intentId)) statuses.push(await deliver(shop, event));
    return intent;
  };
  const answer = await checkOut(shop.beside({ payments: { ...payments, confirm } }), cart);
  expect(statuses.length).toBeGreaterThan(1);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect([answer.status, answer.body.status]).toEqual([201, 'paid']);
  expect(await toldTimes(shop, 'order.paid', answer.body.id)).toBe(1);
});

test('a decline whose webhook is faster than its answer is still told with its reason', async () => {
  const { payments } = shop.deps;
  const cart = await cartWith(shop, product.variantId);
  const cancel: typeof payments.cancel = async (intentId) => {
    const intent = await payments.cancel(intentId);
    for (const event of await eventsOf(shop, intentId)) await deliver(shop, event);
    return intent;
  };
  const declined = await checkOut(shop.beside({ payments: { ...payments, cancel } }), cart, {
    card: 'pm_card_chargeDeclinedInsufficientFunds',
  });
  expect([declined.status, declined.body.declineCode]).toEqual([402, 'insufficient_funds']);
  expect(await toldTimes(shop, 'order.payment_failed', declined.body.orderId)).toBe(1);
});

/** A checkout whose answer from Stripe is held until it is let go, so that anything may come before it. */
async function heldCheckout(cart: TestCart, card: string) {
  const { payments } = shop.deps;
  const charged = Promise.withResolvers<string>();
  const letGo = Promise.withResolvers<void>();
  const confirm: typeof payments.confirm = async (intentId, method) => {
    const intent = await payments.confirm(intentId, method);
    charged.resolve(intentId);
    await letGo.promise;
    return intent;
  };
  const key = crypto.randomUUID();
  const answer = checkOut(shop.beside({ payments: { ...payments, confirm } }), cart, { key, card });
  const intentId = await charged.promise;
  return {
    intentId,
    key,
    finish: () => {
      letGo.resolve();
      return answer;
    },
  };
}

const news = fc.constantFrom('answer', 'succeeded', 'failed', 'created', 'retry');
const script = fc.array(fc.array(news, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });

describe.each([
  ['pm_card_visa', 201, 'paid'],
  ['pm_card_chargeDeclined', 402, 'payment_failed'],
] as const)('with %s, answer, webhooks and retries in any order, number and company', (card, status, end) => {
  test(`end in one ${end} order, told of once`, async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const before = await stockOf(shop.deps.db, product.variantId);
        const cart = await cartWith(shop, product.variantId);
        const { intentId, key, finish } = await heldCheckout(cart, card);
        const type = end === 'paid' ? 'payment_intent.succeeded' : 'payment_intent.payment_failed';
        const final = await eventOf(shop, intentId, type);
        const created = await eventOf(shop, intentId, 'payment_intent.created');
        // Late news of an earlier failure, as a second attempt on an intent brings it.
        const declined = { status: 'requires_payment_method', last_payment_error: { code: 'card_declined' } };
        const failed = {
          ...final,
          id: 'evt_late',
          type: 'payment_intent.payment_failed',
          data: { object: { ...final.data.object, ...declined } },
        } as unknown as Stripe.Event;
        // They wait for the first run, which waits for its step: nobody waits for them.
        const retries: ReturnType<typeof checkOut>[] = [];
        const act = {
          answer: async () => expect((await finish()).status).toBe(status),
          succeeded: async () => expect(await deliver(shop, final)).toBe(200),
          failed: async () => expect(await deliver(shop, failed)).toBe(200),
          created: async () => expect(await deliver(shop, created)).toBe(200),
          retry: async () => void retries.push(checkOut(shop, cart, { key, card })),
        };
        for (const step of steps) await Promise.all(step.map((what) => act[what]()));
        const answer = await finish();
        expect(answer.status).toBe(status);
        const retried = await Promise.all(retries);
        expect(retried.map(({ body }) => body)).toEqual(retried.map(() => answer.body));
        const orderId: string = answer.body.id ?? answer.body.orderId;
        expect(await statusOf(orderId)).toBe(end);
        expect(await toldTimes(shop, `order.${end}`, orderId)).toBe(1);
        const { totals } = await shop.double.ledgerOf(intentId);
        expect([totals.attempts, totals.successfulCharges]).toEqual([1, end === 'paid' ? 1 : 0]);
        const reserved = (before?.reserved ?? 0) + (end === 'paid' ? 1 : 0);
        expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: 10_000, reserved });
      }),
      PROPERTY,
    );
  });
});
