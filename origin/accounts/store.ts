/** Every query of accounts. */

import { and, eq, gt, inArray, isNull } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { refreshTokens, users } from '#db/schema/accounts.ts';
import type { TokenFamilyId, UserId } from '#lib/ids.ts';

export type UserRow = typeof users.$inferSelect;

/** Undefined when the email is taken. */
export async function insertUser(
  db: Queryable,
  user: Pick<UserRow, 'id' | 'email' | 'name' | 'passwordHash' | 'emailVerifiedAt'>,
): Promise<UserRow | undefined> {
  const [row] = await db.insert(users).values(user).onConflictDoNothing({ target: users.email }).returning();
  return row;
}

export async function findUserByEmail(db: Queryable, email: string): Promise<UserRow | undefined> {
  const [row] = await db
    .select()
    .from(users)
    .where(and(eq(users.email, email), isNull(users.erasedAt)));
  return row;
}

export async function findUser(db: Queryable, id: UserId): Promise<UserRow | undefined> {
  const [row] = await db
    .select()
    .from(users)
    .where(and(eq(users.id, id), isNull(users.erasedAt)));
  return row;
}

export type RefreshTokenRow = typeof refreshTokens.$inferSelect;

export async function insertRefreshToken(
  db: Queryable,
  token: typeof refreshTokens.$inferInsert,
): Promise<void> {
  await db.insert(refreshTokens).values(token);
}

/**
 * The token's user, locked: refreshes and the end of a family take turns, so that none is opened in a family
 * while it ends. Rows that point at the user (orders, carts) do not wait for it.
 */
export async function lockOwner(tx: Transaction, tokenHash: Uint8Array): Promise<UserRow | undefined> {
  const owner = tx
    .select({ id: refreshTokens.userId })
    .from(refreshTokens)
    .where(eq(refreshTokens.tokenHash, tokenHash));
  const [row] = await tx.select().from(users).where(inArray(users.id, owner)).for('no key update');
  return row;
}

/** Marks the token as used if it is still good: of two requests at once, one gets it. */
export async function useRefreshToken(
  db: Queryable,
  tokenHash: Uint8Array,
  now: Date,
): Promise<RefreshTokenRow | undefined> {
  const [row] = await db
    .update(refreshTokens)
    .set({ usedAt: now })
    .where(
      and(
        eq(refreshTokens.tokenHash, tokenHash),
        isNull(refreshTokens.usedAt),
        isNull(refreshTokens.revokedAt),
        gt(refreshTokens.expiresAt, now),
      ),
    )
    .returning();
  return row;
}

export async function findRefreshToken(
  db: Queryable,
  tokenHash: Uint8Array,
): Promise<RefreshTokenRow | undefined> {
  const [row] = await db.select().from(refreshTokens).where(eq(refreshTokens.tokenHash, tokenHash));
  return row;
}

export async function revokeFamily(db: Queryable, familyId: TokenFamilyId, now: Date): Promise<void> {
  await db
    .update(refreshTokens)
    .set({ revokedAt: now })
    .where(and(eq(refreshTokens.familyId, familyId), isNull(refreshTokens.revokedAt)));
}
