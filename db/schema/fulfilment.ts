/** What becomes of an order's goods: how many units of each line have gone how far, and in which parcels. */

import { sql } from 'drizzle-orm';
import { check, index, integer, pgEnum, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { OrderId, OrderLineId, ShipmentId, StockLocationId } from '#lib/ids.ts';
import { instant } from './columns.ts';
import { orderLines, orders } from './orders.ts';
import { stockLocations } from './stock-locations.ts';

/**
 * The units of a line, once something has been done with one of them. A unit that has gone far is counted in each
 * column that it has passed; the checks hold whoever writes, and however many at once.
 */
export const lineUnits = pgTable(
  'line_units',
  {
    lineId: uuid('line_id')
      .primaryKey()
      .$type<OrderLineId>()
      .references(() => orderLines.id),
    orderId: uuid('order_id')
      .notNull()
      .$type<OrderId>()
      .references(() => orders.id),
    /** As the line has it. */
    bought: integer('bought').notNull(),
    /** Put into a parcel. */
    packed: integer('packed').notNull().default(0),
    shipped: integer('shipped').notNull().default(0),
    delivered: integer('delivered').notNull().default(0),
    /** In returns that are neither rejected nor withdrawn. */
    comingBack: integer('coming_back').notNull().default(0),
    /** Come back. */
    returned: integer('returned').notNull().default(0),
    /** Taken off the order before they were packed. */
    removed: integer('removed').notNull().default(0),
  },
  (table) => [
    index('line_units_order').on(table.orderId),
    check(
      'line_units_not_negative',
      sql`least(${table.packed}, ${table.shipped}, ${table.delivered}, ${table.comingBack}, ${table.returned}) >= 0`,
    ),
    check('line_units_packed_were_bought', sql`${table.packed} <= ${table.bought}`),
    check(
      'line_units_removed_were_not_packed',
      sql`${table.removed} >= 0 and ${table.packed} + ${table.removed} <= ${table.bought}`,
    ),
    check('line_units_shipped_were_packed', sql`${table.shipped} <= ${table.packed}`),
    check('line_units_delivered_were_shipped', sql`${table.delivered} <= ${table.shipped}`),
    check('line_units_coming_back_were_shipped', sql`${table.comingBack} <= ${table.shipped}`),
    check('line_units_returned_were_coming_back', sql`${table.returned} <= ${table.comingBack}`),
  ],
);

/**
 * Which location sends how many units of a line: written with the sale, changed by who routes units anew. An order of
 * which there is none at all had everything from the default location.
 */
export const orderAllocations = pgTable(
  'order_allocations',
  {
    lineId: uuid('line_id')
      .notNull()
      .$type<OrderLineId>()
      .references(() => orderLines.id),
    locationId: uuid('location_id')
      .notNull()
      .$type<StockLocationId>()
      .references(() => stockLocations.id),
    orderId: uuid('order_id')
      .notNull()
      .$type<OrderId>()
      .references(() => orders.id),
    quantity: integer('quantity').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.lineId, table.locationId] }),
    index('order_allocations_order').on(table.orderId),
    index('order_allocations_location').on(table.locationId, table.orderId),
    check('order_allocations_not_negative', sql`${table.quantity} >= 0`),
  ],
);

export const shipmentStatus = pgEnum('shipment_status', ['packed', 'shipped', 'delivered', 'unpacked']);

/** A parcel. What it says of its way is for whoever waits for it. */
export const shipments = pgTable(
  'shipments',
  {
    id: uuid('id').primaryKey().$type<ShipmentId>(),
    orderId: uuid('order_id')
      .notNull()
      .$type<OrderId>()
      .references(() => orders.id),
    status: shipmentStatus('status').notNull(),
    carrier: text('carrier'),
    trackingNumber: text('tracking_number'),
    /** Always https. */
    trackingUrl: text('tracking_url'),
    /** Which it leaves from; null for those of the time when there was but one. */
    locationId: uuid('location_id')
      .$type<StockLocationId>()
      .references(() => stockLocations.id),
    packedAt: instant('packed_at').notNull(),
    shippedAt: instant('shipped_at'),
    deliveredAt: instant('delivered_at'),
  },
  (table) => [
    index('shipments_order').on(table.orderId),
    check('shipments_tracking_url_https', sql`${table.trackingUrl} like 'https://%'`),
    check(
      'shipments_shipped_at',
      sql`(${table.shippedAt} is not null) = (${table.status} in ('shipped', 'delivered'))`,
    ),
    check(
      'shipments_delivered_at',
      sql`(${table.deliveredAt} is not null) = (${table.status} = 'delivered')`,
    ),
  ],
);

export const shipmentLines = pgTable(
  'shipment_lines',
  {
    shipmentId: uuid('shipment_id')
      .notNull()
      .$type<ShipmentId>()
      .references(() => shipments.id),
    lineId: uuid('line_id')
      .notNull()
      .$type<OrderLineId>()
      .references(() => lineUnits.lineId),
    quantity: integer('quantity').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.shipmentId, table.lineId] }),
    check('shipment_lines_quantity_positive', sql`${table.quantity} > 0`),
  ],
);
