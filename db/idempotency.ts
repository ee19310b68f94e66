/** Stored answers by Idempotency-Key. One row is one request of one caller; claiming it is one statement. */

import { and, eq, isNull, lt, lte, or, sql } from 'drizzle-orm';
import { after, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { Queryable } from './client.ts';
import { deleteOldRows } from './delete-old.ts';
import { asIn, kept, type Slots } from './kept.ts';
import { idempotencyKeys } from './schema/messaging.ts';

export interface IdempotencyClaim {
  /** Keeps one caller's keys apart from another's. */
  readonly scope: string;
  readonly key: string;
  readonly requestHash: Uint8Array;
  /** Taken as the resource's id when this is the first request with the key. */
  readonly resourceId: string;
  readonly now: Date;
  readonly lockedUntil: Date;
  readonly expiresAt: Date;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
}

export type ClaimResult =
  | { readonly kind: 'claimed'; readonly resourceId: string }
  | { readonly kind: 'answered'; readonly answer: StoredAnswer }
  | { readonly kind: 'running' }
  | { readonly kind: 'mismatch' };

const CLAIM = kept((db, slots: Slots<IdempotencyClaim>) => {
  const { scope, key, requestHash, resourceId, lockedUntil, expiresAt } = slots;
  const now = asIn(idempotencyKeys.expiresAt, slots.now);
  const isExpired = sql`${idempotencyKeys.expiresAt} < ${now}`;
  const isAbandoned = and(
    isNull(idempotencyKeys.responseStatus),
    lte(idempotencyKeys.lockedUntil, now),
    eq(idempotencyKeys.requestHash, requestHash),
  );
  return db
    .insert(idempotencyKeys)
    .values({ scope, key, requestHash, resourceId, lockedUntil, expiresAt })
    .onConflictDoUpdate({
      target: [idempotencyKeys.scope, idempotencyKeys.key],
      set: {
        requestHash: sql`excluded.request_hash`,
        lockedUntil: sql`excluded.locked_until`,
        resourceId: sql`case when ${isExpired} then excluded.resource_id else ${idempotencyKeys.resourceId} end`,
        expiresAt: sql`case when ${isExpired} then excluded.expires_at else ${idempotencyKeys.expiresAt} end`,
        responseStatus: null,
        responseBody: null,
      },
      setWhere: or(isExpired, isAbandoned) ?? isExpired,
    })
    .returning({ resourceId: idempotencyKeys.resourceId });
});

/**
 * Claims the key, or tells why not. A key whose day is over is claimed afresh; one whose run was cut off is
 * taken over with its resource id.
 */
export async function claimKey(db: Queryable, claim: IdempotencyClaim): Promise<ClaimResult> {
  const [claimed] = await CLAIM(db, claim);
  if (claimed !== undefined) return { kind: 'claimed', resourceId: claimed.resourceId };
  return readClaimed(db, claim);
}

async function readClaimed(
  db: Queryable,
  { scope, key, requestHash }: IdempotencyClaim,
): Promise<ClaimResult> {
  const [row] = await db
    .select({
      requestHash: idempotencyKeys.requestHash,
      status: idempotencyKeys.responseStatus,
      bodyText: sql<string>`${idempotencyKeys.responseBody} #>> '{}'`,
    })
    .from(idempotencyKeys)
    .where(byKey(scope, key));
  if (row === undefined) return { kind: 'running' };
  if (Buffer.compare(row.requestHash, requestHash) !== 0) return { kind: 'mismatch' };
  if (row.status === null) return { kind: 'running' };
  const body: unknown = JSON.parse(row.bodyText);
  return { kind: 'answered', answer: { status: row.status, body } };
}

interface KeyedAnswer extends Pick<IdempotencyClaim, 'scope' | 'key'> {
  readonly status: number;
  readonly bodyText: string;
}

const STORE_ANSWER = kept((db, { scope, key, status, bodyText }: Slots<KeyedAnswer>) =>
  db
    .update(idempotencyKeys)
    .set({ responseStatus: sql`${status}`, responseBody: sql`to_jsonb(${bodyText}::text)` })
    .where(and(eq(idempotencyKeys.scope, scope), eq(idempotencyKeys.key, key))),
);

/** The body is kept as its text: as a `jsonb` document it would come back with its members in another order. */
export async function storeAnswer(
  db: Queryable,
  { scope, key }: IdempotencyClaim,
  { status, body }: StoredAnswer,
): Promise<void> {
  await STORE_ANSWER(db, { scope, key, status, bodyText: JSON.stringify(body) });
}

/** How long a claim is good when nobody renews it: a run that was killed holds its key no longer. */
export const LEASE_MS = 10 * SECOND_MS;
const RENEW_EVERY_MS = 3 * SECOND_MS;
/** Longer than any run can take; one that is older hangs. */
const MAX_RENEWALS = (2 * MINUTE_MS) / RENEW_EVERY_MS;

/** Keeps a claim good while its run goes on. @returns what ends that */
export function keepClaimed(
  db: Queryable,
  { scope, key }: Pick<IdempotencyClaim, 'scope' | 'key'>,
  now: () => Date,
): () => void {
  let renewals = 0;
  const renew = async () => {
    const lockedUntil = after(now(), LEASE_MS);
    const unanswered = and(byKey(scope, key), isNull(idempotencyKeys.responseStatus));
    await db.update(idempotencyKeys).set({ lockedUntil }).where(unanswered);
  };
  const timer = setInterval(() => {
    renewals += 1;
    if (renewals === MAX_RENEWALS) clearInterval(timer);
    // The next one may succeed; where none does, the run is taken for crashed.
    renew().catch(() => undefined);
  }, RENEW_EVERY_MS);
  return () => clearInterval(timer);
}

/** Lets the next request with the key take over at once, with the same resource id. */
export async function releaseKey(db: Queryable, { scope, key }: IdempotencyClaim, now: Date): Promise<void> {
  await db.update(idempotencyKeys).set({ lockedUntil: now }).where(byKey(scope, key));
}

/** Lets the next request with the key start afresh, with a resource id of its own. */
export async function forgetKey(db: Queryable, { scope, key }: IdempotencyClaim): Promise<void> {
  await db.delete(idempotencyKeys).where(byKey(scope, key));
}

export async function deleteExpiredKeys(db: Queryable, now: Date): Promise<void> {
  await deleteOldRows(db, idempotencyKeys, lt(idempotencyKeys.expiresAt, now));
}

function byKey(scope: string, key: string) {
  return and(eq(idempotencyKeys.scope, scope), eq(idempotencyKeys.key, key));
}
