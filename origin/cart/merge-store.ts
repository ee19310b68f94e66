/** Every query of carts that become one. */

import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { isActive } from '#db/active-users.ts';
import type { Queryable, Transaction } from '#db/client.ts';
import { users } from '#db/schema/accounts.ts';
import { cartItems, carts, MAX_LINE_QUANTITY, savedItems } from '#db/schema/cart.ts';
import { orders } from '#db/schema/orders.ts';
import { present } from '#lib/assert.ts';
import type { CartId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { CartRow } from './store.ts';

/** Waits for whoever else merges into a cart of the customer's, until they are done. Taken before any row. */
export async function takeTurn(tx: Transaction, userId: UserId): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`merge:${userId}`}, 0))`);
  await requireActive(tx, userId);
}

/** And keeps them so: nobody is erased while a cart becomes theirs. @throws {AppError} `unauthenticated` */
async function requireActive(tx: Transaction, userId: UserId): Promise<void> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), isActive))
    .for('key share');
  if (rows.length === 0) throw new AppError('unauthenticated');
}

export async function findByToken(db: Queryable, tokenHash: Uint8Array): Promise<CartId | undefined> {
  const [row] = await db.select({ id: carts.id }).from(carts).where(eq(carts.tokenHash, tokenHash));
  return row?.id;
}

/** Spelled as the index `orders_one_live_per_cart` is. */
const liveOrderOf = sql`select from ${orders} o
  where o.cart_id = ${carts.id} and o.status not in ('payment_failed', 'cancelled')`;

/** Of the customer's carts in the currency of the guest's the one that was changed last, and can be changed. */
export async function findTarget(
  tx: Transaction,
  userId: UserId,
  guestCart: CartId,
): Promise<CartId | undefined> {
  const [row] = await tx
    .select({ id: carts.id })
    .from(carts)
    .where(
      and(
        eq(carts.userId, userId),
        sql`${carts.completedAt} is null and not exists (${liveOrderOf})`,
        sql`${carts.currency} = (select g.currency from carts g where g.id = ${guestCart})`,
      ),
    )
    .orderBy(sql`${carts.updatedAt} desc, ${carts.id} desc`)
    .limit(1);
  return row?.id;
}

/** Each waits for the other in one order, whoever comes with which of them. */
export async function lockInOrder(tx: Transaction, ids: readonly CartId[]): Promise<CartRow[]> {
  return tx
    .select()
    .from(carts)
    .where(inArray(carts.id, [...ids]))
    .orderBy(asc(carts.id))
    .for('update');
}

/** How many lines and saved items the two would have, were they one. */
export async function countTogether(tx: Transaction, one: CartId, other: CartId) {
  const count = async (table: typeof cartItems | typeof savedItems) => {
    const [row] = await tx
      .select({ variants: sql<number>`count(distinct ${table.variantId})::int` })
      .from(table)
      .where(inArray(table.cartId, [one, other]));
    return present(row, 'a count').variants;
  };
  return { lines: await count(cartItems), saved: await count(savedItems) };
}

/** Whether each of them has a line. */
export async function areFilled(tx: Transaction, ids: readonly CartId[]): Promise<boolean> {
  const rows = await tx
    .selectDistinct({ id: cartItems.cartId })
    .from(cartItems)
    .where(inArray(cartItems.cartId, [...ids]));
  return rows.length === ids.length;
}

/**
 * All lines, and all that is put aside. Quantities of a variant that both have add up, to the most of a line; its price
 * counts as seen as the guest saw it, who looked last.
 */
export async function moveContents(tx: Transaction, from: CartId, to: CartId): Promise<void> {
  await tx.execute(sql`
    with moved as (delete from cart_items where cart_id = ${from} returning *)
    insert into cart_items (id, cart_id, variant_id, quantity, seen_price_minor)
    select id, ${to}::uuid, variant_id, quantity, seen_price_minor from moved
    on conflict (cart_id, variant_id) do update
       set quantity = least(${MAX_LINE_QUANTITY}::int, cart_items.quantity + excluded.quantity),
           seen_price_minor = excluded.seen_price_minor`);
  await tx.execute(sql`
    with moved as (delete from saved_items where cart_id = ${from} returning *)
    insert into saved_items (id, cart_id, variant_id, quantity, saved_at)
    select id, ${to}::uuid, variant_id, quantity, saved_at from moved
    on conflict (cart_id, variant_id) do update
       set quantity = least(${MAX_LINE_QUANTITY}::int, saved_items.quantity + excluded.quantity),
           saved_at = greatest(saved_items.saved_at, excluded.saved_at)`);
}

interface Ended {
  readonly id: CartId;
  readonly into: CartId;
  readonly at: Date;
}

/** It keeps its token, by which a repetition finds where it went; and nothing that tells of anybody. */
export async function endMerged(tx: Transaction, { id, into, at }: Ended): Promise<void> {
  await tx
    .update(carts)
    .set({
      ...{ mergedInto: into, mergedAt: at, updatedAt: at, version: sql`${carts.version} + 1` },
      ...{ codes: [], country: null, region: null, postalCode: null, shippingMethodId: null },
    })
    .where(eq(carts.id, id));
}

interface Adoption {
  readonly id: CartId;
  readonly userId: UserId;
  readonly at: Date;
}

/** Its version stays, and a quote that is out for it is good: nothing in it has changed but whose it is. */
export async function adopt(tx: Transaction, { id, userId, at }: Adoption): Promise<CartRow> {
  const [cart] = await tx
    .update(carts)
    .set({ userId, tokenHash: null, updatedAt: at, idleNotedAt: null })
    .where(eq(carts.id, id))
    .returning();
  return present(cart, `cart ${id}`);
}
