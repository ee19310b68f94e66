/**
 * What is bought, and what is bought or looked at together: of products alone, with nobody's name to it. Heat is what
 * cools down by itself: the logarithm of a sum in which each purchase weighs twice as much as one of a half-life before. So it needs
 * no rewriting as time goes by, and comes to the same in whatever order purchases are heard of.
 */

import { sql } from 'drizzle-orm';
import { check, doublePrecision, index, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import type { ProductId } from '#lib/ids.ts';

/** Each pair both ways; of each product only the hottest are kept. */
export const productPairs = pgTable(
  'product_pairs',
  {
    productId: uuid('product_id').notNull().$type<ProductId>(),
    otherId: uuid('other_id').notNull().$type<ProductId>(),
    heat: doublePrecision('heat').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.productId, table.otherId] }),
    index('product_pairs_hottest').on(table.productId, table.heat, table.otherId),
    check('product_pairs_of_two', sql`${table.productId} <> ${table.otherId}`),
  ],
);

/** At most one row for each product. */
export const productTrends = pgTable(
  'product_trends',
  { productId: uuid('product_id').primaryKey().$type<ProductId>(), heat: doublePrecision('heat').notNull() },
  (table) => [index('product_trends_hottest').on(table.heat, table.productId)],
);
