/** Stock: what is there, what is promised, and a ledger that explains both. */

import { sql } from 'drizzle-orm';
import { check, index, integer, pgEnum, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { OrderId, UserId, VariantId } from '#lib/ids.ts';
import { variants } from './catalog.ts';
import { instant, sequence } from './columns.ts';

export const stockMovement = pgEnum('stock_movement', [
  'receipt',
  'reservation',
  'release',
  'sale',
  'return',
  'correction',
]);

const DEFAULT_LOW_AT = 5;

/** Units that can be sold are `onHand - reserved`. */
export const inventory = pgTable(
  'inventory',
  {
    variantId: uuid('variant_id')
      .primaryKey()
      .$type<VariantId>()
      .references(() => variants.id),
    onHand: integer('on_hand').notNull().default(0),
    reserved: integer('reserved').notNull().default(0),
    /** With so many left to sell, or fewer, the stock is low. */
    lowAt: integer('low_at').notNull().default(DEFAULT_LOW_AT),
  },
  (table) => [
    check('inventory_on_hand_not_negative', sql`${table.onHand} >= 0`),
    check('inventory_low_at_not_negative', sql`${table.lowAt} >= 0`),
    check('inventory_reserved_not_negative', sql`${table.reserved} >= 0`),
    check('inventory_reserved_is_on_hand', sql`${table.reserved} <= ${table.onHand}`),
  ],
);

/** Append-only. The sums of both deltas over a variant are its inventory row. */
export const stockLedger = pgTable(
  'stock_ledger',
  {
    id: sequence('id').primaryKey(),
    variantId: uuid('variant_id')
      .notNull()
      .$type<VariantId>()
      .references(() => variants.id),
    movement: stockMovement('movement').notNull(),
    onHandDelta: integer('on_hand_delta').notNull(),
    reservedDelta: integer('reserved_delta').notNull(),
    orderId: uuid('order_id').$type<OrderId>(),
    /** Who corrected it by hand. */
    actorId: uuid('actor_id').$type<UserId>(),
    reason: text('reason').notNull().default(''),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('stock_ledger_variant').on(table.variantId, table.id),
    uniqueIndex('stock_ledger_once_per_order')
      .on(table.orderId, table.variantId, table.movement)
      .where(sql`${table.orderId} is not null and ${table.movement} in ('reservation', 'release', 'sale')`),
    check('stock_ledger_moves_something', sql`${table.onHandDelta} <> 0 or ${table.reservedDelta} <> 0`),
  ],
);
