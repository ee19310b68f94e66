/** Every query of orders. */

import { and, asc, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { orderEvents, orderLines, orders } from '#db/schema/orders.ts';
import { payments } from '#db/schema/payments.ts';
import type { OrderId, UserId } from '#lib/ids.ts';
import { OPEN_STATUSES, type OrderStatus } from './lifecycle.ts';

export type OrderRow = typeof orders.$inferSelect;
export type OrderLineRow = typeof orderLines.$inferSelect;

export async function insertOrder(
  tx: Transaction,
  order: typeof orders.$inferInsert,
  lines: readonly (typeof orderLines.$inferInsert)[],
): Promise<void> {
  await tx.insert(orders).values(order);
  await tx.insert(orderLines).values([...lines]);
}

export async function findOrder(db: Queryable, id: OrderId): Promise<OrderRow | undefined> {
  const [order] = await db.select().from(orders).where(eq(orders.id, id));
  return order;
}

export async function lockOrder(tx: Transaction, id: OrderId): Promise<OrderRow | undefined> {
  const [order] = await tx.select().from(orders).where(eq(orders.id, id)).for('update');
  return order;
}

export async function setStatus(tx: Transaction, id: OrderId, status: OrderStatus): Promise<void> {
  await tx
    .update(orders)
    .set({ status, version: sql`${orders.version} + 1` })
    .where(eq(orders.id, id));
}

export async function insertEvent(tx: Transaction, event: typeof orderEvents.$inferInsert): Promise<void> {
  await tx.insert(orderEvents).values(event);
}

export async function findLines(db: Queryable, ids: readonly OrderId[]): Promise<OrderLineRow[]> {
  return db
    .select()
    .from(orderLines)
    .where(inArray(orderLines.orderId, [...ids]))
    .orderBy(asc(orderLines.position));
}

export async function findEvents(db: Queryable, ids: readonly OrderId[]) {
  return db
    .select()
    .from(orderEvents)
    .where(inArray(orderEvents.orderId, [...ids]))
    .orderBy(asc(orderEvents.id));
}

export async function findPayments(db: Queryable, ids: readonly OrderId[]) {
  return db
    .select()
    .from(payments)
    .where(inArray(payments.orderId, [...ids]));
}

interface OrderPosition {
  readonly placedAt: string;
  readonly id: string;
}

export async function listOfUser(
  db: Queryable,
  userId: UserId,
  limit: number,
  after: OrderPosition | undefined,
): Promise<OrderRow[]> {
  const beyond =
    after && sql`(${orders.placedAt}, ${orders.id}) < (${after.placedAt}::timestamptz, ${after.id}::uuid)`;
  return db
    .select()
    .from(orders)
    .where(and(eq(orders.userId, userId), beyond))
    .orderBy(desc(orders.placedAt), desc(orders.id))
    .limit(limit);
}

/** Orders whose payment should have ended by now. */
export async function findOverdue(db: Queryable, now: Date, limit: number): Promise<OrderId[]> {
  const rows = await db
    .select({ id: orders.id })
    .from(orders)
    .where(and(inArray(orders.status, [...OPEN_STATUSES]), lt(orders.paymentDeadline, now)))
    .orderBy(asc(orders.paymentDeadline))
    .limit(limit);
  return rows.map(({ id }) => id);
}
