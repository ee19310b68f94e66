/** PaymentIntents: create, read, change, confirm, capture, cancel, list. */

import type Stripe from 'stripe';
import { present } from '#lib/assert.ts';
import { requireChargeable, requireCurrency } from './amounts.ts';
import { bookCharge, chargeOf, saveCharge } from './charges.ts';
import { type Answer, type Context, ok, unixSeconds } from './context.ts';
import { requireCustomer } from './customer-lookup.ts';
import { missingResource, refused } from './errors.ts';
import { idOf } from './ids.ts';
import { requirePermitted, statusAfter } from './intent-states.ts';
import { newIntent } from './new-intent.ts';
import {
  createdFilter,
  listAnswer,
  type Operation,
  operation,
  patchMetadata,
  shippingOf,
} from './operation.ts';
import type { Parsed } from './params.ts';
import { advance, attemptPayment } from './payment-attempt.ts';
import { CANCEL, CAPTURE, CONFIRM, CREATE, LIST, RETRIEVE, UPDATE } from './payment-intent-fields.ts';
import { requireMethod, requireUsable } from './payment-methods.ts';

export function requireIntent({ store }: Context, id: string): Stripe.PaymentIntent {
  const intent = store.find('payment_intent', id);
  if (intent === null) throw missingResource('payment_intent', id, 'intent');
  return intent;
}

/** Gives the intent a method that may pay for its customer; null when the call names none. */
function chooseMethod(context: Context, intent: Stripe.PaymentIntent, id: string | undefined) {
  const chosen = id ?? idOf(intent.payment_method);
  if (chosen === null) return null;
  const method = requireMethod(context, chosen);
  requireUsable(context, method, idOf(intent.customer));
  if (!intent.payment_method_types.includes(method.type)) {
    throw refused(`The PaymentMethod provided (${method.type}) is not allowed for this PaymentIntent.`, {
      code: 'payment_intent_incompatible_payment_method',
      param: 'payment_method',
    });
  }
  return method;
}

function confirmIntent(
  context: Context,
  intent: Stripe.PaymentIntent,
  params: Pick<Parsed<typeof CONFIRM>, 'error_on_requires_action' | 'off_session' | 'return_url'>,
): Answer {
  const method = chooseMethod(context, intent, undefined);
  if (method === null) {
    throw refused(
      "You cannot confirm this PaymentIntent because it's missing a payment method. Update it with a payment method, or give one with the call.",
      { code: 'payment_intent_unexpected_state', payment_intent: intent },
    );
  }
  if (intent.automatic_payment_methods?.allow_redirects === 'always' && params.return_url === undefined) {
    throw refused(
      'This PaymentIntent accepts payment methods that may redirect the customer: provide a `return_url`, or set `automatic_payment_methods[allow_redirects]` to `never`, or list the allowed payment method types.',
    );
  }
  return attemptPayment(context, {
    intent,
    method,
    offSession: params.off_session !== undefined && params.off_session !== false,
    failInsteadOfChallenge: params.error_on_requires_action === true,
    returnUrl: params.return_url ?? null,
  });
}

function createIntent(context: Context, params: Parsed<typeof CREATE>): Answer {
  const blank = newIntent(context, params);
  const method = chooseMethod(context, blank, params.payment_method);
  const intent: Stripe.PaymentIntent =
    method === null
      ? blank
      : { ...blank, payment_method: method.id, status: statusAfter(blank, 'provide_method') };
  context.store.insert('payment_intent', intent);
  context.emit('payment_intent.created', intent);
  return params.confirm === true ? confirmIntent(context, intent, params) : ok(intent);
}

/** The parameters that update and confirm share. */
function withChanges(
  context: Context,
  intent: Stripe.PaymentIntent,
  params: Parsed<typeof UPDATE> | Parsed<typeof CONFIRM>,
): Stripe.PaymentIntent {
  const allowed = params.allowed_payment_method_types;
  const listed = allowed ?? params.payment_method_types;
  const changed: Stripe.PaymentIntent = {
    ...intent,
    ...(allowed === undefined ? {} : { allowed_payment_method_types: [...allowed] }),
    ...(listed === undefined ? {} : { automatic_payment_methods: null, payment_method_types: [...listed] }),
    ...(params.capture_method === undefined ? {} : { capture_method: params.capture_method }),
    ...(params.receipt_email === undefined ? {} : { receipt_email: params.receipt_email }),
    ...(params.setup_future_usage === undefined ? {} : { setup_future_usage: params.setup_future_usage }),
    ...(params.shipping === undefined ? {} : { shipping: shippingOf(params.shipping) }),
  };
  if (params.payment_method === undefined) return changed;
  const method = chooseMethod(context, changed, params.payment_method);
  const status = statusAfter(changed, 'provide_method');
  return { ...changed, payment_method: method?.id ?? null, next_action: null, status };
}

