/** Every query of passwords and of the tokens that are mailed. */

import { and, eq, gt, isNull, lte } from 'drizzle-orm';
import { isActive } from '#db/active-users.ts';
import type { Queryable, Transaction } from '#db/client.ts';
import { deleteOldRows } from '#db/delete-old.ts';
import { accountTokens } from '#db/schema/account-tokens.ts';
import { users } from '#db/schema/accounts.ts';
import { apiKeys } from '#db/schema/api-keys.ts';
import { paymentMethods } from '#db/schema/payments.ts';
import { secondFactors } from '#db/schema/second-factor.ts';
import { wishLists } from '#db/schema/wish-lists.ts';
import type { ApiKeyId, UserId } from '#lib/ids.ts';

export type UserRow = typeof users.$inferSelect;
export type TokenRow = typeof accountTokens.$inferSelect;
export type Purpose = TokenRow['purpose'];

export async function findUser(db: Queryable, id: UserId): Promise<UserRow | undefined> {
  const [row] = await db
    .select()
    .from(users)
    .where(and(eq(users.id, id), isActive));
  return row;
}

export async function findUserByEmail(db: Queryable, email: string): Promise<UserRow | undefined> {
  const [row] = await db
    .select()
    .from(users)
    .where(and(eq(users.email, email), isActive));
  return row;
}

/** Whom to write to. No more of them than a letter needs: the role that writes letters reads no password hashes. */
export async function findAddressee(db: Queryable, id: UserId) {
  const [row] = await db
    .select({ id: users.id, email: users.email, emailVerifiedAt: users.emailVerifiedAt })
    .from(users)
    .where(and(eq(users.id, id), isActive));
  return row;
}

/** What changes an account's credentials takes turns; rows that point at the user do not wait for it. */
export async function lockUser(tx: Transaction, id: UserId): Promise<UserRow | undefined> {
  const [row] = await tx
    .select()
    .from(users)
    .where(and(eq(users.id, id), isActive))
    .for('no key update');
  return row;
}

export async function setPassword(tx: Transaction, id: UserId, passwordHash: string): Promise<void> {
  await tx.update(users).set({ passwordHash }).where(eq(users.id, id));
}

/** Keys are kept as revoked ones, for acts on record name them. */
export async function revokeApiKeys(tx: Transaction, userId: UserId, now: Date): Promise<ApiKeyId[]> {
  const rows = await tx
    .update(apiKeys)
    .set({ revokedAt: now })
    .where(and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id });
  return rows.map(({ id }) => id);
}

/** All but sessions and API keys, which end with any password that is reset. True where a second factor was on. */
export async function voidUnproven(tx: Transaction, userId: UserId): Promise<boolean> {
  await tx.delete(paymentMethods).where(eq(paymentMethods.userId, userId));
  // By a link that is out somebody would look at what its owner wishes for from now on.
  await tx.update(wishLists).set({ shareHash: null }).where(eq(wishLists.userId, userId));
  await tx.update(users).set({ cartRemindersSince: null }).where(eq(users.id, userId));
  const factors = await tx
    .delete(secondFactors)
    .where(eq(secondFactors.userId, userId))
    .returning({ enabledAt: secondFactors.enabledAt });
  return factors.some(({ enabledAt }) => enabledAt !== null);
}

/** Whoever has verified it stays verified from then. */
export async function setVerified(tx: Transaction, id: UserId, now: Date): Promise<void> {
  await tx
    .update(users)
    .set({ emailVerifiedAt: now })
    .where(and(eq(users.id, id), isNull(users.emailVerifiedAt)));
}

export async function countLiveTokens(
  tx: Transaction,
  { userId, purpose, eventId }: Pick<TokenRow, 'userId' | 'purpose' | 'eventId'>,
  now: Date,
): Promise<number> {
  await tx.delete(accountTokens).where(eq(accountTokens.eventId, eventId));
  return tx.$count(
    accountTokens,
    and(
      eq(accountTokens.userId, userId),
      eq(accountTokens.purpose, purpose),
      gt(accountTokens.expiresAt, now),
    ),
  );
}

export async function insertToken(tx: Transaction, token: TokenRow): Promise<void> {
  await tx.insert(accountTokens).values(token);
}

/** Whose token it is, if it is still good. */
export async function findToken(
  db: Queryable,
  tokenHash: Uint8Array,
  purpose: Purpose,
  now: Date,
): Promise<UserId | undefined> {
  const [row] = await db
    .select({ userId: accountTokens.userId })
    .from(accountTokens)
    .where(
      and(
        eq(accountTokens.tokenHash, tokenHash),
        eq(accountTokens.purpose, purpose),
        gt(accountTokens.expiresAt, now),
      ),
    );
  return row?.userId;
}

/** With one used, the others of its purpose have done their work, too. */
export async function deleteTokens(tx: Transaction, userId: UserId, purpose: Purpose): Promise<void> {
  await tx
    .delete(accountTokens)
    .where(and(eq(accountTokens.userId, userId), eq(accountTokens.purpose, purpose)));
}

export async function deleteExpiredTokens(db: Queryable, now: Date): Promise<void> {
  await deleteOldRows(db, accountTokens, lte(accountTokens.expiresAt, now));
}
