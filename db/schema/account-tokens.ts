/** What an account's owner was mailed to prove that they read their mail: each works once, and is kept as a hash. */

import { index, pgEnum, pgTable, uuid } from 'drizzle-orm/pg-core';
import type { EventId, UserId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { bytes, instant } from './columns.ts';

export const tokenPurpose = pgEnum('token_purpose', ['verify_email', 'reset_password']);

export const accountTokens = pgTable(
  'account_tokens',
  {
    tokenHash: bytes('token_hash').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    purpose: tokenPurpose('purpose').notNull(),
    /** What the mail tells of: when it is sent again, its token replaces the one before. */
    eventId: uuid('event_id').notNull().unique().$type<EventId>(),
    issuedAt: instant('issued_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    index('account_tokens_user').on(table.userId, table.purpose),
    index('account_tokens_expiry').on(table.expiresAt),
  ],
);
