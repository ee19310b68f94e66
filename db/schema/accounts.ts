/** Users and their refresh tokens. Passwords and tokens are kept as hashes only. */

import { sql } from 'drizzle-orm';
import { check, index, pgEnum, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { TokenFamilyId, UserId } from '#lib/ids.ts';
import { bytes, instant } from './columns.ts';

export const userRole = pgEnum('user_role', ['shopper', 'seller', 'admin']);

export const users = pgTable(
  'users',
  {
    id: uuid('id').primaryKey().$type<UserId>(),
    email: text('email').notNull().unique(),
    name: text('name').notNull(),
    passwordHash: text('password_hash').notNull(),
    role: userRole('role').notNull().default('shopper'),
    stripeCustomerId: text('stripe_customer_id').unique(),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** Null until whoever opened the account has shown that they read its mail; staff's word is good enough. */
    emailVerifiedAt: instant('email_verified_at').defaultNow(),
    /** From then on the row stands for a person who has been taken out: for the orders that point at it. */
    erasedAt: instant('erased_at'),
  },
  (table) => [check('users_email_lower_case', sql`${table.email} = lower(${table.email})`)],
);

export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    tokenHash: bytes('token_hash').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** All tokens that were rotated out of one login; a reused one ends them together (RFC 9700, 4.14). */
    familyId: uuid('family_id').notNull().$type<TokenFamilyId>(),
    issuedAt: instant('issued_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
    revokedAt: instant('revoked_at'),
  },
  (table) => [
    index('refresh_tokens_family').on(table.familyId),
    index('refresh_tokens_user').on(table.userId),
  ],
);
