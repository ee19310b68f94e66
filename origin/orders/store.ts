/** Every query of orders. */

import { and, asc, desc, eq, getTableColumns, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { orderEvents, orderLines, orders } from '#db/schema/orders.ts';
import { payments, refunds } from '#db/schema/payments.ts';
import type { CartId, OrderId, UserId } from '#lib/ids.ts';
import type { OrderStatus } from './lifecycle.ts';

export type OrderRow = typeof orders.$inferSelect;
export type OrderLineRow = typeof orderLines.$inferSelect;
export type PaymentRow = typeof payments.$inferSelect;
export type RefundRow = typeof refunds.$inferSelect & { readonly orderId: OrderId };

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

/** Spelled as the index `orders_one_live_per_cart` is: with parameters, a generic plan would not use it. */
export async function hasLiveOrder(tx: Transaction, cartId: CartId): Promise<boolean> {
  const [live] = await tx
    .select({ id: orders.id })
    .from(orders)
    .where(and(eq(orders.cartId, cartId), sql`${orders.status} not in ('payment_failed', 'cancelled')`));
  return live !== undefined;
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

export async function hasEvent(
  db: Queryable,
  id: OrderId,
  { events, detail }: { readonly events: readonly string[]; readonly detail?: string },
): Promise<boolean> {
  const ofDetail = detail === undefined ? undefined : eq(orderEvents.detail, detail);
  const found = and(eq(orderEvents.orderId, id), inArray(orderEvents.event, [...events]), ofDetail);
  return (await db.$count(orderEvents, found)) > 0;
}

export async function extendDeadline(tx: Transaction, id: OrderId, deadline: Date): Promise<void> {
  await tx
    .update(orders)
    .set({
      paymentDeadline: sql`greatest(${orders.paymentDeadline}, ${deadline.toISOString()}::timestamptz)`,
    })
    .where(eq(orders.id, id));
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

/** The oldest first. */
export async function findRefunds(db: Queryable, ids: readonly OrderId[]): Promise<RefundRow[]> {
  return db
    .select({ ...getTableColumns(refunds), orderId: payments.orderId })
    .from(refunds)
    .innerJoin(payments, eq(payments.id, refunds.paymentId))
    .where(inArray(payments.orderId, [...ids]))
    .orderBy(asc(refunds.createdAt), asc(refunds.id));
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
