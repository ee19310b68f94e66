/** Every query of deliveries: fanning out, claiming, noting what became of them, and their log. */

import { and, asc, desc, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import {
  webhookAttempts,
  webhookDeliveries,
  webhookEndpoints,
  webhookMessages,
} from '#db/schema/webhooks.ts';
import type { EventId, WebhookDeliveryId, WebhookEndpointId } from '#lib/ids.ts';
import { WEBHOOK_AT_ONCE } from '#lib/policies.ts';

export type MessageRow = typeof webhookMessages.$inferSelect;
export type DeliveryRow = typeof webhookDeliveries.$inferSelect;
export type AttemptRow = typeof webhookAttempts.$inferSelect;
type NewDelivery = Pick<DeliveryRow, 'id' | 'endpointId'>;

const isThere = sql`${webhookEndpoints.deletedAt} is null`;
const isOn = sql`${webhookEndpoints.disabledAt} is null and ${isThere}`;
const subscribesTo = (type: string) => sql`${type} = any(${webhookEndpoints.eventTypes})`;

/** Endpoints that have subscribed to the type, with whether they are enabled. */
export async function findSubscribed(db: Queryable, type: string) {
  return db
    .select({ id: webhookEndpoints.id, isOn: sql<boolean>`${isOn}` })
    .from(webhookEndpoints)
    .where(and(isThere, subscribesTo(type)));
}

export async function insertMessage(tx: Transaction, message: MessageRow): Promise<void> {
  await tx.insert(webhookMessages).values(message).onConflictDoNothing();
}

export async function insertDeliveries(
  tx: Transaction,
  { eventId, type, occurredAt }: Omit<MessageRow, 'body'>,
  deliveries: readonly NewDelivery[],
  dueAt: Date,
): Promise<void> {
  if (deliveries.length === 0) return;
  await tx
    .insert(webhookDeliveries)
    .values(deliveries.map((each) => ({ ...each, eventId, type, occurredAt, dueAt })))
    .onConflictDoNothing();
}

const isDue = (now: Date) =>
  sql`exists (select from webhook_deliveries d where d.endpoint_id = ${webhookEndpoints.id}
                 and d.status = 'waiting' and d.due_at <= ${now.toISOString()}::timestamptz)`;

/** Cheap enough to be asked all the time: one look at an index for each endpoint. */
export async function hasDue(db: Queryable, now: Date): Promise<boolean> {
  const [row] = await db
    .select({ id: webhookEndpoints.id })
    .from(webhookEndpoints)
    .where(and(isOn, isDue(now)))
    .limit(1);
  return row !== undefined;
}

/**
 * Endpoints with something due, locked: while one process counts what is under way to an endpoint, none else does. Its
 * counting is a statement of its own, and so sees what was claimed before the lock was free.
 */
export async function lockDueEndpoints(tx: Transaction, now: Date): Promise<WebhookEndpointId[]> {
  const rows = await tx
    .select({ id: webhookEndpoints.id })
    .from(webhookEndpoints)
    .where(and(isOn, isDue(now)))
    .orderBy(asc(webhookEndpoints.id))
    .for('no key update', { skipLocked: true });
  return rows.map(({ id }) => id);
}

export interface Claim {
  readonly endpoints: readonly WebhookEndpointId[];
  readonly now: Date;
  readonly leaseUntil: Date;
  readonly limit: number;
}

export interface Claimed {
  readonly id: WebhookDeliveryId;
  readonly endpointId: WebhookEndpointId;
  readonly eventId: EventId;
  readonly attempts: number;
  readonly url: string;
  readonly body: string;
  readonly [column: string]: unknown;
}

/** Of each endpoint as many as it has room for, the oldest first; every endpoint has its first before any has its second. */
export async function claimDue(tx: Transaction, claim: Claim): Promise<readonly Claimed[]> {
  const { endpoints, now, leaseUntil, limit } = claim;
  if (endpoints.length === 0) return [];
  const at = sql`${now.toISOString()}::timestamptz`;
  const until = sql`${leaseUntil.toISOString()}::timestamptz`;
  return tx.execute<Claimed>(sql`
    with room as (
      select e.id, case when e.failing_since is null then ${WEBHOOK_AT_ONCE.well}::int
                        else ${WEBHOOK_AT_ONCE.failing}::int end
                   - (select count(*) from webhook_deliveries u
                       where u.endpoint_id = e.id and u.is_under_way and u.due_at > ${at}) as free
        from webhook_endpoints e where ${inArray(sql`e.id`, [...endpoints])}),
    picked as (
      select due.id from room
       cross join lateral (
         select d.id, row_number() over (order by d.due_at, d.id) as turn from webhook_deliveries d
          where d.endpoint_id = room.id and d.status = 'waiting' and d.due_at <= ${at}
          order by d.due_at, d.id limit greatest(room.free, 0)) due
       order by due.turn limit ${limit}::int)
    update webhook_deliveries d
       set attempts = attempts + 1, attempts_of_round = attempts_of_round + 1, due_at = ${until},
           is_under_way = true
      from picked, webhook_endpoints e, webhook_messages m
     where d.id = picked.id and e.id = d.endpoint_id and m.event_id = d.event_id
    returning d.id, d.endpoint_id as "endpointId", d.event_id as "eventId", d.attempts, e.url, m.body`);
}

/** The delivery while the attempt is its latest: whoever comes back after the lease has no say any more. */
export async function lockAttempted(
  tx: Transaction,
  { id, attempts }: Pick<DeliveryRow, 'id' | 'attempts'>,
): Promise<DeliveryRow | undefined> {
  const { status } = webhookDeliveries;
  const isLatest = and(eq(webhookDeliveries.attempts, attempts), eq(status, 'waiting'));
  const [row] = await tx
    .select()
    .from(webhookDeliveries)
    .where(and(eq(webhookDeliveries.id, id), isLatest))
    .for('update');
  return row;
}

export async function insertAttempt(tx: Transaction, attempt: AttemptRow): Promise<void> {
  await tx.insert(webhookAttempts).values(attempt).onConflictDoNothing();
}

export async function endAttempt(
  tx: Transaction,
  id: WebhookDeliveryId,
  change: Partial<Pick<DeliveryRow, 'status' | 'endedAt' | 'dueAt'>>,
): Promise<void> {
  await tx
    .update(webhookDeliveries)
    .set({ ...change, isUnderWay: false })
    .where(eq(webhookDeliveries.id, id));
}

export interface DeliveryListing {
  readonly endpointId: WebhookEndpointId;
  readonly status: DeliveryRow['status'] | undefined;
  readonly type: string | undefined;
  readonly from: Date | undefined;
  readonly until: Date | undefined;
  readonly limit: number;
  /** Where the page before ended. */
  readonly after: { readonly occurredAt: string; readonly id: string } | undefined;
}

/** The newest event first. */
export async function listDeliveries(db: Queryable, listing: DeliveryListing): Promise<DeliveryRow[]> {
  const { endpointId, status, type, from, until, limit, after } = listing;
  const { occurredAt, id } = webhookDeliveries;
  const beyond = after && sql`(${occurredAt}, ${id}) < (${after.occurredAt}::timestamptz, ${after.id}::uuid)`;
  return db
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.endpointId, endpointId),
        status === undefined ? undefined : eq(webhookDeliveries.status, status),
        type === undefined ? undefined : eq(webhookDeliveries.type, type),
        from && gte(occurredAt, from),
        until && lt(occurredAt, until),
        beyond,
      ),
    )
    .orderBy(desc(occurredAt), desc(id))
    .limit(limit);
}

