/** Payments by their Stripe identifiers. Of a card only brand, last four digits and expiry are ever kept. */

import { sql } from 'drizzle-orm';
import { check, index, integer, pgEnum, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import type { DisputeId, OrderId, PaymentId, RefundId, SavedPaymentMethodId, UserId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { currencyCode, instant, minorUnits } from './columns.ts';
import { orders } from './orders.ts';

export const paymentStatus = pgEnum('payment_status', [
  'pending',
  'requires_action',
  'processing',
  'captured',
  'failed',
  'cancelled',
]);

export const payments = pgTable(
  'payments',
  {
    id: uuid('id').primaryKey().$type<PaymentId>(),
    orderId: uuid('order_id')
      .notNull()
      .unique()
      .$type<OrderId>()
      .references(() => orders.id),
    /** Null until Stripe has answered. */
    stripePaymentIntentId: text('stripe_payment_intent_id').unique(),
    status: paymentStatus('status').notNull(),
    amountMinor: minorUnits('amount_minor').notNull(),
    currency: currencyCode('currency').notNull(),
    brand: text('brand'),
    lastFour: text('last_four'),
    declineCode: text('decline_code'),
    createdAt: instant('created_at').notNull(),
    capturedAt: instant('captured_at'),
    /** When the reconciler last asked Stripe of it, while it was open. */
    checkedAt: instant('checked_at'),
    /** Null while the ledger lacks what Stripe kept of the charge. */
    feeBookedAt: instant('fee_booked_at'),
  },
  (table) => [
    index('payments_without_fee')
      .on(table.capturedAt)
      .where(sql`${table.status} = 'captured' and ${table.feeBookedAt} is null`),
    check('payments_amount_not_negative', sql`${table.amountMinor} >= 0`),
    check(
      'payments_captured_with_intent',
      sql`${table.status} <> 'captured' or ${table.stripePaymentIntentId} is not null or ${table.amountMinor} = 0`,
    ),
    check('payments_last_four', sql`${table.lastFour} ~ '^[0-9]{4}$'`),
  ],
);

export const refundStatus = pgEnum('refund_status', ['pending', 'succeeded', 'failed']);

export const refunds = pgTable(
  'refunds',
  {
    id: uuid('id').primaryKey().$type<RefundId>(),
    paymentId: uuid('payment_id')
      .notNull()
      .$type<PaymentId>()
      .references(() => payments.id),
    /** Null until Stripe has answered. */
    stripeRefundId: text('stripe_refund_id').unique(),
    status: refundStatus('status').notNull(),
    amountMinor: minorUnits('amount_minor').notNull(),
    reason: text('reason').notNull().default(''),
    createdAt: instant('created_at').notNull().defaultNow(),
    settledAt: instant('settled_at'),
  },
  (table) => [
    index('refunds_payment').on(table.paymentId),
    index('refunds_open').on(table.createdAt).where(sql`${table.status} = 'pending'`),
    check('refunds_amount_positive', sql`${table.amountMinor} > 0`),
  ],
);

/** Told by webhooks alone: a bank takes a charge back, and Stripe decides. */
export const disputes = pgTable(
  'disputes',
  {
    id: uuid('id').primaryKey().$type<DisputeId>(),
    paymentId: uuid('payment_id')
      .notNull()
      .$type<PaymentId>()
      .references(() => payments.id),
    stripeDisputeId: text('stripe_dispute_id').notNull().unique(),
    amountMinor: minorUnits('amount_minor').notNull(),
    /** Stripe's words: https://docs.stripe.com/api/disputes/object */
    reason: text('reason').notNull(),
    status: text('status').notNull(),
    openedAt: instant('opened_at').notNull(),
    closedAt: instant('closed_at'),
  },
  (table) => [
    index('disputes_payment').on(table.paymentId),
    check('disputes_amount_positive', sql`${table.amountMinor} > 0`),
  ],
);

export const paymentMethods = pgTable(
  'payment_methods',
  {
    id: uuid('id').primaryKey().$type<SavedPaymentMethodId>(),
    userId: uuid('user_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    stripePaymentMethodId: text('stripe_payment_method_id').notNull(),
    brand: text('brand').notNull(),
    lastFour: text('last_four').notNull(),
    expMonth: integer('exp_month').notNull(),
    expYear: integer('exp_year').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    unique('payment_methods_once_per_user').on(table.userId, table.stripePaymentMethodId),
    check('payment_methods_last_four', sql`${table.lastFour} ~ '^[0-9]{4}$'`),
    check('payment_methods_month', sql`${table.expMonth} between 1 and 12`),
  ],
);
