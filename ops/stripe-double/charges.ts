/** Charges: one per attempt that reached the issuer; read-only over the API, made by PaymentIntents. */

import type Stripe from 'stripe';
import { present } from '#lib/assert.ts';
import { book } from './balance.ts';
import type { Decline } from './cards.ts';
import { type Context, ok, unixSeconds } from './context.ts';
import { missingResource } from './errors.ts';
import { idOf } from './ids.ts';
import {
  CREATED_FIELD,
  createdFilter,
  EXPAND,
  listAnswer,
  type Operation,
  operation,
  PAGE_FIELDS,
  previousAttributes,
} from './operation.ts';

/** How the attempt ended: paid (captured or only authorised), refused by the issuer, or not known yet. */
export type ChargeOutcome =
  | { readonly kind: 'captured' | 'authorised' | 'pending'; readonly authenticated: boolean }
  | { readonly kind: 'declined'; readonly decline: Decline; readonly authenticated: boolean };

const STATEMENT_DESCRIPTOR = 'STRIPE DOUBLE';
const NORMAL_RISK_SCORE = 21;

function cardDetails(card: Stripe.PaymentMethod.Card, amount: number, outcome: ChargeOutcome) {
  const approved = outcome.kind !== 'declined';
  return {
    amount_authorized: approved ? amount : null,
    authorization_code: approved ? '123456' : null,
    brand: card.brand,
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: card.country,
    electronic_commerce_indicator: null,
    exp_month: card.exp_month,
    exp_year: card.exp_year,
    fingerprint: card.fingerprint ?? null,
    funding: card.funding,
    installments: null,
    last4: card.last4,
    mandate: null,
    network: card.brand,
    network_transaction_id: null,
    regulated_status: 'unregulated',
    three_d_secure: outcome.authenticated ? authenticatedDetails() : null,
    transaction_link_id: null,
    wallet: null,
  } satisfies Stripe.Charge.PaymentMethodDetails.Card;
}

function authenticatedDetails(): Stripe.Charge.PaymentMethodDetails.Card.ThreeDSecure {
  return {
    authentication_flow: 'challenge',
    electronic_commerce_indicator: '05',
    exemption_indicator: null,
    result: 'authenticated',
    result_reason: null,
    transaction_id: null,
    version: '2.2.0',
  };
}

function outcomeOf(outcome: ChargeOutcome): Stripe.Charge.Outcome {
  const declined = outcome.kind === 'declined';
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: declined ? '01' : null,
    network_status: declined ? 'declined_by_network' : 'approved_by_network',
    reason: declined ? outcome.decline.declineCode : null,
    risk_level: 'normal',
    risk_score: NORMAL_RISK_SCORE,
    seller_message: declined ? 'The bank did not return any further details.' : 'Payment complete.',
    type: declined ? 'issuer_declined' : 'authorized',
  };
}

const STATUS = {
  captured: 'succeeded',
  authorised: 'succeeded',
  pending: 'pending',
  declined: 'failed',
} as const;

function statusFields(amount: number, outcome: ChargeOutcome) {
  const decline = outcome.kind === 'declined' ? outcome.decline : null;
  return {
    amount_captured: outcome.kind === 'captured' ? amount : 0,
    captured: outcome.kind === 'captured',
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    outcome: outcomeOf(outcome),
    paid: outcome.kind === 'captured' || outcome.kind === 'authorised',
    status: STATUS[outcome.kind],
  };
}

export function createCharge(
  context: Context,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  outcome: ChargeOutcome,
): Stripe.Charge {
  const card = present(method.card, `the card of ${method.id}`);
  const charge: Stripe.Charge = {
    id: context.ids.next('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: STATEMENT_DESCRIPTOR,
    created: unixSeconds(context.clock),
    currency: intent.currency,
    customer: idOf(intent.customer),
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: { card: cardDetails(card, intent.amount, outcome), type: 'card' },
    radar_options: {},
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: intent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    transfer_data: null,
    transfer_group: null,
    ...statusFields(intent.amount, outcome),
  };
  context.store.insert('charge', charge);
  return charge;
}

export function saveCharge(
  context: Context,
  charge: Stripe.Charge,
  change: Partial<Stripe.Charge>,
): Stripe.Charge {
  const changed = { ...charge, ...change };
  context.store.save('charge', changed);
  return changed;
}

/** Captured asynchronously, as Stripe does by default: the booking comes after the news of the payment. */
export function bookCharge(context: Context, charge: Stripe.Charge): void {
  const { id: source, amount_captured: amount, currency } = charge;
  const { id } = book(context, { kind: 'charge', source, amount, currency });
  const booked = saveCharge(context, charge, { balance_transaction: id });
  context.emit('charge.updated', booked, previousAttributes(charge, booked));
}

/** A pending charge that the issuer has answered. */
export function settleCharge(context: Context, charge: Stripe.Charge, outcome: ChargeOutcome): Stripe.Charge {
  return saveCharge(context, charge, statusFields(charge.amount, outcome));
}

export function chargeOf(context: Context, intent: Stripe.PaymentIntent): Stripe.Charge | null {
  const id = idOf(intent.latest_charge);
  return id === null ? null : context.store.find('charge', id);
}

export const CHARGE_OPERATIONS: readonly Operation[] = [
  operation({
    method: 'GET',
    path: '/v1/charges',
    fields: {
      ...PAGE_FIELDS,
      ...CREATED_FIELD,
      customer: { kind: 'text' },
      payment_intent: { kind: 'text' },
    },
    run: ({ store }, { params }) => {
      const filter = {
        ...createdFilter(params.created),
        ...(params.customer === undefined ? {} : { customer: params.customer }),
        ...(params.payment_intent === undefined ? {} : { paymentIntent: params.payment_intent }),
      };
      return ok(listAnswer(store, { kind: 'charge', url: '/v1/charges', filter, params }));
    },
  }),
  operation({
    method: 'GET',
    path: '/v1/charges/:id',
    fields: EXPAND,
    run: ({ store }, { id }) => {
      const charge = store.find('charge', id);
      if (charge === null) throw missingResource('charge', id, 'charge');
      return ok(charge);
    },
  }),
];
