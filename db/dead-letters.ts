/**
 * Messages that a consumer could not handle, parked for an operator: sent again, which removes them once they are
 * handled, or dropped for a reason, which keeps them as explained.
 */

import { and, asc, count, eq, gt, inArray, isNotNull, isNull, lte, type SQL, sql } from 'drizzle-orm';
import type { Queryable } from './client.ts';
import { deadLetters } from './schema/messaging.ts';

export type DeadLetter = typeof deadLetters.$inferSelect;

/** Parks a message where an operator finds it. */
export async function parkDeadLetter(
  db: Queryable,
  letter: Pick<DeadLetter, 'consumer' | 'eventId' | 'message' | 'reason' | 'attempts'>,
): Promise<void> {
  await db.insert(deadLetters).values(letter);
}

export interface DeadLetterQuery {
  readonly consumer?: string;
  /** Those that were dropped, in place of those that wait for somebody. */
  readonly dropped?: boolean;
  /** The last one of the page before. */
  readonly afterId?: number;
  readonly limit: number;
}

/** The longest parked first. */
export async function listDeadLetters(db: Queryable, query: DeadLetterQuery): Promise<DeadLetter[]> {
  const { consumer, dropped = false, afterId, limit } = query;
  return db
    .select()
    .from(deadLetters)
    .where(
      and(
        dropped ? isNotNull(deadLetters.droppedAt) : isNull(deadLetters.droppedAt),
        consumer === undefined ? undefined : eq(deadLetters.consumer, consumer),
        afterId === undefined ? undefined : gt(deadLetters.id, afterId),
      ),
    )
    .orderBy(asc(deadLetters.id))
    .limit(limit);
}

/** How many wait for somebody, by their consumer. */
export async function countParked(
  db: Queryable,
): Promise<{ readonly consumer: string; readonly letters: number }[]> {
  return db
    .select({ consumer: deadLetters.consumer, letters: count() })
    .from(deadLetters)
    .where(isNull(deadLetters.droppedAt))
    .groupBy(deadLetters.consumer);
}

export async function findDeadLetter(db: Queryable, id: number): Promise<DeadLetter | undefined> {
  const [letter] = await db.select().from(deadLetters).where(eq(deadLetters.id, id));
  return letter;
}

export type Chosen = { readonly id: number } | { readonly consumer: string };

/** Asks the consumer's worker to try them once more. Returns their ids; none that was dropped. */
export async function sendAgain(db: Queryable, chosen: Chosen, now: Date): Promise<number[]> {
  const which: SQL =
    'id' in chosen ? eq(deadLetters.id, chosen.id) : eq(deadLetters.consumer, chosen.consumer);
  const rows = await db
    .update(deadLetters)
    .set({ againAt: now })
    .where(and(which, isNull(deadLetters.droppedAt), isNull(deadLetters.againAt)))
    .returning({ id: deadLetters.id });
  return rows.map(({ id }) => id);
}

/** How many of these still wait to be tried once more. */
export async function countWaiting(db: Queryable, ids: readonly number[]): Promise<number> {
  return db.$count(deadLetters, and(inArray(deadLetters.id, [...ids]), isNotNull(deadLetters.againAt)));
}

/** Of these, those that are still parked: what was tried once more and failed. */
export async function stillParked(db: Queryable, ids: readonly number[]): Promise<DeadLetter[]> {
  return db
    .select()
    .from(deadLetters)
    .where(inArray(deadLetters.id, [...ids]))
    .orderBy(asc(deadLetters.id));
}

/** False when it is not there, was dropped before, or is being tried at this moment. */
export async function dropDeadLetter(db: Queryable, id: number, reason: string, now: Date): Promise<boolean> {
  const rows = await db
    .update(deadLetters)
    .set({ droppedAt: now, droppedReason: reason })
    .where(and(eq(deadLetters.id, id), isNull(deadLetters.droppedAt), isNull(deadLetters.againAt)))
    .returning({ id: deadLetters.id });
  return rows.length === 1;
}

export interface AgainClaim {
  readonly consumers: readonly string[];
  readonly now: Date;
  /** A worker that has not finished by then is taken for crashed, and another one tries. */
  readonly leaseUntil: Date;
}

/** The next letter that one of these consumers is to try once more, kept off the other workers by a lease. */
export async function claimAgain(
  db: Queryable,
  { consumers, now, leaseUntil }: AgainClaim,
): Promise<DeadLetter | undefined> {
  const next = db
    .select({ id: deadLetters.id })
    .from(deadLetters)
    .where(and(inArray(deadLetters.consumer, [...consumers]), lte(deadLetters.againAt, now)))
    .orderBy(asc(deadLetters.againAt), asc(deadLetters.id))
    .limit(1)
    .for('update', { skipLocked: true });
  const [letter] = await db
    .update(deadLetters)
    .set({ againAt: leaseUntil, attempts: sql`${deadLetters.attempts} + 1` })
    .where(inArray(deadLetters.id, next))
    .returning();
  return letter;
}

export async function removeDeadLetter(db: Queryable, id: number): Promise<void> {
  await db.delete(deadLetters).where(eq(deadLetters.id, id));
}

/** It failed once more and waits for an operator again. */
export async function parkAgain(db: Queryable, id: number, reason: string, now: Date): Promise<void> {
  await db.update(deadLetters).set({ againAt: null, reason, parkedAt: now }).where(eq(deadLetters.id, id));
}
