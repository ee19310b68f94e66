/** Returns: what shoppers send back, why, and what becomes of it and of their money. */

import { sql } from 'drizzle-orm';
import { check, index, integer, pgEnum, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { OrderId, OrderLineId, RefundId, ReturnId, VariantId } from '#lib/ids.ts';
import { minor } from '#lib/money.ts';
import { variants } from './catalog.ts';
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
  'exchanged',
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

const NOTHING = minor(0);

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
    /** What the shopper would rather have, at what it cost when they asked: what they had paid, for the same again. */
    replacementId: uuid('replacement_id')
      .$type<VariantId>()
      .references(() => variants.id),
    replacementMinor: minorUnits('replacement_minor'),
    /** Of the units that came: those for which a replacement goes out, and what of their charge pays for it. */
    exchanged: integer('exchanged').notNull().default(0),
    exchangedMinor: minorUnits('exchanged_minor').notNull().default(NOTHING),
  },
  (table) => [
    primaryKey({ columns: [table.returnId, table.lineId] }),
    check('return_lines_quantity_positive', sql`${table.quantity} > 0`),
    check(
      'return_lines_came_were_asked',
      sql`least(${table.restocked}, ${table.writtenOff}) >= 0
        and ${table.restocked} + ${table.writtenOff} <= ${table.quantity}`,
    ),
    check(
      'return_lines_replacement_has_a_price',
      sql`(${table.replacementId} is null) = (${table.replacementMinor} is null) and ${table.replacementMinor} >= 0`,
    ),
    check(
      'return_lines_exchanged_came',
      sql`${table.exchanged} between 0 and ${table.restocked} + ${table.writtenOff}
        and ${table.exchangedMinor} between 0 and ${table.chargedMinor}`,
    ),
  ],
);

/** The order by which the replacements of a return go out: nothing is charged for it. */
export const exchanges = pgTable('exchanges', {
  returnId: uuid('return_id')
    .primaryKey()
    .$type<ReturnId>()
    .references(() => returns.id),
  orderId: uuid('order_id')
    .notNull()
    .unique()
    .$type<OrderId>()
    .references(() => orders.id),
  madeAt: instant('made_at').notNull(),
});
