/** Returns: what shoppers send back, why, and what becomes of it and of their money. */

import { sql } from 'drizzle-orm';
import { check, index, integer, pgEnum, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { OrderId, OrderLineId, RefundId, ReturnId } from '#lib/ids.ts';
import { instant, minorUnits } from './columns.ts';
import { lineUnits } from './fulfilment.ts';
import { orders } from './orders.ts';

export const returnStatus = pgEnum('return_status', [
  'requested',
  'authorised',
  'rejected',
  'withdrawn',
  'received',
  'refunded',
]);

export const returnReason = pgEnum('return_reason', [
  'damaged',
  'defective',
  'wrong_item',
  'not_as_described',
  'arrived_late',
  'no_longer_wanted',
  'other',
]);

export const returns = pgTable(
  'returns',
  {
    id: uuid('id').primaryKey().$type<ReturnId>(),
    orderId: uuid('order_id')
      .notNull()
      .$type<OrderId>()
      .references(() => orders.id),
    status: returnStatus('status').notNull(),
    reason: returnReason('reason').notNull(),
    /** The shopper's words; taken out when they are erased. */
    note: text('note').notNull().default(''),
    /** Why staff rejected it; the shopper reads it. */
    answer: text('answer').notNull().default(''),
    /** Of its one refund, chosen before there is one: whoever makes it twice makes the same. */
    refundId: uuid('refund_id').notNull().unique().$type<RefundId>(),
    refundMinor: minorUnits('refund_minor'),
    requestedAt: instant('requested_at').notNull(),
    decidedAt: instant('decided_at'),
    receivedAt: instant('received_at'),
    refundedAt: instant('refunded_at'),
  },
  (table) => [
    index('returns_order').on(table.orderId),
    check(
      'returns_refund_whole',
      sql`(${table.status} = 'refunded') = (${table.refundMinor} is not null)
        and (${table.refundMinor} is null) = (${table.refundedAt} is null)`,
    ),
    check('returns_refund_positive', sql`${table.refundMinor} > 0`),
  ],
);

export const returnLines = pgTable(
  'return_lines',
  {
    returnId: uuid('return_id')
      .notNull()
      .$type<ReturnId>()
      .references(() => returns.id),
    lineId: uuid('line_id')
      .notNull()
      .$type<OrderLineId>()
      .references(() => lineUnits.lineId),
    quantity: integer('quantity').notNull(),
    /** Of what came: back on the shelf, or not fit for it. */
    restocked: integer('restocked').notNull().default(0),
    writtenOff: integer('written_off').notNull().default(0),
    /** What was charged for the units that came. */
    chargedMinor: minorUnits('charged_minor').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.returnId, table.lineId] }),
    check('return_lines_quantity_positive', sql`${table.quantity} > 0`),
    check(
      'return_lines_came_were_asked',
      sql`least(${table.restocked}, ${table.writtenOff}) >= 0
        and ${table.restocked} + ${table.writtenOff} <= ${table.quantity}`,
    ),
  ],
);
