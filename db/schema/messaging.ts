/**
 * What makes every border idempotent: stored answers, the outbox of events, the inbox of handled ones, and the
 * dead letters that an operator has to look at.
 */

import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { EventName } from '#lib/events.ts';
import type { EventId } from '#lib/ids.ts';
import { bytes, instant, sequence } from './columns.ts';

export const MAX_IDEMPOTENCY_KEY_LENGTH = 255;

/** `scope` keeps one caller's keys apart from another's. A row without a status is a request that still runs. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    scope: text('scope').notNull(),
    key: text('key').notNull(),
    requestHash: bytes('request_hash').notNull(),
    /** The id of what the request makes, chosen before it runs, so that a second run finds the first one's work. */
    resourceId: uuid('resource_id').notNull(),
    /** A run that has not finished by then is taken for crashed, and the next request takes over. */
    lockedUntil: instant('locked_until').notNull(),
    expiresAt: instant('expires_at').notNull(),
    responseStatus: integer('response_status'),
    responseBody: jsonb('response_body').$type<unknown>(),
  },
  (table) => [
    primaryKey({ columns: [table.scope, table.key] }),
    index('idempotency_keys_expiry').on(table.expiresAt),
    check(
      'idempotency_keys_length',
      sql`char_length(${table.key}) between 1 and ${sql.raw(String(MAX_IDEMPOTENCY_KEY_LENGTH))}`,
    ),
    check(
      'idempotency_keys_answer_whole',
      sql`(${table.responseStatus} is null) = (${table.responseBody} is null)`,
    ),
  ],
);

/** Written in the transaction of the change that it tells of; published by the relay in the order of `seq`. */
export const outbox = pgTable(
  'outbox',
  {
    seq: sequence('seq').primaryKey(),
    id: uuid('id').notNull().unique().$type<EventId>(),
    name: text('name').notNull().$type<EventName>(),
    version: integer('version').notNull(),
    data: jsonb('data').notNull().$type<unknown>(),
    traceparent: text('traceparent'),
    occurredAt: instant('occurred_at').notNull(),
    publishedAt: instant('published_at'),
    /** When everybody whom the event concerns had handled or parked it. Until then it may have to be published again. */
    settledAt: instant('settled_at'),
  },
  (table) => [
    index('outbox_unpublished').on(table.seq).where(sql`${table.publishedAt} is null`),
    index('outbox_unsettled')
      .on(table.seq)
      .where(sql`${table.publishedAt} is not null and ${table.settledAt} is null`),
    index('outbox_settled').on(table.settledAt).where(sql`${table.settledAt} is not null`),
  ],
);

/** One row for each event that a consumer has handled, in the transaction of its effect. */
export const inbox = pgTable(
  'inbox',
  {
    consumer: text('consumer').notNull(),
    eventId: uuid('event_id').notNull().$type<EventId>(),
    handledAt: instant('handled_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.consumer, table.eventId] }),
    index('inbox_age').on(table.handledAt),
  ],
);

/**
 * Events that a consumer could not handle: out of tries, or not worth another. An operator sends them again, which
 * takes them away once they are handled, or drops them for a reason, which explains them.
 */
export const deadLetters = pgTable(
  'dead_letters',
  {
    id: sequence('id').primaryKey(),
    consumer: text('consumer').notNull(),
    /** Null where the message is no event. */
    eventId: uuid('event_id').$type<EventId>(),
    /** The message as it came; it may not even be an event. */
    message: bytes('message').notNull(),
    reason: text('reason').notNull(),
    parkedAt: instant('parked_at').notNull().defaultNow(),
    /** How many tries it has had, of all the times that it was sent. */
    attempts: integer('attempts').notNull().default(1),
    /** From then on the consumer's worker tries it once more; one that is at it puts it off by its lease. */
    againAt: instant('again_at'),
    droppedAt: instant('dropped_at'),
    droppedReason: text('dropped_reason'),
  },
  (table) => [
    index('dead_letters_consumer').on(table.consumer, table.id),
    index('dead_letters_event').on(table.eventId, table.consumer),
    index('dead_letters_again').on(table.consumer, table.againAt).where(sql`${table.againAt} is not null`),
    check(
      'dead_letters_dropped_for_a_reason',
      sql`(${table.droppedAt} is null) = (${table.droppedReason} is null)`,
    ),
    check('dead_letters_dropped_stay_dropped', sql`${table.droppedAt} is null or ${table.againAt} is null`),
  ],
);
