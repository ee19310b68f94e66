/**
 * Invoices and credit notes: their numbers, which have no gaps, and who issued them. What they say is the order's, which
 * never changes.
 */

import { sql } from 'drizzle-orm';
import { check, pgEnum, pgTable, primaryKey, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { OrderId, RefundId } from '#lib/ids.ts';
import { counter, instant } from './columns.ts';
import { orders } from './orders.ts';
import { refunds } from './payments.ts';

export const documentSeries = pgEnum('document_series', ['invoice', 'credit_note']);

/** The last number of each series that was given away. A sequence would leave gaps where a transaction fails. */
export const documentCounters = pgTable(
  'document_counters',
  {
    series: documentSeries('series').primaryKey(),
    lastNumber: counter('last_number').notNull(),
  },
  (table) => [check('document_counters_begin_at_one', sql`${table.lastNumber} >= 1`)],
);

/** Append-only. */
export const documents = pgTable(
  'documents',
  {
    series: documentSeries('series').notNull(),
    number: counter('number').notNull(),
    orderId: uuid('order_id')
      .notNull()
      .$type<OrderId>()
      .references(() => orders.id),
    /** Of a credit note: what it tells of. */
    refundId: uuid('refund_id')
      .$type<RefundId>()
      .references(() => refunds.id),
    /** Who sold, as they were called then. Lines of the address have newlines between them. */
    sellerName: text('seller_name').notNull(),
    sellerAddress: text('seller_address').notNull(),
    sellerTaxId: text('seller_tax_id').notNull(),
    issuedAt: instant('issued_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.series, table.number] }),
    uniqueIndex('documents_one_invoice').on(table.orderId).where(sql`${table.series} = 'invoice'`),
    uniqueIndex('documents_one_credit_note').on(table.refundId).where(sql`${table.refundId} is not null`),
    check(
      'documents_credit_notes_have_refunds',
      sql`(${table.series} = 'credit_note') = (${table.refundId} is not null)`,
    ),
  ],
);
