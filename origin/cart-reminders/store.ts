/** Every query of carts that were left, and of who is reminded of them. */

import { and, asc, eq, gte, inArray, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import { isActive } from '#db/active-users.ts';
import type { Queryable, Transaction } from '#db/client.ts';
import { deleteOldRows } from '#db/delete-old.ts';
import { users } from '#db/schema/accounts.ts';
import { cartItems, carts } from '#db/schema/cart.ts';
import { cartReminders } from '#db/schema/cart-reminders.ts';
import { products, variants } from '#db/schema/catalog.ts';
import type { CartId, CartReminderId, UserId } from '#lib/ids.ts';

/** Spelled as the index `orders_one_live_per_cart` is: paid, or on its way to be. */
const isBought = sql`exists (select from orders o
  where o.cart_id = carts.id and o.status not in ('payment_failed', 'cancelled'))`;

const isBeingPaid = sql`exists (select from orders o
  where o.cart_id = carts.id and o.status not in ('payment_failed', 'cancelled')
    and o.status in ('pending_payment', 'requires_action'))`;

interface Idle {
  readonly since: Date;
  readonly limit: number;
  readonly now: Date;
}

/**
 * Takes customers' carts out of the queue that have not been changed for so long, the last ones first: those of before
 * keep nobody waiting. What another process has taken, or somebody is at, is passed over; so is what is being paid for.
 */
export async function takeIdle(tx: Transaction, { since, limit, now }: Idle): Promise<CartId[]> {
  const taken = await tx.execute<{ id: CartId }>(sql`
    with idle as materialized (
      select id from carts
       where user_id is not null and idle_noted_at is null and updated_at < ${since.toISOString()}::timestamptz
         and not ${isBeingPaid}
       order by updated_at desc limit ${limit} for update skip locked)
    update carts set idle_noted_at = ${now.toISOString()}::timestamptz from idle
     where carts.id = idle.id returning carts.id`);
  return taken.map(({ id }) => id);
}

/** A cart that its owner wants to be reminded of, and may: with something in it, not bought, not merged. */
const IS_LEFT = and(
  isNull(carts.completedAt),
  isNull(carts.mergedAt),
  isNotNull(users.cartRemindersSince),
  isNotNull(users.emailVerifiedAt),
  isActive,
  sql`not ${isBought}`,
  sql`exists (select from ${cartItems} i where i.cart_id = ${carts.id})`,
);

/** Asked once they are locked. */
export async function findLeft(tx: Transaction, ids: readonly CartId[], notBefore: Date) {
  if (ids.length === 0) return [];
  return tx
    .select({ cartId: carts.id, userId: users.id, cartVersion: carts.version })
    .from(carts)
    .innerJoin(users, eq(users.id, carts.userId))
    .where(and(inArray(carts.id, [...ids]), gte(carts.updatedAt, notBefore), IS_LEFT));
}

type NewReminder = typeof cartReminders.$inferInsert;

/** Those that are new: of one cart as it was left there is one. */
export async function insertReminders(
  tx: Transaction,
  reminders: readonly NewReminder[],
): Promise<Pick<NewReminder, 'id' | 'cartId'>[]> {
  if (reminders.length === 0) return [];
  return tx
    .insert(cartReminders)
    .values([...reminders])
    .onConflictDoNothing()
    .returning({ id: cartReminders.id, cartId: cartReminders.cartId });
}

/** Whom to write to; undefined where they have come back to the cart by now, or want to hear of none any more. */
export async function findAddressee(db: Queryable, id: CartReminderId) {
  const [row] = await db
    .select({ email: users.email, cartId: carts.id })
    .from(cartReminders)
    .innerJoin(carts, and(eq(carts.id, cartReminders.cartId), eq(carts.version, cartReminders.cartVersion)))
    .innerJoin(users, eq(users.id, cartReminders.userId))
    .where(and(eq(cartReminders.id, id), eq(carts.userId, cartReminders.userId), IS_LEFT));
  return row;
}

/** What of the cart is on sale. */
export async function findGoods(db: Queryable, cartId: CartId) {
  return db
    .select({ name: products.name, optionValues: variants.optionValues, quantity: cartItems.quantity })
    .from(cartItems)
    .innerJoin(variants, eq(variants.id, cartItems.variantId))
    .innerJoin(products, eq(products.id, variants.productId))
    .where(and(eq(cartItems.cartId, cartId), isNull(variants.withdrawnAt), isNull(products.withdrawnAt)))
    .orderBy(asc(cartItems.id));
}

export async function setStopHash(db: Queryable, id: CartReminderId, stopHash: Uint8Array): Promise<void> {
  await db.update(cartReminders).set({ stopHash }).where(eq(cartReminders.id, id));
}

/** By the link in a mail: no more of them to whom it went. */
export async function withdrawConsent(db: Queryable, stopHash: Uint8Array): Promise<void> {
  const whose = db
    .select({ userId: cartReminders.userId })
    .from(cartReminders)
    .where(eq(cartReminders.stopHash, stopHash));
  await db.update(users).set({ cartRemindersSince: null }).where(inArray(users.id, whose));
}

export async function deleteOfUser(tx: Transaction, userId: UserId): Promise<void> {
  await tx.delete(cartReminders).where(eq(cartReminders.userId, userId));
}

export async function recordsOf(db: Queryable, userId: UserId) {
  return db
    .select({ id: cartReminders.id, cartId: cartReminders.cartId, dueAt: cartReminders.dueAt })
    .from(cartReminders)
    .where(eq(cartReminders.userId, userId));
}

export async function deleteOld(db: Queryable, dueBefore: Date): Promise<void> {
  await deleteOldRows(db, cartReminders, lt(cartReminders.dueAt, dueBefore));
}
