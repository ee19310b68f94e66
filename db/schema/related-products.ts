/** Products that a seller has put beside another one by hand. */

import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import type { ProductId } from '#lib/ids.ts';
import { products } from './catalog.ts';

export const relatedProducts = pgTable(
  'related_products',
  {
    productId: uuid('product_id')
      .notNull()
      .$type<ProductId>()
      .references(() => products.id, { onDelete: 'cascade' }),
    relatedId: uuid('related_id')
      .notNull()
      .$type<ProductId>()
      .references(() => products.id, { onDelete: 'cascade' }),
    position: integer('position').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.productId, table.relatedId] }),
    index('related_products_related').on(table.relatedId),
    check('related_products_are_others', sql`${table.productId} <> ${table.relatedId}`),
  ],
);
