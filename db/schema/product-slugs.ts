/** Slugs that products had before: whoever asks by one is sent to the present one. */

import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { ProductId } from '#lib/ids.ts';
import { products } from './catalog.ts';
import { instant } from './columns.ts';

export const productSlugs = pgTable(
  'product_slugs',
  {
    slug: text('slug').primaryKey(),
    productId: uuid('product_id')
      .notNull()
      .$type<ProductId>()
      .references(() => products.id, { onDelete: 'cascade' }),
    retiredAt: instant('retired_at').notNull(),
  },
  (table) => [index('product_slugs_product').on(table.productId, table.retiredAt)],
);
