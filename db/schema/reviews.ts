/** What buyers say of products, who has complained of it, and what it comes to. */

import { sql } from 'drizzle-orm';
import { check, index, integer, pgEnum, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core';
import type { ProductId, ReviewId, UserId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { products } from './catalog.ts';
import { counter, instant } from './columns.ts';

export const reviewStatus = pgEnum('review_status', ['pending', 'published', 'rejected', 'withdrawn']);

/** Why a review is not shown. Closed: the author is told it, and no moderator's own words. */
export const reviewRejection = pgEnum('review_rejection', [
  'offensive',
  'off_topic',
  'spam',
  'personal_data',
  'unlawful',
]);

export const reviewComplaint = pgEnum('review_complaint', [
  'inappropriate',
  'spam',
  'untrue',
  'personal_data',
]);

export const MAX_REVIEW_TITLE_LENGTH = 120;
export const MAX_REVIEW_TEXT_LENGTH = 5_000;
export const MAX_DISPLAY_NAME_LENGTH = 50;
export const MAX_REPLY_LENGTH = 2_000;

/** One for each product and buyer, also once it is withdrawn: then nothing is left of what it said. */
export const reviews = pgTable(
  'reviews',
  {
    id: uuid('id').primaryKey().$type<ReviewId>(),
    productId: uuid('product_id')
      .notNull()
      .$type<ProductId>()
      .references(() => products.id),
    authorId: uuid('author_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id),
    status: reviewStatus('status').notNull(),
    rating: integer('rating').notNull(),
    /** Plain text, all three. */
    displayName: text('display_name').notNull(),
    title: text('title').notNull(),
    text: text('text').notNull(),
    /** Of the last rejection, and null again once it is approved. */
    rejection: reviewRejection('rejection'),
    /** Rises with whatever a moderator would have to see: a decision is of one version. */
    version: counter('version').notNull().default(1),
    /** Complaints since it was last decided. */
    openReports: integer('open_reports').notNull().default(0),
    /** The seller's. Empty where there is none. */
    reply: text('reply').notNull().default(''),
    repliedAt: instant('replied_at'),
    writtenAt: instant('written_at').notNull(),
    /** When its author last changed it, or wrote it. */
    changedAt: instant('changed_at').notNull(),
    /** Since when it is shown; it stays from before where it is hidden. */
    publishedAt: instant('published_at'),
  },
  (table) => {
    const isPublished = sql`${table.status} = 'published'`;
    return [
      unique('reviews_one_per_buyer').on(table.productId, table.authorId),
      check('reviews_rating_in_range', sql`${table.rating} between 1 and 5`),
      check('reviews_reply_dated', sql`(${table.reply} = '') = (${table.repliedAt} is null)`),
      check('reviews_published_dated', sql`not (${isPublished}) or ${table.publishedAt} is not null`),
      check('reviews_reports_not_negative', sql`${table.openReports} >= 0`),
      check(
        'reviews_withdrawn_says_nothing',
        sql`${table.status} <> 'withdrawn' or (${table.title} = '' and ${table.text} = '' and ${table.displayName} = '')`,
      ),
      index('reviews_newest').on(table.productId, table.publishedAt, table.id).where(isPublished),
      index('reviews_by_rating').on(table.productId, table.rating, table.id).where(isPublished),
      index('reviews_author').on(table.authorId, table.id),
      index('reviews_queue')
        .on(table.changedAt, table.id)
        .where(sql`${table.status} = 'pending' or (${isPublished} and ${table.openReports} > 0)`),
    ];
  },
);

/** One for each review and whoever complains of it, until its text is another. */
export const reviewReports = pgTable(
  'review_reports',
  {
    reviewId: uuid('review_id')
      .notNull()
      .$type<ReviewId>()
      .references(() => reviews.id, { onDelete: 'cascade' }),
    reporterId: uuid('reporter_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id),
    complaint: reviewComplaint('complaint').notNull(),
    reportedAt: instant('reported_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.reviewId, table.reporterId] }),
    index('review_reports_reporter').on(table.reporterId),
  ],
);

/** How many published reviews give each number of stars. Kept by a worker, and counted anew each time. */
export const productRatings = pgTable(
  'product_ratings',
  {
    productId: uuid('product_id')
      .primaryKey()
      .$type<ProductId>()
      .references(() => products.id, { onDelete: 'cascade' }),
    /** Of one star first. */
    counts: integer('counts').array().notNull(),
  },
  (table) => [check('product_ratings_of_five', sql`cardinality(${table.counts}) = 5`)],
);
