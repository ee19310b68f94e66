/**
 * Money that moved, by double entry: append-only, and each transaction comes to zero, which the database holds.
 * What an order has paid and what of it is refunded is read from here.
 */

import { sql } from 'drizzle-orm';
import { check, index, pgEnum, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import type { LedgerTransactionId, OrderId } from '#lib/ids.ts';
import { currencyCode, instant, minorUnits } from './columns.ts';
import { orders } from './orders.ts';

export const ledgerKind = pgEnum('ledger_kind', [
  'capture',
  'fee',
  'refund',
  'refund_reversal',
  'dispute',
  'dispute_reversal',
]);

/** `stripe_balance` is what Stripe owes us; the others say why it changed. */
export const ledgerAccount = pgEnum('ledger_account', [
  'stripe_balance',
  'sales',
  'fees',
  'refunds',
  'disputes',
]);

export const ledgerTransactions = pgTable(
  'ledger_transactions',
  {
    id: uuid('id').primaryKey().$type<LedgerTransactionId>(),
    orderId: uuid('order_id')
      .notNull()
      .$type<OrderId>()
      .references(() => orders.id),
    kind: ledgerKind('kind').notNull(),
    /** Stripe's id of what moved the money: of the intent, the refund, the dispute. */
    source: text('source').notNull(),
    currency: currencyCode('currency').notNull(),
    occurredAt: instant('occurred_at').notNull(),
  },
  (table) => [
    /** However often it is told of, money moves once. */
    unique('ledger_transactions_once').on(table.kind, table.source),
    index('ledger_transactions_order').on(table.orderId),
  ],
);

/** Debits are positive, credits negative. */
export const ledgerEntries = pgTable(
  'ledger_entries',
  {
    transactionId: uuid('transaction_id')
      .notNull()
      .$type<LedgerTransactionId>()
      .references(() => ledgerTransactions.id),
    account: ledgerAccount('account').notNull(),
    amountMinor: minorUnits('amount_minor').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.transactionId, table.account] }),
    check('ledger_entries_move_something', sql`${table.amountMinor} <> 0`),
  ],
);
