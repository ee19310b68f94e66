/** Stripe's events: the envelope around a snapshot of the object, and its delivery state in the store. */

import type Stripe from 'stripe';
import { idOf, type StripeIds } from './ids.ts';
import type { Store } from './store.ts';

export type EventType =
  | 'payment_intent.created'
  | 'payment_intent.succeeded'
  | 'payment_intent.payment_failed'
  | 'payment_intent.requires_action'
  | 'payment_intent.processing'
  | 'payment_intent.canceled'
  | 'payment_intent.amount_capturable_updated'
  | 'charge.succeeded'
  | 'charge.pending'
  | 'charge.failed'
  | 'charge.captured'
  | 'charge.refunded'
  | 'charge.updated'
  | 'charge.dispute.created'
  | 'charge.dispute.funds_withdrawn'
  | 'charge.dispute.funds_reinstated'
  | 'charge.dispute.closed'
  | 'refund.created'
  | 'refund.updated'
  | 'refund.failed'
  | 'customer.created'
  | 'customer.updated'
  | 'customer.deleted'
  | 'payment_method.attached'
  | 'payment_method.detached'
  | 'payment_method.updated';

export type EventSubject =
  | Stripe.PaymentIntent
  | Stripe.Charge
  | Stripe.Refund
  | Stripe.Dispute
  | Stripe.Customer
  | Stripe.PaymentMethod;

/** `none`: nobody listened when it happened. `failed`: every attempt was used up. */
export type DeliveryState = 'none' | 'pending' | 'delivered' | 'failed';

export interface DeliveryRow {
  readonly id: string;
  readonly type: string;
  readonly object_id: string;
  readonly created: number;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly next_at_ms: number;
  readonly outcome: string | null;
}

interface NewEvent {
  readonly type: EventType;
  readonly subject: EventSubject;
  readonly previous: Readonly<Record<string, unknown>> | undefined;
  readonly apiVersion: string;
  readonly request: { readonly id: string | null; readonly idempotencyKey: string | null };
  readonly nowMs: number;
  readonly listened: boolean;
}

function intentOf(subject: EventSubject): string | null {
  if (subject.object === 'payment_intent') return subject.id;
  const isOfIntent =
    subject.object === 'charge' || subject.object === 'refund' || subject.object === 'dispute';
  return isOfIntent ? idOf(subject.payment_intent) : null;
}

/** Writes the event in the caller's transaction, so that it exists exactly when the change does. */
export function recordEvent(store: Store, ids: StripeIds, event: NewEvent): void {
  const created = Math.floor(event.nowMs / 1_000);
  const envelope = {
    id: ids.next('evt'),
    object: 'event',
    api_version: event.apiVersion,
    created,
    data: {
      object: event.subject,
      ...(event.previous === undefined ? {} : { previous_attributes: event.previous }),
    },
    livemode: false,
    pending_webhooks: event.listened ? 1 : 0,
    request: { id: event.request.id, idempotency_key: event.request.idempotencyKey },
    type: event.type,
  };
  store.db
    .query(
      `insert into events (id, type, object_id, payment_intent, created, body, state, next_at_ms)
       values (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      envelope.id,
      event.type,
      event.subject.id,
      intentOf(event.subject),
      created,
      JSON.stringify(envelope),
      event.listened ? 'pending' : 'none',
      event.nowMs,
    );
}

const COLUMNS = 'id, type, object_id, created, state, attempts, next_at_ms, outcome';

export function findDelivery(
  store: Store,
  eventId: string,
): (DeliveryRow & { readonly body: string }) | null {
  return store.db
    .query<DeliveryRow & { body: string }, [string]>(`select ${COLUMNS}, body from events where id = ?`)
    .get(eventId);
}

export function eventsInState(store: Store, state: DeliveryState, limit: number): DeliveryRow[] {
  return store.db
    .query<DeliveryRow, [string, number]>(
      `select ${COLUMNS} from events where state = ? order by seq limit ?`,
    )
    .all(state, limit);
}

export function eventsOfIntent(store: Store, intentId: string, limit: number): DeliveryRow[] {
  return store.db
    .query<DeliveryRow, [string, number]>(
      `select ${COLUMNS} from events where payment_intent = ? order by seq limit ?`,
    )
    .all(intentId, limit);
}

export function countEvents(store: Store): Readonly<Record<string, number>> {
  const rows = store.db
    .query<{ state: string; n: number }, []>('select state, count(*) as n from events group by state')
    .all();
  return Object.fromEntries(rows.map((row) => [row.state, row.n]));
}

export interface DeliveryUpdate {
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly nextAtMs: number;
  readonly outcome: string | null;
}

export function saveDelivery(store: Store, eventId: string, update: DeliveryUpdate): void {
  store.db
    .query('update events set state = ?, attempts = ?, next_at_ms = ?, outcome = ? where id = ?')
    .run(update.state, update.attempts, update.nextAtMs, update.outcome, eventId);
}
