/** From an event of the shop to a delivery for each endpoint that has subscribed. */

import { markHandled } from '#db/outbox.ts';
import type { ShopEvent } from '#lib/events.ts';
import type { EventId, WebhookDeliveryId, WebhookEndpointId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { requireEndpoint, TEST_TYPE, typeOf } from '#origin/webhook-endpoints/service.ts';
import { factsOf } from './facts.ts';
import { toDelivery } from './log.ts';
import type { Delivery } from './model.ts';
import * as store from './store.ts';

/**
 * Once for each event, however often it comes. What it says is written down once and never made again: every attempt
 * and replay sends the same bytes. For endpoints that are off it is kept all the same, so that they can ask for it.
 */
export async function fanOut(deps: Deps, consumer: string, event: ShopEvent): Promise<void> {
  const type = typeOf(event.name);
  if (type === undefined) return;
  const subscribed = await store.findSubscribed(deps.db, type);
  if (subscribed.length === 0) return;
  const data = await factsOf(deps, type, event);
  const message = messageOf({ type, eventId: event.id, occurredAt: new Date(event.occurredAt), data });
  const deliveries = subscribed.filter(({ isOn }) => isOn).map(({ id }) => newDelivery(deps, id));
  await deps.db.transaction(async (tx) => {
    if (!(await markHandled(tx, consumer, event.id))) return;
    await store.insertMessage(tx, message);
    await store.insertDeliveries(tx, message, deliveries, deps.clock.now());
  });
}

/** @throws {AppError} `webhook_endpoint_not_found`, `webhook_endpoint_disabled` */
export async function sendTest(deps: Deps, endpointId: WebhookEndpointId): Promise<Delivery> {
  const now = deps.clock.now();
  const eventId = deps.ids.next<EventId>();
  const message = messageOf({ type: TEST_TYPE, eventId, occurredAt: now, data: { endpointId } });
  const delivery = newDelivery(deps, endpointId);
  return deps.db.transaction(async (tx) => {
    const { disabledAt } = await requireEndpoint(tx, endpointId);
    if (disabledAt !== null) throw new AppError('webhook_endpoint_disabled');
    await store.insertMessage(tx, message);
    await store.insertDeliveries(tx, message, [delivery], now);
    const { id } = delivery;
    return toDelivery({
      ...{ ...message, id, endpointId, status: 'waiting', attempts: 0, attemptsOfRound: 0 },
      ...{ dueAt: now, isUnderWay: false, endedAt: null },
    });
  });
}

interface Told {
  readonly type: string;
  readonly eventId: EventId;
  readonly occurredAt: Date;
  readonly data: object;
}

function messageOf({ type, eventId, occurredAt, data }: Told): store.MessageRow {
  const body = JSON.stringify({ type, timestamp: occurredAt.toISOString(), data });
  return { eventId, type, body, occurredAt };
}

function newDelivery({ ids }: Deps, endpointId: WebhookEndpointId) {
  return { id: ids.next<WebhookDeliveryId>(), endpointId };
}
