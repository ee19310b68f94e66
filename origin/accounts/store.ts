/** Every query of accounts. */

import { and, eq } from 'drizzle-orm';
import { isActive } from '#db/active-users.ts';
import type { Queryable } from '#db/client.ts';
import { users } from '#db/schema/accounts.ts';
import type { UserId } from '#lib/ids.ts';

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
    .where(and(eq(users.email, email), isActive));
  return row;
}

export async function findUser(db: Queryable, id: UserId): Promise<UserRow | undefined> {
  const [row] = await db
    .select()
    .from(users)
    .where(and(eq(users.id, id), isActive));
  return row;
}
