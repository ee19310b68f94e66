/** Refunds: whole or in part, never above what is left of the charge. */

import type Stripe from 'stripe';
import { amountText } from './amounts.ts';
import { book } from './balance.ts';
import { chargeOf, saveCharge } from './charges.ts';
import { type Context, ok, unixSeconds } from './context.ts';
import { isHeldByDispute } from './disputes.ts';
import { invalidParameter, missingReference, missingResource, refused } from './errors.ts';
import { idOf } from './ids.ts';
import {
  EXPAND,
  listOfCharge,
  type Operation,
  operation,
  patchMetadata,
  previousAttributes,
} from './operation.ts';
import type { Fields, Parsed } from './params.ts';
import { behaviour } from './payment-methods.ts';

const CREATE = {
  ...EXPAND,
  amount: { kind: 'integer', min: 1 },
  charge: { kind: 'text' },
  metadata: { kind: 'metadata' },
  payment_intent: { kind: 'text' },
  reason: { kind: 'choice', values: ['duplicate', 'fraudulent', 'requested_by_customer'] },
} as const satisfies Fields;

function chargeToRefund(context: Context, params: Parsed<typeof CREATE>): Stripe.Charge {
  if (params.payment_intent !== undefined) {
    const intent = context.store.find('payment_intent', params.payment_intent);
    if (intent === null) throw missingReference('payment_intent', params.payment_intent, 'payment_intent');
    const charge = chargeOf(context, intent);
    if (intent.status === 'succeeded' && charge !== null) return charge;
    throw refused(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, {
      code: 'payment_intent_unexpected_state',
      payment_intent: intent,
    });
  }
  if (params.charge === undefined) {
    throw invalidParameter(
      'One of the following params should be provided for this request: payment_intent or charge.',
      { code: 'parameter_missing', param: 'payment_intent' },
    );
  }
  const charge = context.store.find('charge', params.charge);
  if (charge === null) throw missingReference('charge', params.charge, 'charge');
  if (charge.captured) return charge;
  throw refused(`Charge ${charge.id} has not been captured: there is nothing to refund.`, {
    code: 'charge_not_refundable',
  });
}

function requireRefundable(charge: Stripe.Charge, amount: number, left: number): void {
  if (left === 0) {
    throw refused(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  }
  if (amount <= left) return;
  const [asked, unrefunded] = [amountText(amount, charge.currency), amountText(left, charge.currency)];
  throw refused(`Refund amount (${asked}) is greater than unrefunded amount on charge (${unrefunded})`, {
    param: 'amount',
  });
}

function createRefund(context: Context, params: Parsed<typeof CREATE>): Stripe.Refund {
  const charge = chargeToRefund(context, params);
  const left = charge.amount - charge.amount_refunded;
  const amount = params.amount ?? left;
  requireRefundable(charge, amount, left);
  if (isHeldByDispute(context, charge)) {
    throw refused(`Charge ${charge.id} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  const isPending = refundsOf(context, charge) === 'pending';
  const { currency } = charge;
  const refundId = context.ids.next('re');
  const refund: Stripe.Refund = {
    id: refundId,
    object: 'refund',
    amount,
    balance_transaction: book(context, { kind: 'refund', source: refundId, amount, currency }).id,
    charge: charge.id,
    created: unixSeconds(context.clock),
    currency: charge.currency,
    customer: idOf(charge.customer),
    customer_account: null,
    destination_details: { card: { type: 'refund' }, type: 'card' },
    metadata: patchMetadata({}, params.metadata),
    payment_intent: idOf(charge.payment_intent),
    payment_method: charge.payment_method,
    reason: params.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: isPending ? 'pending' : 'succeeded',
    ...(isPending ? { pending_reason: 'processing' } : {}),
    transfer_reversal: null,
  };
  context.store.insert('refund', refund);
  const refunded = charge.amount_refunded + amount;
  const changed = saveCharge(context, charge, {
    amount_refunded: refunded,
    refunded: refunded === charge.amount,
  });
  context.emit('charge.refunded', changed, previousAttributes(charge, changed));
  context.emit('refund.created', refund);
  return refund;
}

function refundsOf(context: Context, charge: Stripe.Charge) {
  return behaviour(context, charge.payment_method ?? '').card.refunds;
}

/** What was given back is the shop's again when the holder's bank does not take it. */
export function finishRefund(context: Context, id: string, verdict: 'succeed' | 'fail'): Stripe.Refund {
  const before = requireRefund(context, id);
  const mayEnd = before.status === 'pending' || (before.status === 'succeeded' && verdict === 'fail');
  if (!mayEnd) throw refused(`Refund ${id} has a status of ${before.status}.`);
  const { pending_reason: _pendingReason, ...rest } = before;
  if (verdict === 'succeed') return saveRefund(context, before, { ...rest, status: 'succeeded' });
  const { amount, currency } = before;
  const { id: failureBooking } = book(context, { kind: 'refund_failure', source: id, amount, currency });
  const failed: Stripe.Refund = {
    ...rest,
    status: 'failed',
    failure_balance_transaction: failureBooking,
    failure_reason: 'lost_or_stolen_card',
  };
  const charge = context.store.find('charge', idOf(before.charge) ?? '');
  if (charge !== null) {
    saveCharge(context, charge, { amount_refunded: charge.amount_refunded - amount, refunded: false });
  }
  saveRefund(context, before, failed);
  context.emit('refund.failed', failed);
  return failed;
}

function saveRefund(context: Context, before: Stripe.Refund, after: Stripe.Refund): Stripe.Refund {
  context.store.save('refund', after);
  context.emit('refund.updated', after, previousAttributes(before, after));
  return after;
}

function requireRefund({ store }: Context, id: string): Stripe.Refund {
  const refund = store.find('refund', id);
  if (refund === null) throw missingResource('refund', id, 'id');
  return refund;
}

export const REFUND_OPERATIONS: readonly Operation[] = [
  operation({
    method: 'POST',
    path: '/v1/refunds',
    fields: CREATE,
    run: (context, { params }) => ok(createRefund(context, params)),
  }),
  listOfCharge('refund'),
  operation({
    method: 'GET',
    path: '/v1/refunds/:id',
    fields: EXPAND,
    run: (context, { id }) => ok(requireRefund(context, id)),
  }),
  operation({
    method: 'POST',
    path: '/v1/refunds/:id',
    fields: { ...EXPAND, metadata: { kind: 'metadata' } },
    run: (context, { id, params }) => {
      const before = requireRefund(context, id);
      const after = { ...before, metadata: patchMetadata(before.metadata ?? {}, params.metadata) };
      return ok(saveRefund(context, before, after));
    },
  }),
];
