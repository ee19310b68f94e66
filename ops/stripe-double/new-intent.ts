/** A PaymentIntent as it is born, before it has a payment method. */

import type Stripe from 'stripe';
import { requireChargeable, requireCurrency } from './amounts.ts';
import { type Context, unixSeconds } from './context.ts';
import { requireCustomer } from './customer-lookup.ts';
import { invalidParameter } from './errors.ts';
import { patchMetadata, shippingOf } from './operation.ts';
import type { Parsed } from './params.ts';
import type { CREATE } from './payment-intent-fields.ts';

type MethodTypes = Pick<
  Stripe.PaymentIntent,
  'allowed_payment_method_types' | 'automatic_payment_methods' | 'payment_method_types'
>;

function methodTypes(params: Parsed<typeof CREATE>): MethodTypes {
  const automatic = params.automatic_payment_methods;
  const listed = params.allowed_payment_method_types ?? params.payment_method_types;
  if (listed !== undefined && automatic?.enabled === true) {
    throw invalidParameter(
      'You may only specify one of these parameters: automatic_payment_methods or a list of payment method types.',
      { code: 'parameters_exclusive', param: 'automatic_payment_methods' },
    );
  }
  const allowed = params.allowed_payment_method_types;
  return {
    allowed_payment_method_types: allowed === undefined ? null : [...allowed],
    automatic_payment_methods:
      listed === undefined && automatic?.enabled !== false
        ? { allow_redirects: automatic?.allow_redirects ?? 'always', enabled: true }
        : null,
    payment_method_types: [...(listed ?? ['card'])],
  };
}

function requireConsistent(params: Parsed<typeof CREATE>): void {
  if (params.confirm === true) return;
  const only = (['off_session', 'return_url', 'error_on_requires_action'] as const).find(
    (name) => params[name] !== undefined && params[name] !== false,
  );
  if (only === undefined) return;
  throw invalidParameter(`The parameter ${only} can only be given when confirm is true.`, { param: only });
}

/** @throws {StripeDoubleError} for an amount, currency, customer or combination that Stripe refuses. */
export function newIntent(context: Context, params: Parsed<typeof CREATE>): Stripe.PaymentIntent {
  const currency = requireCurrency(params.currency);
  requireChargeable(params.amount, currency);
  requireConsistent(params);
  const id = context.ids.next('pi');
  const customer = params.customer === undefined ? null : requireCustomer(context.store, params.customer).id;
  return {
    id,
    object: 'payment_intent',
    ...methodTypes(params),
    amount: params.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: params.capture_method ?? 'automatic_async',
    client_secret: context.ids.next(`${id}_secret`),
    confirmation_method: params.confirmation_method ?? 'automatic',
    created: unixSeconds(context.clock),
    currency,
    customer,
    customer_account: null,
    description: params.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: patchMetadata({}, params.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_record: null,
    processing: null,
    receipt_email: params.receipt_email ?? null,
    review: null,
    setup_future_usage: params.setup_future_usage ?? null,
    shipping: shippingOf(params.shipping),
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  };
}
