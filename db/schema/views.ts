/** Which products signed-in shoppers have looked at, as far as they let the shop know. */

import { sql } from 'drizzle-orm';
import { index, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import type { ProductId, UserId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { products } from './catalog.ts';
import { instant } from './columns.ts';

export const productViews = pgTable(
  'product_views',
  {
    userId: uuid('user_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    productId: uuid('product_id')
      .notNull()
      .$type<ProductId>()
      .references(() => products.id),
    /** The last time. */
    seenAt: instant('seen_at').notNull(),
    /** When it was last counted among what is seen together; null while that is to be done. */
    learntAt: instant('learnt_at'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.productId] }),
    index('product_views_newest').on(table.userId, table.seenAt),
    index('product_views_unlearnt').on(table.seenAt).where(sql`${table.learntAt} is null`),
    index('product_views_oldest').on(table.seenAt),
  ],
);
