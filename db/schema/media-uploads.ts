/** Who has put which picture into the shop: what their budget is counted by. The pictures are in `media_files`. */

import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { UserId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { mediaFiles } from './catalog.ts';
import { instant } from './columns.ts';

export const mediaUploads = pgTable(
  'media_uploads',
  {
    userId: uuid('user_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id),
    /** SHA-256 of what was sent, in hexadecimal: the same bytes again are the same picture. */
    sentHash: text('sent_hash').notNull(),
    name: text('name')
      .notNull()
      .references(() => mediaFiles.name),
    /** Of the picture as it is kept. */
    byteLength: integer('byte_length').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.sentHash] }),
    index('media_uploads_name').on(table.name),
  ],
);
