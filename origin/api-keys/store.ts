/** Every query of API keys. */

import { and, asc, eq, gt, isNull, lt, or, sql } from 'drizzle-orm';
import { isActive } from '#db/active-users.ts';
import type { Queryable, Transaction } from '#db/client.ts';
import { users } from '#db/schema/accounts.ts';
import { apiKeys } from '#db/schema/api-keys.ts';
import { secondFactors } from '#db/schema/second-factor.ts';
import type { ApiKeyId, UserId } from '#lib/ids.ts';

type Owner = Pick<typeof users.$inferSelect, 'role' | 'passwordHash'>;
export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** Whose keys they are. Until the transaction ends, they are made by nobody else. */
export async function lockUser(tx: Transaction, userId: UserId): Promise<Owner | undefined> {
  const [row] = await tx
    .select({ role: users.role, passwordHash: users.passwordHash })
    .from(users)
    .where(and(eq(users.id, userId), isActive))
    .for('no key update');
  return row;
}

export async function insertKey(tx: Transaction, key: ApiKeyRow): Promise<void> {
  await tx.insert(apiKeys).values(key);
}

/** Those that are not revoked, the expired ones as well. */
export async function listOfUser(db: Queryable, userId: UserId): Promise<ApiKeyRow[]> {
  return db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt)))
    .orderBy(asc(apiKeys.id));
}

/** False when there is no such key of the user's. */
export async function revoke(tx: Transaction, userId: UserId, id: ApiKeyId, now: Date): Promise<boolean> {
  const rows = await tx
    .update(apiKeys)
    .set({ revokedAt: now })
    .where(and(eq(apiKeys.id, id), eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id });
  return rows.length === 1;
}

/** A key that is good now, with whose it is. */
export async function findLive(db: Queryable, keyHash: Uint8Array, now: Date) {
  const [row] = await db
    .select({
      id: apiKeys.id,
      scopes: apiKeys.scopes,
      lastUsedAt: apiKeys.lastUsedAt,
      userId: users.id,
      role: users.role,
      hasSecondFactor: sql<boolean>`exists (
        select from ${secondFactors} f where f.user_id = ${users.id} and f.enabled_at is not null)`,
    })
    .from(apiKeys)
    .innerJoin(users, eq(users.id, apiKeys.userId))
    .where(
      and(eq(apiKeys.keyHash, keyHash), isNull(apiKeys.revokedAt), gt(apiKeys.expiresAt, now), isActive),
    );
  return row;
}

export async function noteUse(db: Queryable, id: ApiKeyId, now: Date, notSince: Date): Promise<void> {
  const isStale = or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, notSince));
  await db
    .update(apiKeys)
    .set({ lastUsedAt: now })
    .where(and(eq(apiKeys.id, id), isStale));
}
