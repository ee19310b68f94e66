/**
 * One attempt to pay a PaymentIntent: challenge, issuer, charge and events. A decline is an answer, not an
 * exception, because it changes the intent.
 */

import type Stripe from 'stripe';
import { present } from '#lib/assert.ts';
import { AUTHENTICATION_REQUIRED, type Decline, type TestCard } from './cards.ts';
import { bookCharge, type ChargeOutcome, chargeOf, createCharge, settleCharge } from './charges.ts';
import { type Answer, type Context, ok } from './context.ts';
import { docUrl } from './errors.ts';
import { idOf } from './ids.ts';
import { type IntentStep, statusAfter } from './intent-states.ts';
import { attachMethod, behaviour, markUsage } from './payment-methods.ts';

export interface Attempt {
  readonly intent: Stripe.PaymentIntent;
  readonly method: Stripe.PaymentMethod;
  readonly offSession: boolean;
  readonly failInsteadOfChallenge: boolean;
  readonly returnUrl: string | null;
}

/** Takes a step of the state machine and stores the intent with whatever else changes. */
export function advance(
  context: Context,
  intent: Stripe.PaymentIntent,
  step: IntentStep,
  change: Partial<Stripe.PaymentIntent> = {},
): Stripe.PaymentIntent {
  const status = statusAfter(intent, step);
  const advanced: Stripe.PaymentIntent = { ...intent, next_action: null, ...change, status };
  context.store.save('payment_intent', advanced);
  return advanced;
}

interface Failure {
  readonly decline: Decline;
  readonly charge: Stripe.Charge | null;
  readonly method: Stripe.PaymentMethod;
}

/** Stripe's card error; the same members stand in `last_payment_error`, without the intent. */
function paymentError({ decline, charge, method }: Failure): Stripe.PaymentIntent.LastPaymentError {
  return {
    type: 'card_error',
    code: decline.code,
    doc_url: docUrl(decline.code),
    message: decline.message,
    payment_method: method,
    ...(decline.declineCode === '' ? {} : { decline_code: decline.declineCode }),
    ...(decline.param === undefined ? {} : { param: decline.param }),
    ...(charge === null ? {} : { charge: charge.id }),
  };
}

/** Back to `requires_payment_method`; answered as 402. */
function failPayment(context: Context, intent: Stripe.PaymentIntent, failure: Failure): Answer {
  const error = paymentError(failure);
  const failed = advance(context, intent, 'fail', {
    last_payment_error: error,
    payment_method: null,
    processing: null,
    ...(failure.charge === null ? {} : { latest_charge: failure.charge.id }),
  });
  if (failure.charge !== null) context.emit('charge.failed', failure.charge);
  context.emit('payment_intent.payment_failed', failed);
  return { status: 402, body: { error: { ...error, payment_intent: failed } } };
}

/** A method that paid is kept for its customer if the intent says so; otherwise it has had its one use. */
function settleMethod(context: Context, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod): void {
  const customer = idOf(intent.customer);
  if (customer !== null && intent.setup_future_usage !== null) {
    attachMethod(context, method, customer);
    markUsage(context, method.id, 'set_up');
  } else if (method.customer === null) {
    markUsage(context, method.id, 'used');
  }
}

function succeed(context: Context, intent: Stripe.PaymentIntent, charge: Stripe.Charge): Answer {
  const common = { latest_charge: charge.id, last_payment_error: null, processing: null };
  context.emit('charge.succeeded', charge);
  if (!charge.captured) {
    const held = advance(context, intent, 'authorise', { ...common, amount_capturable: intent.amount });
    context.emit('payment_intent.amount_capturable_updated', held);
    return ok(held);
  }
  const paid = advance(context, intent, 'pay', { ...common, amount_received: charge.amount_captured });
  context.emit('payment_intent.succeeded', paid);
  bookCharge(context, charge);
  return ok(paid);
}

