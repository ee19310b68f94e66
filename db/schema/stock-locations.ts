/** Where stock lies: the warehouses and shops that parcels leave from. */

import { sql } from 'drizzle-orm';
import { boolean, char, check, doublePrecision, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { StockLocationId } from '#lib/ids.ts';
import { counter, instant } from './columns.ts';

/**
 * The one location that every shop has: what is not said to be anywhere else is here. Its row is written when something
 * first names it or changes it; until then it is as good as there.
 */
export const DEFAULT_LOCATION = '01890a5d-ac96-7000-8000-000000000001' as StockLocationId;

const DEFAULT_PRIORITY = 100;

export const stockLocations = pgTable(
  'stock_locations',
  {
    id: uuid('id').primaryKey().$type<StockLocationId>(),
    name: text('name').notNull(),
    /** Null where nobody has said it yet. */
    country: char('country', { length: 2 }),
    region: text('region').notNull().default(''),
    postalCode: text('postal_code').notNull().default(''),
    latitude: doublePrecision('latitude'),
    longitude: doublePrecision('longitude'),
    /** Of locations that are as near, the one with the lowest number sends. */
    priority: integer('priority').notNull().default(DEFAULT_PRIORITY),
    /** Nothing comes to, or leaves, one that is not. */
    active: boolean('active').notNull().default(true),
    version: counter('version').notNull().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    check(
      'stock_locations_coordinates_whole',
      sql`(${table.latitude} is null) = (${table.longitude} is null)`,
    ),
    check(
      'stock_locations_coordinates_on_earth',
      sql`${table.latitude} between -90 and 90 and ${table.longitude} between -180 and 180`,
    ),
    check(
      'stock_locations_default_stays',
      sql`${table.active} or ${table.id} <> '01890a5d-ac96-7000-8000-000000000001'`,
    ),
  ],
);
