/** Every query of sessions. */

import { and, desc, eq, gt, inArray, isNull, lt, ne, sql } from 'drizzle-orm';
import { isActive } from '#db/active-users.ts';
import type { Queryable, Transaction } from '#db/client.ts';
import { deleteOldRows } from '#db/delete-old.ts';
import { users } from '#db/schema/accounts.ts';
import { secondFactors } from '#db/schema/second-factor.ts';
import { refreshTokens, revocations, sessions } from '#db/schema/sessions.ts';
import type { SessionId, UserId } from '#lib/ids.ts';
import type { Revocation } from '#origin/http/revocation.ts';

export type SessionRow = typeof sessions.$inferSelect;
type Owner = Pick<typeof users.$inferSelect, 'id' | 'email' | 'name' | 'role' | 'accessEpoch'> & {
  readonly hasSecondFactor: boolean;
};

const OWNER = {
  id: users.id,
  email: users.email,
  name: users.name,
  role: users.role,
  accessEpoch: users.accessEpoch,
  hasSecondFactor: sql<boolean>`exists (
    select from ${secondFactors} f where f.user_id = ${users.id} and f.enabled_at is not null)`,
};

export async function findOwner(db: Queryable, userId: UserId): Promise<Owner | undefined> {
  const [row] = await db
    .select(OWNER)
    .from(users)
    .where(and(eq(users.id, userId), isActive));
  return row;
}

/**
 * The user, locked, unless they are kept out or gone: log-ins, refreshes and the ends of sessions take turns, so that none is opened while it ends.
 * Rows that point at the user (orders, carts) do not wait for it.
 */
export async function lockUser(tx: Transaction, userId: UserId): Promise<Owner | undefined> {
  const [row] = await tx
    .select(OWNER)
    .from(users)
    .where(and(eq(users.id, userId), isActive))
    .for('no key update');
  return row;
}

/** What a log-in has to prove. */
export async function findAsked(tx: Transaction, userId: UserId) {
  const [row] = await tx
    .select({ passwordHash: users.passwordHash, hasSecondFactor: OWNER.hasSecondFactor })
    .from(users)
    .where(eq(users.id, userId));
  return row;
}

/** {@link lockUser}, by a refresh token of theirs. */
export async function lockOwner(tx: Transaction, tokenHash: Uint8Array): Promise<Owner | undefined> {
  const owner = tx
    .select({ id: refreshTokens.userId })
    .from(refreshTokens)
    .where(eq(refreshTokens.tokenHash, tokenHash));
  const [row] = await tx
    .select(OWNER)
    .from(users)
    .where(and(inArray(users.id, owner), isActive))
    .for('no key update');
  return row;
}

export async function insertSession(db: Queryable, session: typeof sessions.$inferInsert): Promise<void> {
  await db.insert(sessions).values(session);
}

export async function insertRefreshToken(
  db: Queryable,
  token: typeof refreshTokens.$inferInsert,
): Promise<void> {
  await db.insert(refreshTokens).values(token);
}

export async function findRefreshToken(db: Queryable, tokenHash: Uint8Array) {
  const [row] = await db
    .select({ session: sessions, usedAt: refreshTokens.usedAt, expiresAt: refreshTokens.expiresAt })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .where(eq(refreshTokens.tokenHash, tokenHash));
  return row;
}

export async function markUsed(db: Queryable, tokenHash: Uint8Array, usedAt: Date): Promise<void> {
  await db.update(refreshTokens).set({ usedAt }).where(eq(refreshTokens.tokenHash, tokenHash));
}

export async function noteTrade(
  db: Queryable,
  id: SessionId,
  trade: Pick<SessionRow, 'lastUsedAt' | 'lastTrade' | 'expiresAt'>,
): Promise<void> {
  await db.update(sessions).set(trade).where(eq(sessions.id, id));
}

const isLive = (now: Date) => and(isNull(sessions.endedAt), gt(sessions.expiresAt, now));

/** The user's live sessions, the last used first. */
export async function findSessions(
  db: Queryable,
  userId: UserId,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<SessionRow[]> {
  return db
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, userId), isLive(now)))
    .orderBy(desc(sessions.lastUsedAt), desc(sessions.id))
    .limit(limit);
}

/** When the session was opened, if it is the user's and has not ended. */
export async function findOpening(db: Queryable, userId: UserId, id: SessionId): Promise<Date | undefined> {
  const [row] = await db
    .select({ createdAt: sessions.createdAt })
    .from(sessions)
    .where(and(eq(sessions.id, id), eq(sessions.userId, userId), isNull(sessions.endedAt)));
  return row?.createdAt;
}

/** Ends what of these is live and the user's, and gives what that was. */
export async function endSessions(
  db: Queryable,
  userId: UserId,
  { now, only, except }: { readonly now: Date; readonly only?: SessionId; readonly except?: SessionId },
): Promise<SessionId[]> {
  const rows = await db
    .update(sessions)
    .set({ endedAt: now })
    .where(
      and(
        eq(sessions.userId, userId),
        isNull(sessions.endedAt),
        only === undefined ? undefined : eq(sessions.id, only),
        except === undefined ? undefined : ne(sessions.id, except),
      ),
    )
    .returning({ id: sessions.id });
  return rows.map(({ id }) => id);
}

/** Ends all of the user's live sessions but the so many that were used last. */
export async function endBeyond(
  db: Queryable,
  userId: UserId,
  { now, keep }: { readonly now: Date; readonly keep: number },
): Promise<SessionId[]> {
  const beyond = db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.userId, userId), isLive(now)))
    .orderBy(desc(sessions.lastUsedAt), desc(sessions.id))
    .offset(keep);
  const rows = await db
    .update(sessions)
    .set({ endedAt: now })
    .where(inArray(sessions.id, beyond))
    .returning({ id: sessions.id });
  return rows.map(({ id }) => id);
}

export async function findCompromised(db: Queryable, sessionId: SessionId) {
  const [row] = await db
    .select({ email: users.email, userAgent: sessions.userAgent, endedAt: sessions.endedAt })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(eq(sessions.id, sessionId));
  return row;
}

/** Their refresh tokens go with them. */
export async function deleteSessions(db: Queryable, expiredBefore: Date): Promise<void> {
  await deleteOldRows(db, sessions, lt(sessions.expiresAt, expiredBefore));
}

/** Of sessions that go on. */
export async function deleteRefreshTokens(db: Queryable, expiredBefore: Date): Promise<void> {
  await deleteOldRows(db, refreshTokens, lt(refreshTokens.expiresAt, expiredBefore));
}

export async function deleteRevocations(db: Queryable, before: Date): Promise<void> {
  await deleteOldRows(db, revocations, lt(revocations.revokedAt, before));
}

/**
 * What was revoked by transactions from this one on, and the transaction to ask from the next time: the oldest one
 * that was still running. What is older than any access token is left out.
 */
export async function findRevocations(db: Queryable, since: string) {
  const rows = await db.execute<{
    next: string;
    session_id: SessionId | null;
    user_id: UserId | null;
    epoch: number | null;
  }>(sql`
    select pg_snapshot_xmin(pg_current_snapshot())::text as next, r.session_id, r.user_id, r.epoch
      from (select 1) as once
      left join revocations r
        on r.transaction >= ${since}::xid8 and r.revoked_at > now() - interval '16 minutes'`);
  const revoked = rows.flatMap(({ session_id: sessionId, user_id: userId, epoch }): Revocation[] => {
    if (sessionId !== null) return [{ sessionId }];
    return userId === null || epoch === null ? [] : [{ userId, epoch }];
  });
  return { revoked, next: rows[0]?.next ?? since };
}
