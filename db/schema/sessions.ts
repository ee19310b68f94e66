/**
 * Sessions, their refresh tokens, and what of access tokens no longer counts. Triggers (db/migrations) write the
 * revocations: whoever ends a session, deletes an account or changes a role cannot forget to.
 */

import { sql } from 'drizzle-orm';
import { index, integer, pgEnum, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { SessionId, UserId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { bytes, instant, transactionId } from './columns.ts';

/** How the client keeps its refresh token: in a cookie that scripts cannot read, or by itself. */
export const sessionTransport = pgEnum('session_transport', ['body', 'cookie']);

export const sessions = pgTable(
  'sessions',
  {
    id: uuid('id').primaryKey().$type<SessionId>(),
    userId: uuid('user_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    transport: sessionTransport('transport').notNull(),
    /** As the client that logged in called itself. */
    userAgent: text('user_agent'),
    createdAt: instant('created_at').notNull(),
    lastUsedAt: instant('last_used_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    endedAt: instant('ended_at'),
    /** Of the refresh token that was traded last, together with the client that traded it. */
    lastTrade: bytes('last_trade'),
  },
  (table) => [
    index('sessions_user').on(table.userId),
    index('sessions_live').on(table.userId).where(sql`${table.endedAt} is null`),
    index('sessions_expiry').on(table.expiresAt),
  ],
);

export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    tokenHash: bytes('token_hash').primaryKey(),
    userId: uuid('user_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** All tokens that were rotated out of one login are a family (RFC 9700, 4.14): the session. */
    sessionId: uuid('family_id')
      .notNull()
      .$type<SessionId>()
      .references(() => sessions.id, { onDelete: 'cascade' }),
    issuedAt: instant('issued_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
  },
  (table) => [
    index('refresh_tokens_family').on(table.sessionId),
    index('refresh_tokens_user').on(table.userId),
    index('refresh_tokens_expiry').on(table.expiresAt),
  ],
);

/** Either all tokens of a session, or those of a user that are below an epoch. */
export const revocations = pgTable(
  'revocations',
  {
    id: uuid('id').primaryKey().default(sql`gen_random_uuid()`),
    sessionId: uuid('session_id').$type<SessionId>(),
    userId: uuid('user_id').$type<UserId>(),
    epoch: integer('epoch'),
    revokedAt: instant('revoked_at').notNull().defaultNow(),
    /** Tells readers what they have not seen yet, in whatever order transactions commit. */
    transaction: transactionId('transaction').notNull().default(sql`pg_current_xact_id()`),
  },
  (table) => [
    index('revocations_transaction').on(table.transaction),
    index('revocations_time').on(table.revokedAt),
  ],
);
