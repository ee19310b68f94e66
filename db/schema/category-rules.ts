/** Which products a category takes in by itself, and which it has taken in so. */

import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { CategoryId, ProductId } from '#lib/ids.ts';
import { categories, products } from './catalog.ts';
import { counter, instant } from './columns.ts';

/** A price is the cheapest variant's, in minor units of the shop's currency; a value of an attribute is as it is kept. */
export type CategoryCondition =
  | { readonly field: 'tag' | 'vendor' | 'title'; readonly value: string }
  | { readonly field: 'attribute'; readonly key: string; readonly value: string }
  | { readonly field: 'price'; readonly from?: number; readonly to?: number };

export const categoryRules = pgTable(
  'category_rules',
  {
    categoryId: uuid('category_id')
      .primaryKey()
      .$type<CategoryId>()
      .references(() => categories.id),
    /** Whether a product has to meet all of the conditions, or any one of them. */
    match: text('match').notNull().$type<'all' | 'any'>(),
    conditions: jsonb('conditions').notNull().$type<readonly CategoryCondition[]>(),
    version: counter('version').notNull().default(1),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    check('category_rules_match', sql`${table.match} in ('all', 'any')`),
    check('category_rules_have_conditions', sql`jsonb_array_length(${table.conditions}) > 0`),
  ],
);

/** By a rule alone: what was put into a category by hand says so in its own row. */
export const categoryMembers = pgTable(
  'category_members',
  {
    categoryId: uuid('category_id')
      .notNull()
      .$type<CategoryId>()
      .references(() => categories.id),
    productId: uuid('product_id')
      .notNull()
      .$type<ProductId>()
      .references(() => products.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.categoryId, table.productId] }),
    index('category_members_product').on(table.productId),
  ],
);
