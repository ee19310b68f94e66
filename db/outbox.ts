/**
 * The transactional outbox: an event is written with the change that it tells of, and published afterwards.
 * The inbox is its other end: it makes a consumer's effect happen once, however often the event arrives.
 */

import { and, asc, count, eq, inArray, isNull, lt, min, notExists, sql } from 'drizzle-orm';
import { DAY_MS } from '#lib/clock.ts';
import { checkEventData, EVENTS, type EventInput, type ShopEvent } from '#lib/events.ts';
import type { EventId } from '#lib/ids.ts';
import type { Traceparent } from '#lib/trace.ts';
import type { Queryable, Transaction } from './client.ts';
import { deleteOldRows } from './delete-old.ts';
import { kept, type Slots } from './kept.ts';
import { inbox, outbox } from './schema/messaging.ts';

/** From when an event is settled. Longer than the stream keeps it: no copy of it is under way any more. */
export const EVENT_KEPT_MS = 30 * DAY_MS;

export type NewEvent = EventInput & {
  readonly id: EventId;
  readonly occurredAt: Date;
  readonly traceparent: Traceparent | null;
};

type NewRow = Required<
  Pick<typeof outbox.$inferInsert, 'id' | 'name' | 'version' | 'data' | 'traceparent' | 'occurredAt'>
>;

const APPEND = kept((db, slots: Slots<NewRow>) => {
  const { id, name, version, data, traceparent, occurredAt } = slots;
  return db.insert(outbox).values({ id, name, version, data, traceparent, occurredAt });
});

/** Takes a transaction only: state and its event commit together. */
export async function appendEvents(tx: Transaction, events: readonly NewEvent[]): Promise<void> {
  const rows = events.map((event) => ({
    ...event,
    data: checkEventData(event.name, event.data),
    version: EVENTS[event.name].version,
  }));
  await Promise.all(rows.map((row) => APPEND(tx, row)));
}

/** Cheap enough to be asked all the time. */
export async function hasUnpublished(db: Queryable): Promise<boolean> {
  const [row] = await db.select({ seq: outbox.seq }).from(outbox).where(isNull(outbox.publishedAt)).limit(1);
  return row !== undefined;
}

/** The oldest unpublished events, locked for this transaction, so that two relays share the work. */
export async function claimUnpublished(tx: Transaction, limit: number): Promise<ShopEvent[]> {
  const rows = await tx
    .select()
    .from(outbox)
    .where(isNull(outbox.publishedAt))
    .orderBy(asc(outbox.seq))
    .limit(limit)
    .for('update', { skipLocked: true });
  return rows.map(
    (row) =>
      ({
        id: row.id,
        name: row.name,
        version: row.version,
        occurredAt: row.occurredAt.toISOString(),
        traceparent: row.traceparent,
        data: row.data,
      }) as ShopEvent,
  );
}

export async function markPublished(tx: Transaction, ids: readonly EventId[], at: Date): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .update(outbox)
    .set({ publishedAt: at })
    .where(inArray(outbox.id, [...ids]));
}

export async function countUnpublished(db: Queryable): Promise<number> {
  return db.$count(outbox, isNull(outbox.publishedAt));
}

/** How many events wait to be published, and since when the oldest does; null without one. */
export async function readUnpublished(
  db: Queryable,
): Promise<{ readonly rows: number; readonly since: Date | null }> {
  const [row] = await db
    .select({ rows: count(), since: min(outbox.occurredAt) })
    .from(outbox)
    .where(isNull(outbox.publishedAt));
  return { rows: row?.rows ?? 0, since: row?.since ?? null };
}

/** Whether this consumer has handled the event: for effects that no transaction can hold, such as a mail. */
export async function wasHandled(db: Queryable, consumer: string, eventId: EventId): Promise<boolean> {
  return (await db.$count(inbox, and(eq(inbox.consumer, consumer), eq(inbox.eventId, eventId)))) > 0;
}

/** True the first time; false when this consumer has handled the event before. */
export async function markHandled(tx: Queryable, consumer: string, eventId: EventId): Promise<boolean> {
  const rows = await tx
    .insert(inbox)
    .values({ consumer, eventId })
    .onConflictDoNothing()
    .returning({ one: sql<number>`1` });
  return rows.length === 1;
}

/**
 * Forgets what was settled before then, and who has handled it: an event goes first, so that whatever may yet be
 * published again finds everybody who has had it.
 */
export async function deleteOldEvents(db: Queryable, before: Date): Promise<void> {
  await deleteOldRows(db, outbox, lt(outbox.settledAt, before));
  const itsEvent = db.select({ one: sql`1` }).from(outbox).where(eq(outbox.id, inbox.eventId));
  await deleteOldRows(db, inbox, and(lt(inbox.handledAt, before), notExists(itsEvent)));
}
