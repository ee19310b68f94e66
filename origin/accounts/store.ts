/** Every query of accounts. */

import type { Queryable } from '#db/client.ts';
import { users } from '#db/schema/accounts.ts';

export type UserRow = typeof users.$inferSelect;

/** Undefined when the email is taken. */
export async function insertUser(
  db: Queryable,
  user: Pick<UserRow, 'id' | 'email' | 'name' | 'passwordHash' | 'emailVerifiedAt'>,
): Promise<UserRow | undefined> {
  const [row] = await db.insert(users).values(user).onConflictDoNothing({ target: users.email }).returning();
  return row;
}
