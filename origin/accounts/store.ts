/** Every query of accounts. */

import { and, eq, sql } from 'drizzle-orm';
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

/** Whoever consents once more has done so since the first time. Undefined when they are gone. */
export async function setCartReminders(
  db: Queryable,
  id: UserId,
  since: Date | null,
): Promise<UserRow | undefined> {
  const first =
    since === null ? null : sql`coalesce(${users.cartRemindersSince}, ${since.toISOString()}::timestamptz)`;
  const [row] = await db
    .update(users)
    .set({ cartRemindersSince: first })
    .where(and(eq(users.id, id), isActive))
    .returning();
  return row;
}
