/** What the shop sells in, to whom and for how much: currencies, customer groups, price lists and tax rates. */

import { sql } from 'drizzle-orm';
import {
  boolean,
  char,
  check,
  index,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import type { CustomerGroupId, PriceId, ProductId, TaxRateId, UserId, VariantId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { products, variants } from './catalog.ts';
import { counter, currencyCode, instant, minorUnits } from './columns.ts';

/** The shop's own is always sold in; its row only says whether its prices contain the tax. */
export const currencies = pgTable('currencies', {
  code: currencyCode('code').primaryKey(),
  /** Whether prices, those of shipping too, contain the tax. */
  taxInclusive: boolean('tax_inclusive').notNull().default(false),
  version: counter('version').notNull().default(1),
  createdAt: instant('created_at').notNull().defaultNow(),
  /** From then on nothing is sold in it. */
  endedAt: instant('ended_at'),
});

export const customerGroups = pgTable('customer_groups', {
  id: uuid('id').primaryKey().$type<CustomerGroupId>(),
  name: text('name').notNull().unique(),
  taxExempt: boolean('tax_exempt').notNull().default(false),
  version: counter('version').notNull().default(1),
  createdAt: instant('created_at').notNull().defaultNow(),
  /** From then on nobody is in it. */
  endedAt: instant('ended_at'),
});

export const customerGroupMembers = pgTable(
  'customer_group_members',
  {
    userId: uuid('user_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    groupId: uuid('group_id')
      .notNull()
      .$type<CustomerGroupId>()
      .references(() => customerGroups.id),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.groupId] }),
    index('customer_group_members_group').on(table.groupId),
  ],
);

export const priceKind = pgEnum('price_kind', ['regular', 'sale']);

/**
 * Of the prices that are in force for a customer and a quantity the lowest counts; in the shop's currency the variant's own
 * is one of them, unless there is one for everybody and any quantity. Two of one kind never overlap: `prices_never_overlap`
 * in the migrations.
 */
export const prices = pgTable(
  'prices',
  {
    id: uuid('id').primaryKey().$type<PriceId>(),
    variantId: uuid('variant_id')
      .notNull()
      .$type<VariantId>()
      .references(() => variants.id),
    currency: currencyCode('currency').notNull(),
    kind: priceKind('kind').notNull(),
    /** Null for everybody. */
    groupId: uuid('group_id')
      .$type<CustomerGroupId>()
      .references(() => customerGroups.id),
    /** Units on one line from which on it counts. */
    minQuantity: integer('min_quantity').notNull().default(1),
    priceMinor: minorUnits('price_minor').notNull(),
    compareAtMinor: minorUnits('compare_at_minor'),
    validFrom: instant('valid_from').notNull(),
    /** Null for ever; from this instant on it counts no more. */
    validUntil: instant('valid_until'),
    version: counter('version').notNull().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('prices_variant').on(table.variantId, table.currency),
    check('prices_price_not_negative', sql`${table.priceMinor} >= 0`),
    check('prices_compare_at_above', sql`${table.compareAtMinor} > ${table.priceMinor}`),
    check('prices_quantity_positive', sql`${table.minQuantity} > 0`),
    check('prices_window', sql`${table.validUntil} >= ${table.validFrom}`),
  ],
);

/**
 * The lowest price of a product that is in force, in each currency but the shop's own, whose stands on the product: what
 * lists in that currency are sorted and filtered by. Derived; see `db/current-prices.ts`.
 */
export const listedPrices = pgTable(
  'listed_prices',
  {
    productId: uuid('product_id')
      .notNull()
      .$type<ProductId>()
      .references(() => products.id),
    currency: currencyCode('currency').notNull(),
    priceMinor: minorUnits('price_minor').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.productId, table.currency] }),
    index('listed_prices_order').on(table.currency, table.priceMinor, table.productId),
  ],
);

const MAX_PPM = 1_000_000;

/** The one of a region counts before the one of its whole country. No two overlap: `tax_rates_never_overlap`. */
export const taxRates = pgTable(
  'tax_rates',
  {
    id: uuid('id').primaryKey().$type<TaxRateId>(),
    name: text('name').notNull(),
    /** ISO 3166-1 alpha-2. */
    country: char('country', { length: 2 }).notNull(),
    /** ISO 3166-2 without the country: `NY`; empty for the whole country. */
    region: text('region').notNull().default(''),
    category: text('category').notNull(),
    /** Parts per million: 190,000 is 19 %. */
    ratePpm: integer('rate_ppm').notNull(),
    validFrom: instant('valid_from').notNull(),
    validUntil: instant('valid_until'),
    version: counter('version').notNull().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    index('tax_rates_place').on(table.country, table.region),
    check('tax_rates_in_range', sql`${table.ratePpm} between 0 and ${sql.raw(String(MAX_PPM))}`),
    check('tax_rates_window', sql`${table.validUntil} >= ${table.validFrom}`),
  ],
);
