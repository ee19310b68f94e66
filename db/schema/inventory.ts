/** Stock: what is there, what is promised, and a ledger that explains both. */

import { sql } from 'drizzle-orm';
import {
  check,
  index,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { OrderId, StockLocationId, StockMoveId, UserId, VariantId } from '#lib/ids.ts';
import { variants } from './catalog.ts';
import { instant, sequence } from './columns.ts';
import { stockLocations } from './stock-locations.ts';

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
    /** Of those on hand: the units that lie at other locations than the default one, which has the rest. */
    elsewhere: integer('elsewhere').notNull().default(0),
    reserved: integer('reserved').notNull().default(0),
    /** With so many left to sell, or fewer, the stock is low. */
    lowAt: integer('low_at').notNull().default(DEFAULT_LOW_AT),
  },
  (table) => [
    check('inventory_on_hand_not_negative', sql`${table.onHand} >= 0`),
    check('inventory_low_at_not_negative', sql`${table.lowAt} >= 0`),
    check('inventory_reserved_not_negative', sql`${table.reserved} >= 0`),
    check('inventory_reserved_is_on_hand', sql`${table.reserved} <= ${table.onHand}`),
    check('inventory_elsewhere_is_on_hand', sql`${table.elsewhere} between 0 and ${table.onHand}`),
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

/**
 * What lies at each location but the default one; it is changed by whoever has locked the variant's inventory, whose
 * `elsewhere` is its sum.
 */
export const locationStock = pgTable(
  'location_stock',
  {
    variantId: uuid('variant_id')
      .notNull()
      .$type<VariantId>()
      .references(() => inventory.variantId),
    locationId: uuid('location_id')
      .notNull()
      .$type<StockLocationId>()
      .references(() => stockLocations.id),
    onHand: integer('on_hand').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.variantId, table.locationId] }),
    index('location_stock_location').on(table.locationId).where(sql`${table.onHand} > 0`),
    check('location_stock_not_negative', sql`${table.onHand} >= 0`),
    check('location_stock_is_elsewhere', sql`${table.locationId} <> '01890a5d-ac96-7000-8000-000000000001'`),
  ],
);

export const locationMovement = pgEnum('location_movement', [
  'receipt',
  'correction',
  'sale',
  'return',
  /** Taken off the order before it was packed. */
  'removal',
  'transfer',
  'reroute',
]);

/**
 * Append-only. Its sums over a variant and a location are the rows of `location_stock`. What comes to the default
 * location and leaves it is in the stock ledger alone, but a move from one location to another has both its ends here.
 */
export const locationLedger = pgTable(
  'location_ledger',
  {
    id: sequence('id').primaryKey(),
    variantId: uuid('variant_id')
      .notNull()
      .$type<VariantId>()
      .references(() => variants.id),
    locationId: uuid('location_id')
      .notNull()
      .$type<StockLocationId>()
      .references(() => stockLocations.id),
    movement: locationMovement('movement').notNull(),
    delta: integer('delta').notNull(),
    orderId: uuid('order_id').$type<OrderId>(),
    /** The two ends of a move have the same. */
    moveId: uuid('move_id').$type<StockMoveId>(),
    /** Who did it by hand. */
    actorId: uuid('actor_id').$type<UserId>(),
    reason: text('reason').notNull().default(''),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('location_ledger_variant').on(table.variantId, table.id),
    uniqueIndex('location_ledger_sold_once')
      .on(table.orderId, table.variantId, table.locationId)
      .where(sql`${table.movement} = 'sale'`),
    uniqueIndex('location_ledger_two_ends')
      .on(table.moveId, table.locationId)
      .where(sql`${table.moveId} is not null`),
    check('location_ledger_moves_something', sql`${table.delta} <> 0`),
    check(
      'location_ledger_of_orders',
      sql`(${table.movement} in ('sale', 'return', 'removal', 'reroute')) = (${table.orderId} is not null)`,
    ),
    check(
      'location_ledger_of_moves',
      sql`(${table.movement} in ('transfer', 'reroute')) = (${table.moveId} is not null)`,
    ),
  ],
);
