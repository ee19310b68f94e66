/** The Stripe double's idempotency keys and faults: what a retry sees, and that it never pays twice. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import Stripe from 'stripe';
import { type Clock, DAY_MS } from '#lib/clock.ts';
import type { Ledger } from '#ops/stripe-double/ledger.ts';
import {
  type DoubleUnderTest,
  openDouble,
  pay,
  rawCall,
  refusalOf,
  stripeClient,
} from '#test/support/stripe-double-client.ts';

let nowMs = Date.parse('2026-11-22T12:00:00Z');
const clock: Clock = { now: () => new Date(nowMs) };

let under: DoubleUnderTest;
let stripe: Stripe;
beforeAll(async () => {
  under = await openDouble({ clock });
  stripe = under.stripe;
});
afterAll(() => under.stop());
afterEach(() => under.control('DELETE', '/faults'));

async function paymentsOf(order: string): Promise<Ledger['entries']> {
  const { entries } = await under.control<Ledger>('GET', '/ledger');
  return entries.filter(({ paymentIntent }) => paymentIntent.metadata['order'] === order);
}

const form = 'amount=2000&currency=usd';
const create = (key: string, body = form, path = '/v1/payment_intents') =>
  rawCall(under.double, { method: 'POST', path, form: body, headers: { 'idempotency-key': key } });

describe('an idempotency key', () => {
  test('gives the first answer again, byte by byte, and says so', async () => {
    const [first, second] = [await create('same-1'), await create('same-1', 'currency=usd&amount=2000')];
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('original-request')).toBe(first.headers.get('request-id'));
    expect(second.headers.get('request-id')).not.toBe(first.headers.get('request-id'));
    expect(await second.text()).toBe(await first.text());
  });

  test('keeps a decline: the same key never reaches the issuer a second time', async () => {
    const declined = { payment_method: 'pm_card_chargeDeclined', metadata: { order: 'declined' } };
    const options = { idempotencyKey: 'decline-1' };
    const first = await refusalOf(pay(stripe, declined, options));
    const second = await refusalOf(pay(stripe, declined, options));
    expect(second).toMatchObject({ statusCode: 402, code: 'card_declined' });
    expect(second.payment_intent?.id).toBe(first.payment_intent?.id ?? '');
    expect((await paymentsOf('declined')).map(({ totals }) => totals.attempts)).toEqual([1]);
  });

  test('keeps a refusal by the state of things, but not one of the parameters', async () => {
    const paid = await pay(stripe);
    const options = { idempotencyKey: 'state-1' };
    const first = await refusalOf(stripe.paymentIntents.cancel(paid.id, {}, options));
    const second = await refusalOf(stripe.paymentIntents.cancel(paid.id, {}, options));
    expect([first.statusCode, second.statusCode]).toEqual([400, 400]);
    expect(second.headers?.['idempotent-replayed']).toBe('true');
    expect((await create('params-1', 'amount=abc&currency=usd')).status).toBe(400);
    expect((await create('params-1')).status).toBe(200);
  });

  test('refuses other parameters, another endpoint, and more than 255 characters', async () => {
    await create('other-1');
    const params = (await (await create('other-1', 'amount=2001&currency=usd')).json()) as { error: object };
    expect(params.error).toMatchObject({ type: 'idempotency_error' });
    const error = await refusalOf(
      stripe.paymentIntents.create({ amount: 77, currency: 'usd' }, { idempotencyKey: 'other-1' }),
    );
    expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    const endpoint = await refusalOf(stripe.customers.create({}, { idempotencyKey: 'other-1' }));
    expect(endpoint).toMatchObject({ statusCode: 400, rawType: 'idempotency_error' });
    expect((await create('k'.repeat(256))).status).toBe(400);
    expect((await create('k'.repeat(255))).status).toBe(200);
  });

  test('that is in use answers 409 and takes nothing', async () => {
    await under.control('POST', '/faults', {
      kind: 'latency',
      ms: 300,
      method: 'POST',
      path: '/v1/payment_intents',
    });
    const statuses: number[] = [];
    const answers = await Promise.all([create('busy-1'), create('busy-1')]);
    for (const answer of answers) {
      statuses.push(answer.status);
      if (answer.status !== 409) continue;
      const { error } = (await answer.json()) as { error: { code: string } };
      expect(error.code).toBe('idempotency_key_in_use');
    }
    expect(statuses.sort()).toEqual([200, 409]);
  });

  test('is forgotten after 24 hours', async () => {
    const first = (await (await create('old-1')).json()) as { id: string };
    nowMs += DAY_MS - 1;
    expect(((await (await create('old-1')).json()) as { id: string }).id).toBe(first.id);
    nowMs += 1;
    expect(((await (await create('old-1')).json()) as { id: string }).id).not.toBe(first.id);
  });

  test('means nothing on a read', async () => {
    const read = {
      method: 'GET',
      path: '/v1/payment_intents?limit=1',
      headers: { 'idempotency-key': 'read-1' },
    };
    await rawCall(under.double, read);
    expect((await rawCall(under.double, read)).headers.get('idempotent-replayed')).toBeNull();
  });
});

describe('a fault', () => {
  const options = (idempotencyKey: string) => ({ idempotencyKey });
  const order = (name: string) => ({ metadata: { order: name } });

  test('that cuts the connection after the charge leaves one charge, however often the call is repeated', async () => {
    await under.control('POST', '/faults', { kind: 'timeout_after', path: '/v1/payment_intents', times: 2 });
    const cut = await refusalOf(pay(stripeClient(under.double), order('cut'), options('cut-1')));
    expect(cut).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    await under.control('DELETE', '/faults');
    expect((await pay(stripe, order('cut'), options('cut-1'))).status).toBe('succeeded');
    const payments = await paymentsOf('cut');
    expect(payments.map(({ totals }) => totals)).toMatchObject([
      { successfulCharges: 1, capturedMinor: 2_000 },
    ]);
  });

  test('that holds the answer back runs into the client’s timeout, and the retry finds the charge', async () => {
    await under.control('POST', '/faults', { kind: 'timeout_after', path: '/v1/payment_intents', ms: 2_000 });
    const impatient = stripeClient(under.double, { timeout: 150, maxNetworkRetries: 0 });
    const late = await refusalOf(pay(impatient, order('held'), options('held-1')));
    expect(late).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    expect((await pay(stripe, order('held'), options('held-1'))).status).toBe('succeeded');
    expect(await paymentsOf('held')).toHaveLength(1);
  });

  test('that cuts the connection before the call leaves nothing behind', async () => {
    await under.control('POST', '/faults', { kind: 'timeout_before', path: '/v1/payment_intents', times: 2 });
    await refusalOf(pay(stripe, order('before'), options('before-1')));
    expect(await paymentsOf('before')).toEqual([]);
    await under.control('DELETE', '/faults');
    await pay(stripe, order('before'), options('before-1'));
    expect(await paymentsOf('before')).toHaveLength(1);
  });

  test.each([500, 503, 429])(
    'of status %d is not kept, so that a retry with the key succeeds',
    async (status) => {
      await under.control('POST', '/faults', { kind: 'error', status, path: '/v1/payment_intents' });
      const error = await refusalOf(pay(stripe, {}, options(`error-${status}`)));
      expect(error.statusCode).toBe(status);
      expect((await pay(stripe, {}, options(`error-${status}`))).status).toBe('succeeded');
    },
  );

  test('of status 500 that is kept comes back under the same key', async () => {
    await under.control('POST', '/faults', { kind: 'error', status: 500, kept: true });
    const [first, second] = [
      await refusalOf(pay(stripe, {}, options('kept-1'))),
      await refusalOf(pay(stripe, {}, options('kept-1'))),
    ];
    expect([first.statusCode, second.statusCode]).toEqual([500, 500]);
    expect(second.headers?.['idempotent-replayed']).toBe('true');
  });

  test('meets only the calls that it names, as often as it says', async () => {
    await under.control('POST', '/faults', {
      kind: 'error',
      status: 503,
      method: 'POST',
      path: '/v1/refunds',
    });
    const paid = await pay(stripe);
    const refund = () => stripe.refunds.create({ payment_intent: paid.id });
    expect((await refusalOf(refund())).statusCode).toBe(503);
    expect((await refund()).amount).toBe(2_000);
  });

  test('that makes no sense is refused with the place that is wrong', async () => {
    const arm = () => under.control('POST', '/faults', { kind: 'latency', ms: -1 });
    await expect(arm()).rejects.toThrow('HTTP 400');
  });
});
