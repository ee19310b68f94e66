/** Every query of saved payment methods and of their owners' Stripe customers. */

import { and, asc, eq, or, sql } from 'drizzle-orm';
import { isActive } from '#db/active-users.ts';
import type { Queryable, Transaction } from '#db/client.ts';
import { users } from '#db/schema/accounts.ts';
import { paymentMethods } from '#db/schema/payments.ts';
import type { SavedPaymentMethodId, UserId } from '#lib/ids.ts';

export type SavedRow = typeof paymentMethods.$inferSelect;
export type NewSavedRow = Omit<SavedRow, 'createdAt'>;

/** Undefined when there is no such user; null when Stripe has no customer for them. */
export async function findCustomer(db: Queryable, userId: UserId): Promise<string | null | undefined> {
  const [user] = await db
    .select({ customerId: users.stripeCustomerId })
    .from(users)
    .where(and(eq(users.id, userId), isActive));
  return user?.customerId;
}

/** The first customer stays: whoever comes later with another one is given that. */
export async function keepCustomer(
  db: Queryable,
  userId: UserId,
  customerId: string,
): Promise<string | null | undefined> {
  const [user] = await db
    .update(users)
    .set({ stripeCustomerId: sql`coalesce(${users.stripeCustomerId}, ${customerId})` })
    .where(and(eq(users.id, userId), isActive))
    .returning({ customerId: users.stripeCustomerId });
  return user?.customerId;
}

/** Until the transaction ends, the user's methods change by nobody else. False when there is no such user any more. */
export async function lockUser(tx: Transaction, userId: UserId): Promise<boolean> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), isActive))
    .for('no key update');
  return rows.length === 1;
}

export async function listOfUser(db: Queryable, userId: UserId): Promise<SavedRow[]> {
  return db
    .select()
    .from(paymentMethods)
    .where(eq(paymentMethods.userId, userId))
    .orderBy(asc(paymentMethods.id));
}

export async function findOfUser(
  db: Queryable,
  userId: UserId,
  id: SavedPaymentMethodId,
): Promise<SavedRow | undefined> {
  const [row] = await db
    .select()
    .from(paymentMethods)
    .where(and(eq(paymentMethods.userId, userId), eq(paymentMethods.id, id)));
  return row;
}

/** A user's method by our id or by Stripe's, with the customer that it is attached to. */
export async function findWithCustomer(db: Queryable, userId: UserId, id: string) {
  const named = or(sql`${paymentMethods.id}::text = ${id}`, eq(paymentMethods.stripePaymentMethodId, id));
  const [row] = await db
    .select({
      stripePaymentMethodId: paymentMethods.stripePaymentMethodId,
      customerId: users.stripeCustomerId,
    })
    .from(paymentMethods)
    .innerJoin(users, eq(users.id, paymentMethods.userId))
    .where(and(eq(paymentMethods.userId, userId), named));
  return row;
}

export async function insertMethod(tx: Transaction, row: NewSavedRow): Promise<void> {
  await tx.insert(paymentMethods).values(row);
}

export async function deleteMethod(db: Queryable, userId: UserId, id: SavedPaymentMethodId): Promise<void> {
  await db.delete(paymentMethods).where(and(eq(paymentMethods.userId, userId), eq(paymentMethods.id, id)));
}
