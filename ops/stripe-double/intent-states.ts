/** The life of a PaymentIntent as one table, https://docs.stripe.com/payments/paymentintents/lifecycle */

import type Stripe from 'stripe';
import { assert } from '#lib/assert.ts';
import { refused } from './errors.ts';

export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled';

/** What can happen to an intent; each names the state that it leads to. */
const LEADS_TO = {
  provide_method: 'requires_confirmation',
  challenge: 'requires_action',
  process: 'processing',
  authorise: 'requires_capture',
  pay: 'succeeded',
  fail: 'requires_payment_method',
  cancel: 'canceled',
} as const satisfies Record<string, IntentStatus>;
export type IntentStep = keyof typeof LEADS_TO;

const ATTEMPT = ['challenge', 'process', 'authorise', 'pay', 'fail'] as const;
const STEPS: Readonly<Record<IntentStatus, readonly IntentStep[]>> = {
  requires_payment_method: ['provide_method', 'cancel', ...ATTEMPT],
  requires_confirmation: ['provide_method', 'cancel', ...ATTEMPT],
  requires_action: ['provide_method', 'cancel', ...ATTEMPT],
  processing: ['authorise', 'pay', 'fail'],
  requires_capture: ['pay', 'cancel'],
  succeeded: [],
  canceled: [],
};

/** From which states each call of the API may start. */
const PERMITTED = {
  confirm: ['requires_payment_method', 'requires_confirmation', 'requires_action'],
  update: ['requires_payment_method', 'requires_confirmation', 'requires_action'],
  capture: ['requires_capture'],
  /** Stripe lets go of few that are in `processing`, the double of none. */
  cancel: ['requires_payment_method', 'requires_capture', 'requires_confirmation', 'requires_action'],
  authenticate: ['requires_action'],
  settle: ['processing'],
} as const satisfies Record<string, readonly IntentStatus[]>;
export type IntentVerb = keyof typeof PERMITTED;

const PARTICIPLE: Readonly<Record<IntentVerb, string>> = {
  confirm: 'confirmed',
  update: 'updated',
  capture: 'captured',
  cancel: 'canceled',
  authenticate: 'authenticated',
  settle: 'settled',
};

/** The state after a step. An illegal step is a bug of the double, never a caller's mistake. */
export function statusAfter(intent: Stripe.PaymentIntent, step: IntentStep): IntentStatus {
  const status = intent.status as IntentStatus;
  assert(STEPS[status].includes(step), `a PaymentIntent in ${status} cannot ${step}`);
  return LEADS_TO[step];
}

function explain(intent: Stripe.PaymentIntent, verb: IntentVerb): string {
  if (verb === 'confirm' && intent.status === 'succeeded') {
    return 'You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.';
  }
  if (verb === 'capture' && intent.status === 'succeeded') {
    return 'This PaymentIntent could not be captured because it has already been captured.';
  }
  const opening =
    verb === 'capture' ? 'This PaymentIntent could not be captured' : `You cannot ${verb} this PaymentIntent`;
  const states = PERMITTED[verb].join(', ');
  return `${opening} because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be ${PARTICIPLE[verb]}: ${states}.`;
}

/** @throws {StripeDoubleError} `payment_intent_unexpected_state` when the call may not start from here. */
export function requirePermitted(intent: Stripe.PaymentIntent, verb: IntentVerb): void {
  const permitted: readonly string[] = PERMITTED[verb];
  if (permitted.includes(intent.status)) return;
  throw refused(explain(intent, verb), {
    code: 'payment_intent_unexpected_state',
    payment_intent: intent,
  });
}
