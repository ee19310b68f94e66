/** Every query of accounts as admins see them. Whoever is gone is not there. */

import { and, asc, desc, eq, getTableColumns, isNull, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { accountTokens } from '#db/schema/account-tokens.ts';
import { users } from '#db/schema/accounts.ts';
import { apiKeys } from '#db/schema/api-keys.ts';
import { secondFactors } from '#db/schema/second-factor.ts';
import { present } from '#lib/assert.ts';
import type { UserId } from '#lib/ids.ts';
import type { Role } from '#origin/http/permissions.ts';

const { id, email, name, role, disabledAt, createdAt } = getTableColumns(users);
const shown = { id, email, name, role, disabledAt, createdAt };
const isThere = isNull(users.deletedAt);

export type UserRow = NonNullable<Awaited<ReturnType<typeof findUser>>>;

interface UserListing {
  readonly role: Role | undefined;
  readonly limit: number;
  /** Where the page before ended. */
  readonly after: { readonly createdAt: string; readonly id: string } | undefined;
}

/** The newest first. */
export async function listUsers(db: Queryable, listing: UserListing): Promise<UserRow[]> {
  const { role, limit, after } = listing;
  const beyond =
    after && sql`(${users.createdAt}, ${users.id}) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`;
  return db
    .select(shown)
    .from(users)
    .where(and(isThere, role === undefined ? undefined : eq(users.role, role), beyond))
    .orderBy(desc(users.createdAt), desc(users.id))
    .limit(limit);
}

export async function findUser(db: Queryable, userId: UserId) {
  const [user] = await db
    .select(shown)
    .from(users)
    .where(and(isThere, eq(users.id, userId)));
  return user;
}

/** As the row is now and stays until the transaction ends. Rows that point at the user do not wait for it. */
export async function lockUser(tx: Transaction, userId: UserId): Promise<UserRow | undefined> {
  const [user] = await tx
    .select(shown)
    .from(users)
    .where(and(isThere, eq(users.id, userId)))
    .for('no key update');
  return user;
}

/** Everybody who can act as an admin, locked in one order: changes of who is one take turns. */
export async function lockAdmins(tx: Transaction): Promise<ReadonlySet<UserId>> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(isThere, eq(users.role, 'admin'), isNull(users.disabledAt)))
    .orderBy(asc(users.id))
    .for('no key update');
  return new Set(rows.map((row) => row.id));
}

type UserUpdate = Partial<Pick<typeof users.$inferInsert, 'role' | 'disabledAt' | 'deletedAt'>>;

export async function updateUser(tx: Transaction, userId: UserId, update: UserUpdate): Promise<UserRow> {
  const [user] = await tx.update(users).set(update).where(eq(users.id, userId)).returning(shown);
  return present(user, `user ${userId}`);
}

/**
 * All that proves to be the user, but the password: keys are kept as revoked ones, for acts on record name them.
 * @returns how many keys that were
 */
export async function endCredentials(tx: Transaction, userId: UserId, now: Date): Promise<number> {
  const keys = await tx
    .update(apiKeys)
    .set({ revokedAt: now })
    .where(and(eq(apiKeys.userId, userId), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id });
  await tx.delete(accountTokens).where(eq(accountTokens.userId, userId));
  await tx.delete(secondFactors).where(eq(secondFactors.userId, userId));
  return keys.length;
}
