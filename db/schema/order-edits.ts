/** Edits of orders that are paid and not yet sent. What was bought stays on the order; what was taken off it is here. */

import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, pgEnum, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import type { OrderEditId, OrderId, OrderLineId, RefundId, UserId } from '#lib/ids.ts';
import { bytes, instant, minorUnits } from './columns.ts';
import { lineUnits } from './fulfilment.ts';
import { orders } from './orders.ts';

export const orderEditor = pgEnum('order_editor', ['shopper', 'staff']);

/** Append-only, but for an address that is erased. */
export const orderEdits = pgTable(
  'order_edits',
  {
    id: uuid('id').primaryKey().$type<OrderEditId>(),
    orderId: uuid('order_id')
      .notNull()
      .$type<OrderId>()
      .references(() => orders.id),
    editor: orderEditor('editor').notNull(),
    /** The member of staff, where it was one. */
    actorId: uuid('actor_id').$type<UserId>(),
    /** Of its one refund, chosen before there is one. */
    refundId: uuid('refund_id').notNull().unique().$type<RefundId>(),
    /** Null where nothing of its units was left to give back. */
    refundMinor: minorUnits('refund_minor'),
    /** Where the order went until then, sealed by the field cipher; null where that stays. */
    addressBefore: bytes('address_before'),
    changesAddress: boolean('changes_address').notNull(),
    madeAt: instant('made_at').notNull(),
  },
  (table) => [
    index('order_edits_order').on(table.orderId, table.madeAt),
    check('order_edits_refund_positive', sql`${table.refundMinor} > 0`),
    check('order_edits_address_changed', sql`${table.addressBefore} is null or ${table.changesAddress}`),
  ],
);

/** Units that were taken off a line. */
export const orderEditLines = pgTable(
  'order_edit_lines',
  {
    editId: uuid('edit_id')
      .notNull()
      .$type<OrderEditId>()
      .references(() => orderEdits.id),
    lineId: uuid('line_id')
      .notNull()
      .$type<OrderLineId>()
      .references(() => lineUnits.lineId),
    removed: integer('removed').notNull(),
    /** What was charged for them. */
    chargedMinor: minorUnits('charged_minor').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.editId, table.lineId] }),
    check('order_edit_lines_removed_positive', sql`${table.removed} > 0`),
    check('order_edit_lines_charge_not_negative', sql`${table.chargedMinor} >= 0`),
  ],
);
