/** Discounts, automatic or by a code, and how often each was used. */

import { sql } from 'drizzle-orm';
import {
  boolean,
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
import type { CategoryId, CustomerGroupId, DiscountId, ProductId } from '#lib/ids.ts';
import { bytes, counter, currencyCode, instant, minorUnits } from './columns.ts';
import { customerGroups } from './pricing.ts';

export const discountKind = pgEnum('discount_kind', ['percent', 'amount', 'free_shipping', 'buy_get']);

/** What is in force, and how it stacks, is told in `origin/pricing/discounts.ts`. */
export const discounts = pgTable(
  'discounts',
  {
    id: uuid('id').primaryKey().$type<DiscountId>(),
    name: text('name').notNull(),
    /** In capitals; null for one that applies by itself. */
    code: text('code'),
    kind: discountKind('kind').notNull(),
    /** Of `percent` and `buy_get`: parts per million taken off. */
    ppm: integer('ppm'),
    amountMinor: minorUnits('amount_minor'),
    buyQuantity: integer('buy_quantity'),
    getQuantity: integer('get_quantity'),
    /** Of its amount and its minimum; null where it has neither, and is for carts in any. */
    currency: currencyCode('currency'),
    minimumMinor: minorUnits('minimum_minor').notNull().default(sql`0`),
    exclusive: boolean('exclusive').notNull().default(false),
    productIds: uuid('product_ids').array().notNull().default([]).$type<ProductId[]>(),
    categoryIds: uuid('category_ids').array().notNull().default([]).$type<CategoryId[]>(),
    groupId: uuid('group_id')
      .$type<CustomerGroupId>()
      .references(() => customerGroups.id),
    firstOrderOnly: boolean('first_order_only').notNull().default(false),
    /** Null for no limit. */
    maxUses: integer('max_uses'),
    maxUsesPerCustomer: integer('max_uses_per_customer'),
    /** Orders that have it and are neither cancelled nor failed; counted for codes alone. */
    uses: integer('uses').notNull().default(0),
    validFrom: instant('valid_from').notNull(),
    validUntil: instant('valid_until'),
    version: counter('version').notNull().default(1),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('discounts_code').on(table.code).where(sql`${table.code} is not null`),
    index('discounts_automatic').on(table.validUntil).where(sql`${table.code} is null`),
    check('discounts_code_in_capitals', sql`${table.code} = upper(${table.code})`),
    check('discounts_within_the_whole', sql`${table.ppm} between 1 and 1000000`),
    check('discounts_amount_positive', sql`${table.amountMinor} > 0`),
    check('discounts_minimum_not_negative', sql`${table.minimumMinor} >= 0`),
    check(
      'discounts_have_what_they_take_off',
      sql`(${table.kind} in ('percent', 'buy_get')) = (${table.ppm} is not null)
        and (${table.kind} = 'amount') = (${table.amountMinor} is not null)
        and (${table.kind} = 'buy_get') = (${table.buyQuantity} is not null and ${table.getQuantity} is not null)`,
    ),
    check(
      'discounts_name_their_currency',
      sql`(${table.amountMinor} is null and ${table.minimumMinor} = 0) = (${table.currency} is null)`,
    ),
    check(
      'discounts_limits_are_of_codes',
      sql`${table.code} is not null or (${table.maxUses} is null and ${table.maxUsesPerCustomer} is null)`,
    ),
    check('discounts_uses_within_limit', sql`${table.uses} >= 0 and ${table.uses} <= ${table.maxUses}`),
    check('discounts_window', sql`${table.validUntil} >= ${table.validFrom}`),
  ],
);

/** How often each customer has a code's discount in orders that live. */
export const discountCustomers = pgTable(
  'discount_customers',
  {
    discountId: uuid('discount_id')
      .notNull()
      .$type<DiscountId>()
      .references(() => discounts.id),
    /** A digest of who it is, other with each discount. */
    customer: bytes('customer').notNull(),
    uses: integer('uses').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.discountId, table.customer] }),
    check('discount_customers_uses_not_negative', sql`${table.uses} >= 0`),
  ],
);
