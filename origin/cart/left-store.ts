/** Queries of guests' carts that nobody has come back to. */

import { and, eq, isNull, lt, notExists, sql } from 'drizzle-orm';
import type { Queryable } from '#db/client.ts';
import { deleteOldRows } from '#db/delete-old.ts';
import { carts } from '#db/schema/cart.ts';
import { orders } from '#db/schema/orders.ts';

/** Last changed before then. What an order names stays, also where its payment has failed. */
export async function deleteLeft(db: Queryable, before: Date): Promise<void> {
  const itsOrder = db.select({ one: sql`1` }).from(orders).where(eq(orders.cartId, carts.id));
  const isLeft = and(isNull(carts.userId), isNull(carts.completedAt), lt(carts.updatedAt, before));
  await deleteOldRows(db, carts, and(isLeft, notExists(itsOrder)));
}
