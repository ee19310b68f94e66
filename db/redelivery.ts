/**
 * Events that were published and not yet handled by everybody whom they concern. The broker may lose what it has
 * acknowledged; these rows know it, and are published again.
 */

import { and, asc, gt, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { EventName } from '#lib/events.ts';
import type { EventId } from '#lib/ids.ts';
import type { Queryable, Transaction } from './client.ts';
import { deadLetters, inbox, outbox } from './schema/messaging.ts';

export interface UnsettledEvent {
  readonly seq: number;
  readonly id: EventId;
  readonly name: EventName;
  readonly publishedAt: Date | null;
  /** Those of the consumers that were asked about who have handled or parked it. */
  readonly dealtWithBy: readonly string[];
}

export interface UnsettledPage {
  readonly consumers: readonly string[];
  /** The last of the page before; 0 for the first. */
  readonly afterSeq: number;
  readonly limit: number;
}

const unsettled = and(isNotNull(outbox.publishedAt), isNull(outbox.settledAt));

export async function hasUnsettled(db: Queryable): Promise<boolean> {
  const [row] = await db.select({ seq: outbox.seq }).from(outbox).where(unsettled).limit(1);
  return row !== undefined;
}

/** The oldest first, locked for this transaction; what another one has locked is passed over. */
export async function claimUnsettled(tx: Transaction, page: UnsettledPage): Promise<UnsettledEvent[]> {
  const { consumers, afterSeq, limit } = page;
  const names = sql`array[${sql.join(
    consumers.map((name) => sql`${name}`),
    sql`, `,
  )}]::text[]`;
  return tx
    .select({
      seq: outbox.seq,
      id: outbox.id,
      name: outbox.name,
      publishedAt: outbox.publishedAt,
      dealtWithBy: sql<string[]>`array(
        select i.consumer from ${inbox} i where i.event_id = ${outbox}.id and i.consumer = any(${names})
        union
        select d.consumer from ${deadLetters} d where d.event_id = ${outbox}.id and d.consumer = any(${names}))`,
    })
    .from(outbox)
    .where(and(unsettled, gt(outbox.seq, afterSeq)))
    .orderBy(asc(outbox.seq))
    .limit(limit)
    .for('update', { of: outbox, skipLocked: true });
}

export async function markSettled(tx: Transaction, ids: readonly EventId[], at: Date): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .update(outbox)
    .set({ settledAt: at })
    .where(inArray(outbox.id, [...ids]));
}

/** As if they had never been published: the relay takes them once more. */
export async function publishAgain(tx: Transaction, ids: readonly EventId[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .update(outbox)
    .set({ publishedAt: null })
    .where(inArray(outbox.id, [...ids]));
}
