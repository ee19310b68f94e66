/** Disputes: opened and decided by control calls, as by a bank; the shop can only read them. */

import type Stripe from 'stripe';
import { book } from './balance.ts';
import { chargeOf, saveCharge } from './charges.ts';
import { type Context, ok, unixSeconds } from './context.ts';
import { missingResource, refused } from './errors.ts';
import { idOf } from './ids.ts';
import { EXPAND, listOfCharge, type Operation, operation } from './operation.ts';

export interface NewDispute {
  readonly amount?: number;
  readonly reason?: string;
  /** An inquiry: nothing is withdrawn. */
  readonly isInquiry?: boolean;
}

export type DisputeOutcome = 'won' | 'lost';

const ANSWER_WITHIN_SECONDS = 7 * 24 * 60 * 60;
const NO_EVIDENCE: Stripe.Dispute.Evidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};

/** The bank takes the charge of an intent back. @throws {StripeDoubleError} when there is none to take. */
export function openDispute(
  context: Context,
  intent: Stripe.PaymentIntent,
  { amount, reason = 'fraudulent', isInquiry = false }: NewDispute,
): Stripe.Dispute {
  const charge = chargeOf(context, intent);
  if (charge === null || !charge.captured) throw refused('There is no captured charge to dispute.');
  const created = unixSeconds(context.clock);
  const dispute: Stripe.Dispute = {
    id: context.ids.next('dp'),
    object: 'dispute',
    amount: amount ?? charge.amount,
    balance_transactions: [],
    charge: charge.id,
    created,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: NO_EVIDENCE,
    evidence_details: {
      due_by: created + ANSWER_WITHIN_SECONDS,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: isInquiry,
    livemode: false,
    metadata: {},
    payment_intent: intent.id,
    reason,
    status: isInquiry ? 'warning_needs_response' : 'needs_response',
  };
  context.store.insert('dispute', dispute);
  saveCharge(context, charge, { disputed: true });
  context.emit('charge.dispute.created', dispute);
  return isInquiry ? dispute : withdraw(context, dispute);
}

function withdraw(context: Context, dispute: Stripe.Dispute): Stripe.Dispute {
  const withdrawn = moved(context, dispute, 'dispute', {});
  context.emit('charge.dispute.funds_withdrawn', withdrawn);
  return withdrawn;
}

function moved(
  context: Context,
  dispute: Stripe.Dispute,
  kind: 'dispute' | 'dispute_reversal',
  change: Partial<Stripe.Dispute>,
): Stripe.Dispute {
  const { id: source, amount, currency } = dispute;
  const transaction = book(context, { kind, source, amount, currency });
  const balance_transactions = [...dispute.balance_transactions, transaction];
  const after = { ...dispute, ...change, balance_transactions };
  context.store.save('dispute', after);
  return after;
}

/** The bank decides. Funds that were withdrawn come back when it is won. */
export function closeDispute(context: Context, id: string, outcome: DisputeOutcome): Stripe.Dispute {
  const dispute = requireDispute(context, id);
  if (!dispute.status.includes('needs_response')) throw refused(`Dispute ${id} is closed.`);
  const status = dispute.status.startsWith('warning') ? 'warning_closed' : outcome;
  if (status !== 'won') {
    const closed = { ...dispute, status };
    context.store.save('dispute', closed);
    context.emit('charge.dispute.closed', closed);
    return closed;
  }
  const won = moved(context, dispute, 'dispute_reversal', { status });
  context.emit('charge.dispute.funds_reinstated', won);
  context.emit('charge.dispute.closed', won);
  return won;
}

function requireDispute({ store }: Context, id: string): Stripe.Dispute {
  const dispute = store.find('dispute', id);
  if (dispute === null) throw missingResource('dispute', id, 'dispute');
  return dispute;
}

/** A disputed charge gives no refund until the bank has decided for the shop. */
export function isHeldByDispute({ store }: Context, charge: Stripe.Charge): boolean {
  const { items } = store.list(
    'dispute',
    { paymentIntent: idOf(charge.payment_intent) ?? '' },
    { limit: 100 },
  );
  return items.some(({ status }) => status === 'needs_response' || status === 'lost');
}

export const DISPUTE_OPERATIONS: readonly Operation[] = [
  listOfCharge('dispute'),
  operation({
    method: 'GET',
    path: '/v1/disputes/:id',
    fields: EXPAND,
    run: (context, { id }) => ok(requireDispute(context, id)),
  }),
];
