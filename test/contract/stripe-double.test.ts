/** The Stripe double through the real SDK: how payments, challenges, captures and refunds go. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import Stripe from 'stripe';
import { MAGIC_IDS } from '#ops/stripe-double/cards.ts';
import { type DoubleUnderTest, openDouble, pay, refusalOf } from '#test/support/stripe-double-client.ts';

let under: DoubleUnderTest;
let stripe: Stripe;
beforeAll(async () => {
  under = await openDouble();
  stripe = under.stripe;
});
afterAll(() => under.stop());

describe('a payment', () => {
  test('with a good card succeeds with one captured charge of the same amount', async () => {
    const intent = await pay(stripe, {
      metadata: { order: '7' },
      expand: ['latest_charge', 'payment_method'],
    });
    expect(intent).toMatchObject({ status: 'succeeded', amount_received: 2_000, metadata: { order: '7' } });
    const charge = intent.latest_charge as Stripe.Charge;
    expect(charge).toMatchObject({ amount: 2_000, captured: true, paid: true, status: 'succeeded' });
    expect(charge.payment_method_details?.card).toMatchObject({ brand: 'visa', last4: '4242' });
    expect((intent.payment_method as Stripe.PaymentMethod).card).toMatchObject({
      brand: 'visa',
      exp_month: 12,
    });
    const { totals } = await under.ledgerOf(intent.id);
    expect(totals).toMatchObject({
      attempts: 1,
      successfulCharges: 1,
      capturedMinor: 2_000,
      refundedMinor: 0,
    });
  });

  const declines = [
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
    ['pm_card_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
    ['pm_card_chargeDeclinedVelocityLimitExceeded', 'card_declined', 'card_velocity_exceeded'],
    ['pm_card_chargeDeclinedFraudulent', 'card_declined', 'fraudulent'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
  ] as const;
  test.each(declines)('with %s is declined as %s/%s and takes no money', async (method, code, decline) => {
    const error = await refusalOf(pay(stripe, { payment_method: method }));
    expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
    expect(error).toMatchObject({ statusCode: 402, code, decline_code: decline });
    const intent = error.payment_intent;
    expect(intent).toMatchObject({ status: 'requires_payment_method', payment_method: null });
    const found = await stripe.paymentIntents.retrieve(intent?.id ?? '', { expand: ['latest_charge'] });
    expect(found.last_payment_error).toMatchObject({ type: 'card_error', code, decline_code: decline });
    expect(found.latest_charge).toMatchObject({ status: 'failed', captured: false, failure_code: code });
    expect((await under.ledgerOf(found.id)).totals).toMatchObject({ capturedMinor: 0, attempts: 1 });
  });

  test('that was declined succeeds with another card on the same intent', async () => {
    const error = await refusalOf(pay(stripe, { payment_method: 'pm_card_chargeDeclined' }));
    const id = error.payment_intent?.id ?? '';
    const paid = await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_mastercard' });
    expect(paid).toMatchObject({ status: 'succeeded', last_payment_error: null });
    expect((await under.ledgerOf(id)).totals).toMatchObject({ attempts: 2, successfulCharges: 1 });
  });

  test('goes step by step: no method, a method, confirmed, and cannot be confirmed again', async () => {
    const params = { amount: 900, currency: 'EUR', allowed_payment_method_types: ['card'] };
    const blank = await stripe.paymentIntents.create(params);
    expect(blank).toMatchObject({ status: 'requires_payment_method', currency: 'eur' });
    const noMethod = await refusalOf(stripe.paymentIntents.confirm(blank.id));
    expect(noMethod.code).toBe('payment_intent_unexpected_state');
    const chosen = await stripe.paymentIntents.update(blank.id, { payment_method: 'pm_card_amex' });
    expect(chosen.status).toBe('requires_confirmation');
    expect((await stripe.paymentIntents.confirm(blank.id)).status).toBe('succeeded');
    const again = await refusalOf(stripe.paymentIntents.confirm(blank.id));
    expect(again).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
    const late = await refusalOf(stripe.paymentIntents.update(blank.id, { amount: 1_000 }));
    expect(late.code).toBe('payment_intent_unexpected_state');
  });

  test('in processing waits until the issuer answers', async () => {
    const waiting = await pay(stripe, { payment_method: 'pm_double_processing' });
    expect(waiting.status).toBe('processing');
    await under.control('POST', `/payment_intents/${waiting.id}/settle`, { outcome: 'succeed' });
    expect((await stripe.paymentIntents.retrieve(waiting.id)).status).toBe('succeeded');
    const failing = await pay(stripe, { payment_method: 'pm_double_processing' });
    await under.control('POST', `/payment_intents/${failing.id}/settle`, { outcome: 'fail' });
    expect((await stripe.paymentIntents.retrieve(failing.id)).status).toBe('requires_payment_method');
  });
});

test.each(MAGIC_IDS.map((id) => [id]))('%s is a card of its own each time it is named', async (id) => {
  const [one, other] = [await stripe.paymentMethods.retrieve(id), await stripe.paymentMethods.retrieve(id)];
  expect(one).toMatchObject({ object: 'payment_method', type: 'card', customer: null });
  expect(one.card?.last4).toMatch(/^\d{4}$/);
  expect(other.id).not.toBe(one.id);
});

describe('3-D Secure', () => {
  test('stops at requires_action, takes nothing, and pays once the challenge is met', async () => {
    const params = { payment_method: 'pm_card_authenticationRequired', return_url: 'https://shop.test/back' };
    const waiting = await pay(stripe, params);
    expect(waiting).toMatchObject({ status: 'requires_action', amount_received: 0, latest_charge: null });
    expect(waiting.next_action?.type).toBe('redirect_to_url');
    expect(waiting.client_secret).toStartWith(`${waiting.id}_secret_`);
    await under.control('POST', `/payment_intents/${waiting.id}/authenticate`, { outcome: 'succeed' });
    const paid = await stripe.paymentIntents.retrieve(waiting.id);
    expect(paid).toMatchObject({ status: 'succeeded', next_action: null });
  });

  test('that fails asks for another payment method and takes nothing', async () => {
    const waiting = await pay(stripe, { payment_method: 'pm_card_threeDSecure2Required' });
    await under.control('POST', `/payment_intents/${waiting.id}/authenticate`, { outcome: 'fail' });
    const failed = await stripe.paymentIntents.retrieve(waiting.id);
    expect(failed.status).toBe('requires_payment_method');
    expect(failed.last_payment_error?.code).toBe('payment_intent_authentication_failure');
    expect((await under.ledgerOf(waiting.id)).totals.capturedMinor).toBe(0);
  });

  test('off session is a decline that says authentication_required', async () => {
    const customer = await stripe.customers.create();
    const params = {
      payment_method: 'pm_card_authenticationRequired',
      customer: customer.id,
      off_session: true,
    };
    const error = await refusalOf(pay(stripe, params));
    expect(error).toMatchObject({ statusCode: 402, code: 'authentication_required' });
  });

  test('has a page of the bank that sends the customer back to the shop', async () => {
    const params = {
      payment_method: 'pm_card_authenticationRequired',
      return_url: 'https://shop.test/back?o=1',
    };
    const waiting = await pay(stripe, params);
    const page = waiting.next_action?.redirect_to_url?.url ?? '';
    expect(await (await fetch(page)).text()).toContain('$20.00');
    const body = new URLSearchParams({ outcome: 'succeed' });
    const answer = await fetch(page, { method: 'POST', body, redirect: 'manual' });
    expect(answer.headers.get('location')).toStartWith('https://shop.test/back?o=1&payment_intent=pi_');
    expect((await stripe.paymentIntents.retrieve(waiting.id)).status).toBe('succeeded');
  });
});

describe('manual capture', () => {
  test('holds the money, captures a part of it once, and releases the rest', async () => {
    const held = await pay(stripe, { capture_method: 'manual' });
    expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 2_000, amount_received: 0 });
    const over = await refusalOf(stripe.paymentIntents.capture(held.id, { amount_to_capture: 2_001 }));
    expect(over).toMatchObject({ code: 'amount_too_large', param: 'amount_to_capture' });
    const params = { amount_to_capture: 1_500, expand: ['latest_charge'] };
    const paid = await stripe.paymentIntents.capture(held.id, params);
    expect(paid).toMatchObject({ status: 'succeeded', amount_received: 1_500, amount_capturable: 0 });
    expect(paid.latest_charge).toMatchObject({ amount_captured: 1_500, amount_refunded: 500 });
    const again = await refusalOf(stripe.paymentIntents.capture(held.id));
    expect(again.code).toBe('payment_intent_unexpected_state');
    expect((await stripe.refunds.create({ payment_intent: held.id })).amount).toBe(1_500);
  });

  test('that is cancelled takes nothing', async () => {
    const held = await pay(stripe, { capture_method: 'manual' });
    const params = { cancellation_reason: 'abandoned' } as const;
    expect(await stripe.paymentIntents.cancel(held.id, params)).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'abandoned',
      amount_capturable: 0,
    });
    expect((await under.ledgerOf(held.id)).totals.capturedMinor).toBe(0);
    expect((await refusalOf(stripe.paymentIntents.cancel(held.id))).code).toBe(
      'payment_intent_unexpected_state',
    );
  });
});

test('a paid intent cannot be cancelled', async () => {
  const paid = await pay(stripe);
  expect((await refusalOf(stripe.paymentIntents.cancel(paid.id))).code).toBe(
    'payment_intent_unexpected_state',
  );
});

describe('a refund', () => {
  test('gives back in parts, never more than is left, and nothing twice', async () => {
    const paid = await pay(stripe);
    const first = await stripe.refunds.create({
      payment_intent: paid.id,
      amount: 500,
      metadata: { why: 'late' },
    });
    expect(first).toMatchObject({ status: 'succeeded', amount: 500, metadata: { why: 'late' } });
    const over = await refusalOf(stripe.refunds.create({ payment_intent: paid.id, amount: 1_501 }));
    expect(over).toMatchObject({ statusCode: 400, param: 'amount' });
    expect(over.message).toContain('greater than unrefunded amount on charge ($15.00)');
    const rest = await stripe.refunds.create({ charge: String(paid.latest_charge) });
    expect(rest.amount).toBe(1_500);
    const none = await refusalOf(stripe.refunds.create({ payment_intent: paid.id }));
    expect(none).toMatchObject({ statusCode: 400, code: 'charge_already_refunded' });
    const charge = await stripe.charges.retrieve(String(paid.latest_charge));
    expect(charge).toMatchObject({ refunded: true, amount_refunded: 2_000 });
    expect((await stripe.refunds.list({ payment_intent: paid.id })).data.map(({ amount }) => amount)).toEqual(
      [1_500, 500],
    );
    expect((await stripe.refunds.retrieve(first.id)).id).toBe(first.id);
    expect((await under.ledgerOf(paid.id)).totals).toMatchObject({ refundedMinor: 2_000, netMinor: 0 });
  });

  test('of a payment that never succeeded is refused', async () => {
    const blank = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
    const error = await refusalOf(stripe.refunds.create({ payment_intent: blank.id }));
    expect(error).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
  });
});

describe('a customer', () => {
  test('keeps a card that was set up, and pays with it off session', async () => {
    const customer = await stripe.customers.create({ email: 'ada@example.test', name: 'Ada' });
    const first = await pay(stripe, { customer: customer.id, setup_future_usage: 'off_session' });
    const saved = (await stripe.customers.listPaymentMethods(customer.id)).data;
    expect(saved.map(({ id }) => id)).toEqual([String(first.payment_method)]);
    const method = { payment_method: String(first.payment_method) };
    const later = await pay(stripe, { ...method, customer: customer.id, off_session: true });
    expect(later.status).toBe('succeeded');
    const stranger = await refusalOf(pay(stripe, method));
    expect(stranger).toMatchObject({ statusCode: 400, param: 'payment_method' });
    expect((await stripe.customers.list({ email: 'ada@example.test' })).data).toHaveLength(1);
  });

  test('that is deleted is gone with its cards, and a card that was let go pays no more', async () => {
    const customer = await stripe.customers.create();
    const attached = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    expect(attached.customer).toBe(customer.id);
    const detached = await stripe.paymentMethods.detach(attached.id);
    expect(detached.customer).toBeNull();
    expect((await refusalOf(pay(stripe, { payment_method: detached.id }))).statusCode).toBe(400);
    expect(await stripe.customers.del(customer.id)).toMatchObject({ deleted: true });
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true });
    const error = await refusalOf(pay(stripe, { customer: customer.id }));
    expect(error).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'customer' });
  });

  test('cannot save a card that is declined', async () => {
    const customer = await stripe.customers.create();
    const error = await refusalOf(
      stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer: customer.id }),
    );
    expect(error).toMatchObject({ statusCode: 402, code: 'card_declined' });
  });
});

test('lists are pages, newest first, that auto-pagination walks to the end', async () => {
  const customer = await stripe.customers.create();
  const made: string[] = [];
  for (let n = 0; n < 5; n += 1) made.push((await pay(stripe, { customer: customer.id })).id);
  const seen: string[] = [];
  for await (const intent of stripe.paymentIntents.list({ customer: customer.id, limit: 2 }))
    seen.push(intent.id);
  expect(seen).toEqual(made.toReversed());
});
