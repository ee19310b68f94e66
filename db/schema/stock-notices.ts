/** Who wants to be told, once, that something can be bought again. */

import { sql } from 'drizzle-orm';
import { check, index, pgEnum, pgTable, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { StockNoticeId, UserId, VariantId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { variants } from './catalog.ts';
import { bytes, instant } from './columns.ts';

/** `unconfirmed` until whoever reads the address has said so; `due` once there is stock and its mail is on its way. */
export const stockNoticeStatus = pgEnum('stock_notice_status', ['unconfirmed', 'waiting', 'due']);

export const stockNotices = pgTable(
  'stock_notices',
  {
    id: uuid('id').primaryKey().$type<StockNoticeId>(),
    variantId: uuid('variant_id')
      .notNull()
      .$type<VariantId>()
      .references(() => variants.id),
    status: stockNoticeStatus('status').notNull(),
    /** Whose account's address is written to; or else the address itself, sealed, and its blind index. */
    userId: uuid('user_id')
      .$type<UserId>()
      .references(() => users.id, { onDelete: 'cascade' }),
    email: bytes('email'),
    emailIndex: bytes('email_index'),
    /** Of the tokens that were mailed. */
    confirmHash: bytes('confirm_hash').unique(),
    stopHash: bytes('stop_hash').unique(),
    askedAt: instant('asked_at').notNull(),
    /** Its place in the queue. */
    waitingSince: instant('waiting_since'),
    dueAt: instant('due_at'),
  },
  (table) => {
    const isLive = sql`${table.status} <> 'due'`;
    return [
      check('stock_notices_to_one', sql`(${table.userId} is null) <> (${table.email} is null)`),
      check('stock_notices_indexed', sql`(${table.email} is null) = (${table.emailIndex} is null)`),
      check('stock_notices_due_dated', sql`(${table.status} = 'due') = (${table.dueAt} is not null)`),
      check(
        'stock_notices_waiting_dated',
        sql`(${table.status} = 'unconfirmed') = (${table.waitingSince} is null)`,
      ),
      uniqueIndex('stock_notices_once_per_user').on(table.variantId, table.userId).where(isLive),
      uniqueIndex('stock_notices_once_per_address').on(table.variantId, table.emailIndex).where(isLive),
      index('stock_notices_queue')
        .on(table.variantId, table.waitingSince, table.id)
        .where(sql`${table.status} = 'waiting'`),
      index('stock_notices_address').on(table.emailIndex),
      index('stock_notices_user').on(table.userId),
      index('stock_notices_age').on(table.askedAt),
    ];
  },
);