/** Asks the issuer: the charge exists afterwards, whatever the answer is. */
function authorise(
  context: Context,
  { intent, method }: Attempt,
  card: TestCard,
  authenticated: boolean,
): Answer {
  if (card.decline !== null) {
    const { decline } = card;
    const charge = createCharge(context, intent, method, { kind: 'declined', decline, authenticated });
    return failPayment(context, intent, { decline, charge, method });
  }
  if (card.processes) {
    const charge = createCharge(context, intent, method, { kind: 'pending', authenticated });
    const waiting = advance(context, intent, 'process', {
      latest_charge: charge.id,
      last_payment_error: null,
      processing: { type: 'card', card: {} },
    });
    context.emit('charge.pending', charge);
    context.emit('payment_intent.processing', waiting);
    return ok(waiting);
  }
  const kind = intent.capture_method === 'manual' ? 'authorised' : 'captured';
  const charge = createCharge(context, intent, method, { kind, authenticated });
  settleMethod(context, intent, method);
  return succeed(context, intent, charge);
}

function challengeAction(context: Context, intent: Stripe.PaymentIntent, returnUrl: string | null) {
  if (returnUrl === null) {
    const details = {
      type: 'three_d_secure_redirect',
      stripe_js: `${context.baseUrl}/_double/challenges/${intent.id}`,
    };
    return { type: 'use_stripe_sdk', use_stripe_sdk: details };
  }
  const url = `${context.baseUrl}/_double/challenges/${intent.id}`;
  return { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } };
}

/** Runs the attempt as far as it goes without the card's holder. */
export function attemptPayment(context: Context, attempt: Attempt): Answer {
  const { method } = attempt;
  const intent: Stripe.PaymentIntent = { ...attempt.intent, payment_method: method.id };
  const { card, usage } = behaviour(context, method.id);
  const mustChallenge =
    card.challenge === 'always' || (card.challenge === 'unless_set_up' && usage !== 'set_up');
  if (!mustChallenge) return authorise(context, { ...attempt, intent }, card, false);
  if (attempt.offSession || attempt.failInsteadOfChallenge) {
    const decline = AUTHENTICATION_REQUIRED;
    const outcome: ChargeOutcome = { kind: 'declined', decline, authenticated: false };
    const charge = attempt.offSession ? createCharge(context, intent, method, outcome) : null;
    return failPayment(context, intent, { decline, charge, method });
  }
  const waiting = advance(context, intent, 'challenge', {
    last_payment_error: null,
    next_action: challengeAction(context, intent, attempt.returnUrl),
  });
  context.emit('payment_intent.requires_action', waiting);
  return ok(waiting);
}

const CHALLENGE_FAILED: Decline = {
  code: 'payment_intent_authentication_failure',
  declineCode: '',
  message:
    'The provided PaymentMethod has failed authentication. Provide other payment details and try again.',
};

export type Verdict = 'succeed' | 'fail';

function methodOf(context: Context, intent: Stripe.PaymentIntent): Stripe.PaymentMethod {
  const id = present(idOf(intent.payment_method), `the payment method of ${intent.id}`);
  return present(context.store.find('payment_method', id), id);
}

/** The card's holder has answered the challenge. */
export function finishChallenge(context: Context, intent: Stripe.PaymentIntent, verdict: Verdict): Answer {
  const method = methodOf(context, intent);
  if (verdict === 'fail') {
    return failPayment(context, intent, { decline: CHALLENGE_FAILED, charge: null, method });
  }
  const attempt = { intent, method, offSession: false, failInsteadOfChallenge: false, returnUrl: null };
  return authorise(context, attempt, behaviour(context, method.id).card, true);
}

const SETTLEMENT_FAILED: Decline = {
  code: 'card_declined',
  declineCode: 'generic_decline',
  message: 'Your card was declined.',
};

/** The issuer has answered a payment in `processing`. */
export function finishProcessing(context: Context, intent: Stripe.PaymentIntent, verdict: Verdict): Answer {
  const method = methodOf(context, intent);
  const pending = present(chargeOf(context, intent), `the charge of ${intent.id}`);
  if (verdict === 'fail') {
    const decline = SETTLEMENT_FAILED;
    const charge = settleCharge(context, pending, { kind: 'declined', decline, authenticated: false });
    return failPayment(context, intent, { decline, charge, method });
  }
  const kind = intent.capture_method === 'manual' ? 'authorised' : 'captured';
  const charge = settleCharge(context, pending, { kind, authenticated: false });
  settleMethod(context, intent, method);
  return succeed(context, intent, charge);
}
