/** Users. Passwords are kept as hashes only. */

import { sql } from 'drizzle-orm';
import { check, index, integer, pgEnum, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { UserId } from '#lib/ids.ts';
import { instant } from './columns.ts';

export const userRole = pgEnum('user_role', ['shopper', 'seller', 'admin']);

export const users = pgTable(
  'users',
  {
    id: uuid('id').primaryKey().$type<UserId>(),
    email: text('email').notNull().unique(),
    name: text('name').notNull(),
    passwordHash: text('password_hash').notNull(),
    role: userRole('role').notNull().default('shopper'),
    /** Rises with each change of role (a trigger sees to it): access tokens of an earlier one are worth nothing. */
    accessEpoch: integer('access_epoch').notNull().default(0),
    stripeCustomerId: text('stripe_customer_id').unique(),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** Kept out by an admin. */
    disabledAt: instant('disabled_at'),
    /** Gone for good; the row stays, for orders and products point at it. */
    deletedAt: instant('deleted_at'),
    /** Null until whoever opened the account has shown that they read its mail; staff's word is good enough. */
    emailVerifiedAt: instant('email_verified_at').defaultNow(),
    /** From then on the row stands for a person who has been taken out: for the orders that point at it. */
    erasedAt: instant('erased_at'),
    /** Since when they want to be written to of a cart that they have left; null for whoever has not said so. */
    cartRemindersSince: instant('cart_reminders_since'),
  },
  (table) => [
    check('users_email_lower_case', sql`${table.email} = lower(${table.email})`),
    index('users_newest').on(table.createdAt, table.id),
  ],
);
