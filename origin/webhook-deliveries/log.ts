/** What was sent to an endpoint, and what became of it. */

import type { WebhookDeliveryId, WebhookEndpointId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import { requireEndpoint } from '#origin/webhook-endpoints/service.ts';
import type { Delivery, DeliveryDetails, DeliveryListQuery, DeliveryPage } from './model.ts';
import type { Outcome } from './outcomes.ts';
import * as store from './store.ts';

const SHOWN_ATTEMPTS = 50;

/** @throws {AppError} `webhook_endpoint_not_found`, `invalid_input` for a cursor of another list or a time that is none */
export async function listDeliveries(
  { db }: Deps,
  endpointId: WebhookEndpointId,
  query: DeliveryListQuery,
): Promise<DeliveryPage> {
  const { cursor, limit = DEFAULT_PAGE_SIZE, status, eventType: type } = query;
  const [occurredAt, id] = cursor === undefined ? [] : decodeCursor(cursor, 'instant', 'uuid', 'deliveries');
  const after = occurredAt === undefined || id === undefined ? undefined : { occurredAt, id };
  const from = query.from === undefined ? undefined : instantIn(query.from, 'query/from');
  const until = query.until === undefined ? undefined : instantIn(query.until, 'query/until');
  await requireEndpoint(db, endpointId);
  const listing = { endpointId, status, type, from, until, limit: limit + 1, after };
  const rows = await store.listDeliveries(db, listing);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: shown.map(toDelivery),
    nextCursor: hasMore ? encodeCursor([last.occurredAt.toISOString(), last.id, 'deliveries']) : null,
  };
}

/** @throws {AppError} `webhook_delivery_not_found`, also for another endpoint's */
export async function readDelivery(
  { db }: Deps,
  endpointId: WebhookEndpointId,
  id: WebhookDeliveryId,
): Promise<DeliveryDetails> {
  await requireEndpoint(db, endpointId);
  const found = await store.findDelivery(db, endpointId, id);
  if (found === undefined) throw new AppError('webhook_delivery_not_found');
  const attempts = await store.latestAttempts(db, id, SHOWN_ATTEMPTS);
  return {
    ...toDelivery(found.delivery),
    body: found.body,
    log: attempts.map(({ deliveryId: _delivery, startedAt, outcome, ...attempt }) => ({
      ...attempt,
      startedAt: startedAt.toISOString(),
      outcome: outcome as Outcome,
    })),
  };
}

/** @throws {AppError} `invalid_input` for a day that no month has */
export function instantIn(text: string, path: string): Date {
  const instant = new Date(text);
  if (!Number.isNaN(instant.getTime())) return instant;
  throw new AppError('invalid_input', { errors: [{ path, message: 'must be a time that there is' }] });
}

export function toDelivery(row: store.DeliveryRow): Delivery {
  return {
    id: row.id,
    eventId: row.eventId,
    eventType: row.type as Delivery['eventType'],
    occurredAt: row.occurredAt.toISOString(),
    status: row.status,
    attempts: row.attempts,
    nextAttemptAt: row.status === 'waiting' ? row.dueAt.toISOString() : null,
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}
