/** The Stripe double's events: signed, repeated until taken, and not lost by a restart. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Stripe from 'stripe';
import { DEFAULT_API_VERSION } from '#ops/stripe-double/api.ts';
import type { RetryPolicy } from '#ops/stripe-double/webhooks.ts';
import { eventually } from '#test/support/eventually.ts';
import { type DoubleUnderTest, openDouble, pay, refusalOf } from '#test/support/stripe-double-client.ts';
import { openWebhookSink, WEBHOOK_SECRET, type WebhookSink } from '#test/support/stripe-webhook-sink.ts';

const RETRIES: RetryPolicy = { attempts: 4, initialDelayMs: 10, maxDelayMs: 40, timeoutMs: 1_000 };

let folder: string;
let sink: WebhookSink;
let under: DoubleUnderTest;
const open = (url: string) =>
  openDouble({
    retries: RETRIES,
    statePath: join(folder, 'state.sqlite'),
    webhook: { url, secret: WEBHOOK_SECRET },
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stripe-double-'));
  sink = openWebhookSink();
  under = await open(sink.url);
});
afterEach(async () => {
  await under.stop();
  await sink.stop();
  await rm(folder, { recursive: true, force: true });
});

const typesFor = (id: string) =>
  sink.arrivals
    .filter(({ event }) => (event.data.object as { id: string; payment_intent?: string }).id === id)
    .map(({ event }) => event.type);
const arrived = (type: Stripe.Event['type']) =>
  eventually(`${type} arrives`, () => sink.arrivals.find(({ event }) => event.type === type)?.event);

interface Shown {
  readonly delivery: { readonly state: string; readonly attempts: number };
}
async function deliveryOf(id: string, state: string): Promise<Shown['delivery']> {
  let shown: Shown | undefined;
  for (let tries = 0; tries < 500 && shown?.delivery.state !== state; tries += 1) {
    shown = await under.control<Shown>('GET', `/events/${id}`);
  }
  if (shown?.delivery.state !== state) throw new Error(`${id} is ${shown?.delivery.state}, not ${state}`);
  return shown.delivery;
}

describe('an event', () => {
  test('of a payment arrives signed, in Stripe’s envelope, with the request that caused it', async () => {
    const paid = await pay(under.stripe, {}, { idempotencyKey: 'order-1' });
    const event = await arrived('payment_intent.succeeded');
    expect(event).toMatchObject({
      object: 'event',
      api_version: DEFAULT_API_VERSION,
      livemode: false,
      pending_webhooks: 1,
      request: { idempotency_key: 'order-1' },
      data: { object: { id: paid.id, status: 'succeeded', amount_received: 2_000 } },
    });
    await eventually('both intent events', () => typesFor(paid.id).length === 2);
    expect(typesFor(paid.id).sort()).toEqual(['payment_intent.created', 'payment_intent.succeeded']);
    await arrived('charge.succeeded');
    expect(sink.unsigned).toBe(0);
  });

  test('follows each turn: declined, challenged, held, cancelled, refunded', async () => {
    const { stripe } = under;
    await refusalOf(pay(stripe, { payment_method: 'pm_card_chargeDeclined' }));
    expect((await arrived('payment_intent.payment_failed')).data.object).toMatchObject({
      last_payment_error: { decline_code: 'generic_decline' },
    });
    await arrived('charge.failed');
    await pay(stripe, { payment_method: 'pm_card_authenticationRequired' });
    await arrived('payment_intent.requires_action');
    await pay(stripe, { payment_method: 'pm_double_processing' });
    await arrived('payment_intent.processing');
    const held = await pay(stripe, { capture_method: 'manual' });
    await arrived('payment_intent.amount_capturable_updated');
    await stripe.paymentIntents.cancel(held.id);
    await arrived('payment_intent.canceled');
    const paid = await pay(stripe);
    const refund = await stripe.refunds.create({ payment_intent: paid.id, amount: 5 });
    await arrived('charge.refunded');
    await arrived('refund.created');
    await stripe.refunds.update(refund.id, { metadata: { note: 'n' } });
    expect((await arrived('refund.updated')).data.previous_attributes).toEqual({ metadata: {} });
    const customer = await stripe.customers.create({ name: 'Ada' });
    await stripe.customers.update(customer.id, { name: 'Grace' });
    expect((await arrived('customer.updated')).data.previous_attributes).toEqual({ name: 'Ada' });
  });

  test('of a refused call does not exist', async () => {
    const paid = await pay(under.stripe);
    await refusalOf(under.stripe.paymentIntents.cancel(paid.id));
    await under.stripe.customers.create();
    await arrived('customer.created');
    expect(sink.arrivals.some(({ event }) => event.type === 'payment_intent.canceled')).toBe(false);
  });
});

describe('a delivery', () => {
  test('is repeated, with a fresh signature, until the shop takes it', async () => {
    sink.answerNext(500, 503);
    const customer = await under.stripe.customers.create();
    await eventually('the third attempt', () => typesFor(customer.id).length === 3);
    expect(sink.arrivals.map(({ status }) => status)).toEqual([500, 503, 200]);
    const [first] = sink.arrivals;
    expect(await deliveryOf(first?.event.id ?? '', 'delivered')).toMatchObject({ attempts: 3 });
  });

  test('is given up after its last attempt, and a resend brings the same event again', async () => {
    sink.answerNext(500, 500, 500, 500);
    const customer = await under.stripe.customers.create();
    await eventually('the last attempt', () => typesFor(customer.id).length === RETRIES.attempts);
    const id = sink.arrivals[0]?.event.id ?? '';
    await deliveryOf(id, 'failed');
    await under.control('POST', `/events/${id}/resend`);
    await eventually('the resent event', () => sink.arrivals.length === RETRIES.attempts + 1);
    await deliveryOf(id, 'delivered');
    await under.control('POST', `/events/${id}/resend`);
    await eventually('a duplicate', () => sink.arrivals.length === RETRIES.attempts + 2);
    expect(new Set(sink.arrivals.map(({ event }) => event.id))).toEqual(new Set([id]));
  });

  test('can be held, and released', async () => {
    await under.control('POST', '/webhook', { paused: true });
    const customer = await under.stripe.customers.create();
    const held = await under.control<{ deliveries: Record<string, number> }>('GET', '/ledger');
    expect(held.deliveries).toEqual({ pending: 1 });
    await under.control('POST', '/webhook', { paused: false });
    await eventually('the held event', () => typesFor(customer.id).length === 1);
  });

  test('stops when the webhook is switched off: events are recorded and not sent', async () => {
    await under.control('POST', '/webhook', { url: null });
    await under.stripe.customers.create();
    const { deliveries } = await under.control<{ deliveries: Record<string, number> }>('GET', '/ledger');
    expect(deliveries).toEqual({ none: 1 });
    expect(sink.arrivals).toEqual([]);
  });

  test('that was pending survives two restarts, and so do payments and idempotency keys', async () => {
    await under.control('POST', '/webhook', { paused: true });
    const paid = await pay(under.stripe, {}, { idempotencyKey: 'restart-1' });
    await under.stop();
    await sink.stop();
    under = await open(sink.url);
    await under.stop();
    sink = openWebhookSink(Number(new URL(sink.url).port));
    under = await open(sink.url);
    expect((await arrived('payment_intent.succeeded')).data.object).toMatchObject({ id: paid.id });
    expect((await under.stripe.paymentIntents.retrieve(paid.id)).status).toBe('succeeded');
    expect((await pay(under.stripe, {}, { idempotencyKey: 'restart-1' })).id).toBe(paid.id);
    expect((await under.ledgerOf(paid.id)).totals).toMatchObject({ capturedMinor: 2_000, attempts: 1 });
  });
});
