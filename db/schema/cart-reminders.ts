/** Who is to be written to of a cart that they have left: at most once for each time that they leave it. */

import { index, pgTable, unique, uuid } from 'drizzle-orm/pg-core';
import type { CartId, CartReminderId, UserId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { carts } from './cart.ts';
import { bytes, counter, instant } from './columns.ts';

export const cartReminders = pgTable(
  'cart_reminders',
  {
    id: uuid('id').primaryKey().$type<CartReminderId>(),
    cartId: uuid('cart_id')
      .notNull()
      .$type<CartId>()
      .references(() => carts.id, { onDelete: 'cascade' }),
    userId: uuid('user_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** As the cart was left: its next change begins another time. */
    cartVersion: counter('cart_version').notNull(),
    dueAt: instant('due_at').notNull(),
    /** Of the token in the mail, by which its reader ends all of them. */
    stopHash: bytes('stop_hash').unique(),
  },
  (table) => [
    unique('cart_reminders_once').on(table.cartId, table.cartVersion),
    index('cart_reminders_user').on(table.userId),
    index('cart_reminders_age').on(table.dueAt),
  ],
);
