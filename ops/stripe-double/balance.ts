/** Balance transactions: what each movement of money did to the account, and what Stripe kept of it. */

import type Stripe from 'stripe';
import { DAY_MS, SECOND_MS } from '#lib/clock.ts';
import { type Context, ok, unixSeconds } from './context.ts';
import { missingResource } from './errors.ts';
import { EXPAND, type Operation, operation } from './operation.ts';

/** Stripe's price for a card in the United States: 2.9 % and 30 cents. */
const FEE_PER_THOUSAND = 29;
const FEE_FIXED_MINOR = 30;
/** https://docs.stripe.com/disputes/how-disputes-work: not given back, however the dispute ends. */
const DISPUTE_FEE_MINOR = 1_500;
const DAYS_UNTIL_AVAILABLE = 2;
const PER_THOUSAND = 1_000;

const KINDS = {
  charge: { type: 'charge', reporting_category: 'charge', sign: 1 },
  refund: { type: 'refund', reporting_category: 'refund', sign: -1 },
  refund_failure: { type: 'refund_failure', reporting_category: 'refund_failure', sign: 1 },
  dispute: { type: 'adjustment', reporting_category: 'dispute', sign: -1 },
  dispute_reversal: { type: 'adjustment', reporting_category: 'dispute_reversal', sign: 1 },
} as const;

interface Booking {
  readonly kind: keyof typeof KINDS;
  readonly source: string;
  readonly amount: number;
  readonly currency: string;
}

function feeOf({ kind, amount }: Booking): number {
  if (kind === 'charge') return Math.round((amount * FEE_PER_THOUSAND) / PER_THOUSAND) + FEE_FIXED_MINOR;
  return kind === 'dispute' ? DISPUTE_FEE_MINOR : 0;
}

export function book(context: Context, booking: Booking): Stripe.BalanceTransaction {
  const { type, reporting_category, sign } = KINDS[booking.kind];
  const fee = feeOf(booking);
  const { currency } = booking;
  const created = unixSeconds(context.clock);
  const amount = sign * booking.amount;
  const transaction: Stripe.BalanceTransaction = {
    id: context.ids.next('txn'),
    object: 'balance_transaction',
    amount,
    available_on: created + (DAYS_UNTIL_AVAILABLE * DAY_MS) / SECOND_MS,
    balance_type: 'payments',
    created,
    currency,
    description: null,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [
            {
              amount: fee,
              application: null,
              currency,
              description: 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: amount - fee,
    reporting_category,
    source: booking.source,
    status: 'pending',
    type,
  };
  context.store.insert('balance_transaction', transaction);
  return transaction;
}

export const BALANCE_OPERATIONS: readonly Operation[] = [
  operation({
    method: 'GET',
    path: '/v1/balance_transactions/:id',
    fields: EXPAND,
    run: ({ store }, { id }) => {
      const transaction = store.find('balance_transaction', id);
      if (transaction === null) throw missingResource('balance transaction', id, 'id');
      return ok(transaction);
    },
  }),
];
