/** What shoppers have put aside: lists of their own, which they may show to others by a link. */

import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  index,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { UserId, VariantId, WishListId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { variants } from './catalog.ts';
import { bytes, currencyCode, instant, minorUnits } from './columns.ts';

export const MAX_WISH_LIST_NAME_LENGTH = 80;

export const wishLists = pgTable(
  'wish_lists',
  {
    id: uuid('id').primaryKey().$type<WishListId>(),
    userId: uuid('user_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** Takes what is put aside without a list being named. Made when it is first needed, and never deleted alone. */
    isDefault: boolean('is_default').notNull().default(false),
    /** Of the token in the link that shows it; null while it is shown to nobody. */
    shareHash: bytes('share_hash').unique(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [
    unique('wish_lists_name').on(table.userId, table.name),
    uniqueIndex('wish_lists_one_default').on(table.userId).where(sql`${table.isDefault}`),
    check('wish_lists_named', sql`${table.name} <> ''`),
  ],
);

export const wishListItems = pgTable(
  'wish_list_items',
  {
    listId: uuid('list_id')
      .notNull()
      .$type<WishListId>()
      .references(() => wishLists.id, { onDelete: 'cascade' }),
    variantId: uuid('variant_id')
      .notNull()
      .$type<VariantId>()
      .references(() => variants.id),
    addedAt: instant('added_at').notNull(),
    /** What it cost then. */
    priceMinor: minorUnits('price_minor').notNull(),
    currency: currencyCode('currency').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.listId, table.variantId] }),
    index('wish_list_items_newest').on(table.listId, table.addedAt, table.variantId),
  ],
);
