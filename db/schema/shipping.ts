/** Where the shop ships to, how, and what it costs. */

import { sql } from 'drizzle-orm';
import { char, check, index, jsonb, pgEnum, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { ShippingMethodId, ShippingZoneId, StockLocationId } from '#lib/ids.ts';
import { counter, currencyCode, instant, minorUnits } from './columns.ts';
import { stockLocations } from './stock-locations.ts';

export const shippingZones = pgTable('shipping_zones', {
  id: uuid('id').primaryKey().$type<ShippingZoneId>(),
  name: text('name').notNull(),
  version: counter('version').notNull().default(1),
  createdAt: instant('created_at').notNull().defaultNow(),
});

/** An area is in one zone. Of those that an address lies in the narrowest counts: postal prefix, region, country. */
export const shippingAreas = pgTable(
  'shipping_areas',
  {
    zoneId: uuid('zone_id')
      .notNull()
      .$type<ShippingZoneId>()
      .references(() => shippingZones.id, { onDelete: 'cascade' }),
    country: char('country', { length: 2 }).notNull(),
    region: text('region').notNull().default(''),
    postalPrefix: text('postal_prefix').notNull().default(''),
  },
  (table) => [
    primaryKey({ columns: [table.country, table.region, table.postalPrefix] }),
    index('shipping_areas_zone').on(table.zoneId),
  ],
);

export const shippingKind = pgEnum('shipping_kind', [
  'flat',
  'by_weight',
  'by_price',
  'by_quantity',
  'pickup',
]);

/** What it costs from a weight in grams, a price in minor units, or a number of units on. */
export interface RateStep {
  readonly from: number;
  readonly rateMinor: number;
}

export const shippingMethods = pgTable(
  'shipping_methods',
  {
    id: uuid('id').primaryKey().$type<ShippingMethodId>(),
    /** Null for pick-up, which has no destination. */
    zoneId: uuid('zone_id')
      .$type<ShippingZoneId>()
      .references(() => shippingZones.id),
    /** Where it is picked up. */
    locationId: uuid('location_id')
      .$type<StockLocationId>()
      .references(() => stockLocations.id),
    name: text('name').notNull(),
    kind: shippingKind('kind').notNull(),
    currency: currencyCode('currency').notNull(),
    /** In ascending order, the first from 0. */
    steps: jsonb('steps').notNull().$type<readonly RateStep[]>(),
    freeFromMinor: minorUnits('free_from_minor'),
    version: counter('version').notNull().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
    endedAt: instant('ended_at'),
  },
  (table) => [
    index('shipping_methods_zone').on(table.zoneId),
    check('shipping_methods_have_a_zone', sql`(${table.zoneId} is null) = (${table.kind} = 'pickup')`),
    check(
      'shipping_methods_location_of_pickup',
      sql`${table.locationId} is null or ${table.kind} = 'pickup'`,
    ),
  ],
);
