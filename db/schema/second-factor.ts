/** Second factors: the secret that an authenticator shares with us, sealed, and codes for when it is lost, hashed. */

import { sql } from 'drizzle-orm';
import { check, integer, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import type { UserId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { bytes, counter, instant } from './columns.ts';

export const secondFactors = pgTable(
  'second_factors',
  {
    userId: uuid('user_id')
      .primaryKey()
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    secret: bytes('secret').notNull(),
    createdAt: instant('created_at').notNull(),
    /** Null until a first code has shown that the authenticator has the secret. */
    enabledAt: instant('enabled_at'),
    /** The last time step of which a code was taken: no code of it or of one before is taken again. */
    lastStep: counter('last_step').notNull().default(0),
    /** Wrong codes since the last right one. */
    failures: integer('failures').notNull().default(0),
    blockedUntil: instant('blocked_until'),
  },
  (table) => [check('second_factors_failures_not_negative', sql`${table.failures} >= 0`)],
);

export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    userId: uuid('user_id')
      .notNull()
      .$type<UserId>()
      .references(() => secondFactors.userId, { onDelete: 'cascade' }),
    codeHash: bytes('code_hash').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.codeHash] })],
);
