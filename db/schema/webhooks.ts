/**
 * Webhooks for integrators: where they go, what they say, and what became of each. A delivery is a row before it is
 * sent, so that nothing but Postgres has to remember it.
 */

import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  index,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { EventId, UserId, WebhookDeliveryId, WebhookEndpointId, WebhookSecretId } from '#lib/ids.ts';
import { users } from './accounts.ts';
import { bytes, instant } from './columns.ts';

/** `gone`: it answered 410. `failing`: for too long. */
export const webhookDisabledReason = pgEnum('webhook_disabled_reason', ['admin', 'gone', 'failing']);

export const webhookEndpoints = pgTable(
  'webhook_endpoints',
  {
    id: uuid('id').primaryKey().$type<WebhookEndpointId>(),
    /** Who made it, and is written to when it is disabled. It is the shop's all the same. */
    ownerId: uuid('owner_id')
      .notNull()
      .$type<UserId>()
      .references(() => users.id),
    url: text('url').notNull(),
    eventTypes: text('event_types').array().notNull(),
    createdAt: instant('created_at').notNull(),
    disabledAt: instant('disabled_at'),
    disabledReason: webhookDisabledReason('disabled_reason'),
    /** Of the first attempt that failed since one succeeded; null while it is well. */
    failingSince: instant('failing_since'),
    failures: integer('failures').notNull().default(0),
    /** Nobody sees it any more; the row goes once its deliveries have. */
    deletedAt: instant('deleted_at'),
  },
  (table) => [
    uniqueIndex('webhook_endpoints_url').on(table.url).where(sql`${table.deletedAt} is null`),
    check('webhook_endpoints_have_types', sql`cardinality(${table.eventTypes}) > 0`),
    check(
      'webhook_endpoints_disabled_for_a_reason',
      sql`(${table.disabledAt} is null) = (${table.disabledReason} is null)`,
    ),
    check(
      'webhook_endpoints_count_failures',
      sql`(${table.failingSince} is null) = (${table.failures} = 0) and ${table.failures} >= 0`,
    ),
  ],
);

/** All that are not over sign: an old one beside the new one for a time. */
export const webhookSecrets = pgTable(
  'webhook_secrets',
  {
    id: uuid('id').primaryKey().$type<WebhookSecretId>(),
    endpointId: uuid('endpoint_id')
      .notNull()
      .$type<WebhookEndpointId>()
      .references(() => webhookEndpoints.id, { onDelete: 'cascade' }),
    /** As the field cipher seals it. */
    secret: bytes('secret').notNull(),
    createdAt: instant('created_at').notNull(),
    /** Null for the one that is current. */
    expiresAt: instant('expires_at'),
  },
  (table) => [
    index('webhook_secrets_endpoint').on(table.endpointId),
    uniqueIndex('webhook_secrets_one_current').on(table.endpointId).where(sql`${table.expiresAt} is null`),
  ],
);

/** What an event says to the outside: the same bytes to every endpoint, at every attempt and replay. */
export const webhookMessages = pgTable(
  'webhook_messages',
  {
    eventId: uuid('event_id').primaryKey().$type<EventId>(),
    type: text('type').notNull(),
    body: text('body').notNull(),
    occurredAt: instant('occurred_at').notNull(),
  },
  (table) => [index('webhook_messages_occurred').on(table.occurredAt)],
);

export const webhookDeliveryStatus = pgEnum('webhook_delivery_status', ['waiting', 'succeeded', 'failed']);

export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    id: uuid('id').primaryKey().$type<WebhookDeliveryId>(),
    endpointId: uuid('endpoint_id')
      .notNull()
      .$type<WebhookEndpointId>()
      .references(() => webhookEndpoints.id, { onDelete: 'cascade' }),
    eventId: uuid('event_id')
      .notNull()
      .$type<EventId>()
      .references(() => webhookMessages.eventId),
    /** As the message has them: what the log is read by. */
    type: text('type').notNull(),
    occurredAt: instant('occurred_at').notNull(),
    status: webhookDeliveryStatus('status').notNull().default('waiting'),
    /** Begun so far, by whichever worker: a result counts for the attempt that is the latest. */
    attempts: integer('attempts').notNull().default(0),
    /** Those since the delivery began, or was last replayed. */
    attemptsOfRound: integer('attempts_of_round').notNull().default(0),
    /** Of a waiting one: when it is tried next; while it is tried, when another worker may take it over. */
    dueAt: instant('due_at').notNull(),
    isUnderWay: boolean('is_under_way').notNull().default(false),
    endedAt: instant('ended_at'),
  },
  (table) => [
    unique('webhook_deliveries_once').on(table.endpointId, table.eventId),
    index('webhook_deliveries_log').on(table.endpointId, table.occurredAt, table.id),
    index('webhook_deliveries_message').on(table.eventId),
    index('webhook_deliveries_due').on(table.endpointId, table.dueAt).where(sql`${table.status} = 'waiting'`),
    index('webhook_deliveries_under_way').on(table.endpointId).where(sql`${table.isUnderWay}`),
    check(
      'webhook_deliveries_end',
      sql`(${table.status} = 'waiting') = (${table.endedAt} is null)
        and (${table.status} = 'waiting' or not ${table.isUnderWay})`,
    ),
  ],
);

export const webhookAttempts = pgTable(
  'webhook_attempts',
  {
    deliveryId: uuid('delivery_id')
      .notNull()
      .$type<WebhookDeliveryId>()
      .references(() => webhookDeliveries.id, { onDelete: 'cascade' }),
    /** From 1; one that a killed worker had begun is missing. */
    number: integer('number').notNull(),
    startedAt: instant('started_at').notNull(),
    durationMs: integer('duration_ms').notNull(),
    /** `succeeded`, or why not. */
    outcome: text('outcome').notNull(),
    /** Null where nothing was answered. */
    statusCode: integer('status_code'),
    /** How the answer's body begins. */
    answerStart: text('answer_start').notNull(),
  },
  (table) => [primaryKey({ columns: [table.deliveryId, table.number] })],
);
