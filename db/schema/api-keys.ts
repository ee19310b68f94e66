/** Keys of integrators. A key is shown once; what is kept is its hash, and the prefix that its owner knows it by. */

import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import type { ApiKeyId, UserId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { bytes, instant } from './columns.ts';

export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid('id').primaryKey().$type<ApiKeyId>(),
    userId: uuid('user_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    prefix: text('prefix').notNull(),
    keyHash: bytes('key_hash').notNull().unique(),
    scopes: text('scopes').array().notNull(),
    createdAt: instant('created_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
    /** To the hour: enough to find a key that nobody uses. */
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
  },
  (table) => [
    index('api_keys_user').on(table.userId, table.id),
    check('api_keys_have_a_scope', sql`cardinality(${table.scopes}) > 0`),
  ],
);
