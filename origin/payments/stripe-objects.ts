/** Stripe's objects, reduced to our own vocabulary. */

import type Stripe from 'stripe';
import { SECOND_MS } from '#lib/clock.ts';
import { isUuid, type OrderId, type RefundId } from '#lib/ids.ts';
import { currency, minor } from '#lib/money.ts';
import type { Fee, Intent, IntentState, News, StripeDispute, StripeRefund } from './gateway.ts';

/** https://docs.stripe.com/api/disputes/object#dispute_object-status: in one of these nothing more comes. */
const CLOSED_DISPUTES: ReadonlySet<string> = new Set(['won', 'lost', 'warning_closed', 'prevented']);

export function toIntent(intent: Stripe.PaymentIntent): Intent {
  return {
    id: intent.id,
    orderId: orderIdOf(intent.metadata),
    amount: minor(intent.amount),
    currency: currency(intent.currency.toUpperCase()),
    state: toState(intent),
  };
}

/** Somebody else's payments on the same Stripe account may have an `order_id` of another kind. */
function orderIdOf({ order_id: id = '' }: Stripe.Metadata): OrderId | null {
  return isUuid(id) ? (id as OrderId) : null;
}

function toState(intent: Stripe.PaymentIntent): IntentState {
  switch (intent.status) {
    case 'succeeded': {
      const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
      const card = charge?.payment_method_details?.card ?? null;
      return {
        kind: 'succeeded',
        brand: card?.brand ?? null,
        lastFour: card?.last4 ?? null,
        fee: charge === null ? null : feeOf(charge.balance_transaction),
      };
    }
    case 'canceled':
      return {
        kind: 'cancelled',
        declineCode: declineCodeOf(intent.last_payment_error),
        byRequest: intent.cancellation_reason === 'requested_by_customer',
      };
    case 'requires_action':
      return { kind: 'requires_action', clientSecret: intent.client_secret ?? '' };
    case 'processing':
    case 'requires_capture':
      return { kind: 'processing' };
    case 'requires_payment_method':
      return toDeclined(intent.last_payment_error);
    case 'requires_confirmation':
      return { kind: 'unconfirmed' };
    default:
      throw new Error(`stripe answered with an intent in the unknown state ${intent.status}`);
  }
}

/** Null where the booking is not there yet, or came as its id alone. */
function feeOf(booking: string | Stripe.BalanceTransaction | null): Fee | null {
  if (booking === null || typeof booking === 'string') return null;
  return {
    source: booking.id,
    amount: minor(booking.fee),
    currency: currency(booking.currency.toUpperCase()),
  };
}

type LastPaymentError = Stripe.PaymentIntent['last_payment_error'];

function toDeclined(error: LastPaymentError): IntentState {
  const declineCode = declineCodeOf(error);
  return declineCode === null ? { kind: 'unconfirmed' } : { kind: 'declined', declineCode };
}

function declineCodeOf(error: LastPaymentError): string | null {
  return error ? (error.decline_code ?? error.code ?? 'card_declined') : null;
}

/** Null for a refund of something else than an intent. */
export function toRefund(refund: Stripe.Refund): StripeRefund | null {
  const intentId = idOf(refund.payment_intent);
  if (intentId === null) return null;
  const ours = refund.metadata?.['refund_id'] ?? '';
  return {
    id: refund.id,
    refundId: isUuid(ours) ? (ours as RefundId) : null,
    intentId,
    amount: minor(refund.amount),
    state: refundState(refund.status),
    failureReason: refund.failure_reason ?? '',
  };
}

function refundState(status: string | null): StripeRefund['state'] {
  if (status === 'succeeded') return 'succeeded';
  return status === 'failed' || status === 'canceled' ? 'failed' : 'pending';
}

export function toDispute(dispute: Stripe.Dispute): StripeDispute | null {
  const intentId = idOf(dispute.payment_intent);
  if (intentId === null) return null;
  const bookings = dispute.balance_transactions;
  return {
    id: dispute.id,
    intentId,
    amount: minor(dispute.amount),
    currency: currency(dispute.currency.toUpperCase()),
    reason: dispute.reason,
    status: dispute.status,
    isClosed: CLOSED_DISPUTES.has(dispute.status),
    openedAt: new Date(dispute.created * SECOND_MS),
    areFundsWithdrawn: bookings.some(({ amount }) => amount < 0),
    areFundsReinstated: bookings.some(({ amount }) => amount > 0),
    fees: bookings.flatMap((booking) => feeOf(booking) ?? []).filter(({ amount }) => amount > 0),
  };
}

/** By the kind of event: Stripe adds kinds, and an unknown one is none of ours. */
export function toNews({ type, data }: Stripe.Event): News | null {
  const { object } = data;
  switch (object.object) {
    case 'payment_intent':
      return type.startsWith('payment_intent.') ? { kind: 'intent', type, intent: toIntent(object) } : null;
    case 'charge': {
      const intentId = idOf(object.payment_intent);
      return intentId === null || !type.startsWith('charge.') ? null : { kind: 'charge', type, intentId };
    }
    case 'refund': {
      const refund = toRefund(object);
      return refund === null ? null : { kind: 'refund', type, refund };
    }
    case 'dispute':
      return { kind: 'dispute', type, disputeId: object.id };
    default:
      return null;
  }
}

function idOf(reference: string | { readonly id: string } | null): string | null {
  return typeof reference === 'string' ? reference : (reference?.id ?? null);
}