export async function findDelivery(db: Queryable, endpointId: WebhookEndpointId, id: WebhookDeliveryId) {
  const [row] = await db
    .select({ delivery: webhookDeliveries, body: webhookMessages.body })
    .from(webhookDeliveries)
    .innerJoin(webhookMessages, eq(webhookMessages.eventId, webhookDeliveries.eventId))
    .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.endpointId, endpointId)));
  return row;
}

/** The latest first. */
export async function latestAttempts(
  db: Queryable,
  id: WebhookDeliveryId,
  limit: number,
): Promise<AttemptRow[]> {
  return db
    .select()
    .from(webhookAttempts)
    .where(eq(webhookAttempts.deliveryId, id))
    .orderBy(desc(webhookAttempts.number))
    .limit(limit);
}

/** Waits again, with all its attempts ahead. One that is under way stays in its worker's hands. */
const afresh = (now: Date) => sql`
  status = 'waiting', ended_at = null, attempts_of_round = 0,
  due_at = case when d.is_under_way then d.due_at else ${now.toISOString()}::timestamptz end`;

/** Undefined where the endpoint has no such delivery. */
export async function sendAgain(
  tx: Transaction,
  {
    endpointId,
    id,
    now,
  }: { readonly endpointId: WebhookEndpointId; readonly id: WebhookDeliveryId; readonly now: Date },
): Promise<DeliveryRow | undefined> {
  await tx.execute(sql`
    update webhook_deliveries d set ${afresh(now)} where d.id = ${id} and d.endpoint_id = ${endpointId}`);
  return (await findDelivery(tx, endpointId, id))?.delivery;
}