/** Even a finished intent takes these; anything else only before it is paid. */
const ALWAYS_CHANGEABLE = new Set(['description', 'expand', 'metadata', 'receipt_email']);

function updateIntent(context: Context, id: string, params: Parsed<typeof UPDATE>): Stripe.PaymentIntent {
  const intent = requireIntent(context, id);
  if (Object.keys(params).some((name) => !ALWAYS_CHANGEABLE.has(name))) requirePermitted(intent, 'update');
  const currency = params.currency === undefined ? intent.currency : requireCurrency(params.currency);
  const amount = params.amount ?? intent.amount;
  requireChargeable(amount, currency);
  const customer =
    params.customer === undefined ? intent.customer : requireCustomer(context.store, params.customer).id;
  const updated: Stripe.PaymentIntent = {
    ...withChanges(context, { ...intent, customer }, params),
    amount,
    currency,
    description: params.description ?? intent.description,
    metadata: patchMetadata(intent.metadata, params.metadata),
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? intent.statement_descriptor_suffix,
  };
  context.store.save('payment_intent', updated);
  return updated;
}

function captureIntent(context: Context, id: string, params: Parsed<typeof CAPTURE>): Answer {
  const intent = requireIntent(context, id);
  requirePermitted(intent, 'capture');
  const amount = params.amount_to_capture ?? intent.amount_capturable;
  if (amount > intent.amount_capturable) {
    throw refused('The amount to capture is greater than the amount that can be captured.', {
      code: 'amount_too_large',
      param: 'amount_to_capture',
    });
  }
  const held = present(chargeOf(context, intent), `the charge of ${intent.id}`);
  const released = intent.amount_capturable - amount;
  const charge = saveCharge(context, held, {
    amount_captured: amount,
    amount_refunded: released,
    captured: true,
  });
  const paid = advance(context, intent, 'pay', {
    amount_capturable: 0,
    amount_received: amount,
    metadata: patchMetadata(intent.metadata, params.metadata),
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? intent.statement_descriptor_suffix,
  });
  context.emit('charge.captured', charge);
  context.emit('payment_intent.succeeded', paid);
  bookCharge(context, charge);
  return ok(paid);
}

function cancelIntent(context: Context, id: string, params: Parsed<typeof CANCEL>): Answer {
  const intent = requireIntent(context, id);
  requirePermitted(intent, 'cancel');
  const held = intent.status === 'requires_capture' ? chargeOf(context, intent) : null;
  if (held !== null) {
    const released = saveCharge(context, held, { amount_refunded: held.amount, refunded: true });
    context.emit('charge.refunded', released);
  }
  const cancelled = advance(context, intent, 'cancel', {
    amount_capturable: 0,
    canceled_at: unixSeconds(context.clock),
    cancellation_reason: params.cancellation_reason ?? null,
    processing: null,
  });
  context.emit('payment_intent.canceled', cancelled);
  return ok(cancelled);
}

function listIntents({ store }: Context, params: Parsed<typeof LIST>): Answer {
  const customer = params.customer === undefined ? {} : { customer: params.customer };
  const filter = { ...createdFilter(params.created), ...customer };
  return ok(listAnswer(store, { kind: 'payment_intent', url: '/v1/payment_intents', filter, params }));
}

const path = '/v1/payment_intents';

export const PAYMENT_INTENT_OPERATIONS: readonly Operation[] = [
  operation({
    method: 'POST',
    path,
    fields: CREATE,
    run: (context, { params }) => createIntent(context, params),
  }),
  operation({
    method: 'GET',
    path,
    fields: LIST,
    run: (context, { params }) => listIntents(context, params),
  }),
  operation({
    method: 'GET',
    path: `${path}/:id`,
    fields: RETRIEVE,
    run: (context, { id }) => ok(requireIntent(context, id)),
  }),
  operation({
    method: 'POST',
    path: `${path}/:id`,
    fields: UPDATE,
    run: (context, { id, params }) => ok(updateIntent(context, id, params)),
  }),
  operation({
    method: 'POST',
    path: `${path}/:id/confirm`,
    fields: CONFIRM,
    run: (context, { id, params }) => {
      const intent = requireIntent(context, id);
      requirePermitted(intent, 'confirm');
      return confirmIntent(context, withChanges(context, intent, params), params);
    },
  }),
  operation({
    method: 'POST',
    path: `${path}/:id/capture`,
    fields: CAPTURE,
    run: (context, { id, params }) => captureIntent(context, id, params),
  }),
  operation({
    method: 'POST',
    path: `${path}/:id/cancel`,
    fields: CANCEL,
    run: (context, { id, params }) => cancelIntent(context, id, params),
  }),
];
