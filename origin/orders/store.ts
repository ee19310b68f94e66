/** Every query of orders but those that read them whole. */

import { and, asc, desc, eq, inArray, isNotNull, notInArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { asIn, kept, type Slots } from '#db/kept.ts';
import { orderEdits } from '#db/schema/order-edits.ts';
import { orderDiscounts, orderEvents, orderLines, orderShipping, orders } from '#db/schema/orders.ts';
import { exchanges, returns } from '#db/schema/returns.ts';
import { shippingMethods } from '#db/schema/shipping.ts';
import { present } from '#lib/assert.ts';
import type { CartId, OrderId, ProductId, StockLocationId, UserId } from '#lib/ids.ts';
import type { OrderStatus } from './lifecycle.ts';

export type OrderRow = typeof orders.$inferSelect;
export type OrderLineRow = typeof orderLines.$inferSelect;
export type OrderDiscountRow = typeof orderDiscounts.$inferSelect;
export type OrderShippingRow = typeof orderShipping.$inferSelect;

type NewOrder = Omit<OrderRow, 'number' | 'version'>;
type NewEvent = Omit<typeof orderEvents.$inferSelect, 'id'>;
type ById = Pick<OrderRow, 'id'>;

const INSERT_ORDER = kept((db, slots: Slots<NewOrder>) => {
  const { id, cartId, userId, email, status, currency, shippingAddress, placedAt, paymentDeadline } = slots;
  const { subtotalMinor, discountMinor, shippingMinor, taxMinor, includedTaxMinor, totalMinor, traceparent } =
    slots;
  return db
    .insert(orders)
    .values({
      ...{ id, cartId, userId, email, status, currency, shippingAddress, placedAt, paymentDeadline },
      ...{ subtotalMinor, discountMinor, shippingMinor, taxMinor, includedTaxMinor, totalMinor, traceparent },
    })
    .returning({ number: orders.number });
});

const INSERT_LINE = kept((db, slots: Slots<OrderLineRow>) => {
  const { id, orderId, variantId, productId, sellerId, name, sku, optionValues, position } = slots;
  const { quantity, unitPriceMinor, lineTotalMinor, discountMinor, taxMinor, includedTaxMinor, taxRatePpm } =
    slots;
  return db.insert(orderLines).values({
    ...{ id, orderId, variantId, productId, sellerId, name, sku, optionValues, position },
    ...{ quantity, unitPriceMinor, lineTotalMinor, discountMinor, taxMinor, includedTaxMinor, taxRatePpm },
  });
});

/** Returns the order's number. */
export async function insertOrder(
  tx: Transaction,
  order: NewOrder,
  lines: readonly OrderLineRow[],
): Promise<number> {
  const [[row]] = await Promise.all([INSERT_ORDER(tx, order), ...lines.map((line) => INSERT_LINE(tx, line))]);
  return present(row, `order ${order.id}`).number;
}

const INSERT_DISCOUNT = kept((db, slots: Slots<OrderDiscountRow>) => {
  const { orderId, discountId, discountVersion, name, code, sharesMinor, shippingMinor, customer } = slots;
  return db
    .insert(orderDiscounts)
    .values({ orderId, discountId, discountVersion, name, code, sharesMinor, shippingMinor, customer });
});

const INSERT_SHIPPING = kept((db, slots: Slots<OrderShippingRow>) => {
  const { orderId, methodId, methodVersion, name, kind } = slots;
  const { listMinor, discountMinor, taxMinor, includedTaxMinor, taxRatePpm } = slots;
  return db.insert(orderShipping).values({
    ...{ orderId, methodId, methodVersion, name, kind },
    ...{ listMinor, discountMinor, taxMinor, includedTaxMinor, taxRatePpm },
  });
});

/** What explains the order's totals beside its lines. */
export async function insertBreakdown(
  tx: Transaction,
  discounts: readonly OrderDiscountRow[],
  shipping: OrderShippingRow | null,
): Promise<void> {
  await Promise.all([
    ...discounts.map((discount) => INSERT_DISCOUNT(tx, discount)),
    shipping === null ? null : INSERT_SHIPPING(tx, shipping),
  ]);
}

const FIND_ORDER = kept((db, { id }: Slots<ById>) => db.select().from(orders).where(eq(orders.id, id)));

export async function findOrder(db: Queryable, id: OrderId): Promise<OrderRow | undefined> {
  const [order] = await FIND_ORDER(db, { id });
  return order;
}

/** Of the first edit that changed the address, unless it was erased. */
export async function findFirstAddress(db: Queryable, id: OrderId) {
  const { id: editId, addressBefore } = orderEdits;
  const [row] = await db
    .select({ id: editId, addressBefore })
    .from(orderEdits)
    .where(and(eq(orderEdits.orderId, id), isNotNull(addressBefore)))
    .orderBy(asc(orderEdits.madeAt), asc(editId))
    .limit(1);
  return row;
}

/** Of an order by which replacements go out: the one that they were bought by. */
export async function findReplaced(db: Queryable, id: OrderId): Promise<OrderRow | undefined> {
  const [row] = await db
    .select({ order: orders })
    .from(exchanges)
    .innerJoin(returns, eq(returns.id, exchanges.returnId))
    .innerJoin(orders, eq(orders.id, returns.orderId))
    .where(eq(exchanges.orderId, id));
  return row?.order;
}

const LOCK_ORDER = kept((db, { id }: Slots<ById>) =>
  db.select().from(orders).where(eq(orders.id, id)).for('update'),
);

export async function lockOrder(tx: Transaction, id: OrderId): Promise<OrderRow | undefined> {
  const [order] = await LOCK_ORDER(tx, { id });
  return order;
}

/** Spelled as the index `orders_one_live_per_cart` is: with parameters, a generic plan would not use it. */
const FIND_LIVE = kept((db, { cartId }: Slots<Pick<OrderRow, 'cartId'>>) =>
  db
    .select({ id: orders.id })
    .from(orders)
    .where(and(eq(orders.cartId, cartId), sql`${orders.status} not in ('payment_failed', 'cancelled')`)),
);

export async function hasLiveOrder(tx: Transaction, cartId: CartId): Promise<boolean> {
  const [live] = await FIND_LIVE(tx, { cartId });
  return live !== undefined;
}

const MOVE = kept((db, slots: Slots<NewEvent & Pick<OrderRow, 'status'>>) => {
  const { status, orderId, event, actor, actorId, detail } = slots;
  const occurredAt = asIn(orderEvents.occurredAt, slots.occurredAt);
  return db.execute(sql`
    with moved as (
      update orders set status = ${status}::order_status, version = version + 1 where id = ${orderId} returning id)
    insert into order_events (order_id, event, actor, actor_id, detail, occurred_at)
    select id, ${event}, ${actor}, ${actorId}::uuid, ${detail}, ${occurredAt}::timestamptz from moved`);
});

/** The status and the line of the time line that tells of it, in one statement. */
export async function moveTo(tx: Transaction, status: OrderStatus, event: NewEvent): Promise<void> {
  await MOVE(tx, { ...event, status });
}

const INSERT_EVENT = kept((db, slots: Slots<NewEvent>) => {
  const { orderId, event, actor, actorId, detail, occurredAt } = slots;
  return db.insert(orderEvents).values({ orderId, event, actor, actorId, detail, occurredAt });
});

export async function insertEvent(tx: Transaction, event: NewEvent): Promise<void> {
  await INSERT_EVENT(tx, event);
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

/** The location where it is picked up; null where it is sent, or where nobody has said where. */
export async function findPickUp(db: Queryable, id: OrderId): Promise<StockLocationId | null> {
  const [method] = await db
    .select({ locationId: shippingMethods.locationId })
    .from(orderShipping)
    .innerJoin(shippingMethods, eq(shippingMethods.id, orderShipping.methodId))
    .where(eq(orderShipping.orderId, id));
  return method?.locationId ?? null;
}

/** Of what they have paid for, the newest first. */
export async function findBought(db: Queryable, userId: UserId, limit: number): Promise<ProductId[]> {
  const rows = await db
    .select({ productId: orderLines.productId })
    .from(orders)
    .innerJoin(orderLines, eq(orderLines.orderId, orders.id))
    .where(and(eq(orders.userId, userId), notInArray(orders.status, [...NOT_BOUGHT])))
    .orderBy(desc(orders.placedAt), desc(orders.id), asc(orderLines.position))
    .limit(limit);
  return rows.map(({ productId }) => productId);
}

/** Whether they have paid for the product, kept some of it on the order and not had all back. Until the transaction ends. */
export async function lockPurchase(tx: Transaction, userId: UserId, productId: ProductId): Promise<boolean> {
  const rows = await tx
    .select({ id: orders.id })
    .from(orders)
    .innerJoin(orderLines, eq(orderLines.orderId, orders.id))
    .where(
      and(
        eq(orders.userId, userId),
        eq(orderLines.productId, productId),
        sql`not exists (select 1 from line_units u where u.line_id = ${orderLines.id} and u.removed = u.bought)`,
        notInArray(orders.status, [...NOT_BOUGHT, 'refunded']),
      ),
    )
    .limit(1)
    .for('share', { of: orders });
  return rows.length === 1;
}

const NOT_BOUGHT = ['pending_payment', 'requires_action', 'payment_failed', 'cancelled'] as const;