export interface Range {
  readonly endpointId: WebhookEndpointId;
  readonly from: Date;
  readonly until: Date;
  readonly now: Date;
  readonly limit: number;
}

const within = (at: SQL, { from, until }: Range) =>
  sql`${at} >= ${from.toISOString()}::timestamptz and ${at} < ${until.toISOString()}::timestamptz`;

/** Those that have ended, in one of these ways. How many that were, of the limit at most. */
export async function sendAllAgain(
  tx: Transaction,
  range: Range,
  statuses: readonly DeliveryRow['status'][],
): Promise<number> {
  const { endpointId, now, limit } = range;
  const rows = await tx.execute(sql`
    update webhook_deliveries d set ${afresh(now)}
     where d.id in (
       select id from webhook_deliveries o
        where o.endpoint_id = ${endpointId} and ${inArray(sql`o.status`, [...statuses])}
          and ${within(sql`o.occurred_at`, range)} limit ${limit}::int)
    returning 1`);
  return rows.length;
}

/** Events of the endpoint's types that it has no delivery of. How many that were, of the limit at most. */
export async function sendMissed(tx: Transaction, range: Range): Promise<number> {
  const { endpointId, now, limit } = range;
  const rows = await tx.execute(sql`
    insert into webhook_deliveries (id, endpoint_id, event_id, type, occurred_at, due_at)
    select gen_random_uuid(), e.id, m.event_id, m.type, m.occurred_at, ${now.toISOString()}::timestamptz
      from webhook_endpoints e join webhook_messages m on m.type = any(e.event_types)
     where e.id = ${endpointId} and ${within(sql`m.occurred_at`, range)}
       and not exists (select from webhook_deliveries d where d.endpoint_id = e.id and d.event_id = m.event_id)
     limit ${limit}::int
    on conflict do nothing returning 1`);
  return rows.length;
}

/** What occurred before then, with its deliveries; and deliveries of endpoints that were deleted. How many rows went. */
export async function purge(tx: Transaction, before: Date, limit: number): Promise<number> {
  const old = await tx
    .select({ eventId: webhookMessages.eventId })
    .from(webhookMessages)
    .where(lt(webhookMessages.occurredAt, before))
    .orderBy(asc(webhookMessages.occurredAt))
    .limit(limit);
  const ids = old.map(({ eventId }) => eventId);
  await tx.delete(webhookDeliveries).where(inArray(webhookDeliveries.eventId, ids));
  await tx.delete(webhookMessages).where(inArray(webhookMessages.eventId, ids));
  const ofDeleted = await tx.execute(sql`
    delete from webhook_deliveries where id in (
      select d.id from webhook_deliveries d join webhook_endpoints e on e.id = d.endpoint_id
       where e.deleted_at is not null limit ${limit}::int)
    returning 1`);
  return ids.length + ofDeleted.length;
}

/** What has yet to be delivered to endpoints that are on, and since when the oldest is due to one that is well. */
export async function readBacklog(db: Queryable) {
  const [row] = await db
    .select({
      waiting: sql<number>`count(*)::int`,
      dueSince: sql<
        string | null
      >`min(${webhookDeliveries.dueAt}) filter (where ${webhookEndpoints.failingSince} is null)`,
    })
    .from(webhookDeliveries)
    .innerJoin(webhookEndpoints, eq(webhookEndpoints.id, webhookDeliveries.endpointId))
    .where(and(eq(webhookDeliveries.status, 'waiting'), isOn));
  return { waiting: row?.waiting ?? 0, dueSince: row?.dueSince == null ? null : new Date(row.dueSince) };
}
