/** Orders: placing them, moving them through their life, and reading them. */

import type { Queryable, Transaction } from '#db/client.ts';
import type { ShippingAddress } from '#db/schema/orders.ts';
import { present } from '#lib/assert.ts';
import { after, MINUTE_MS } from '#lib/clock.ts';
import type { EventName } from '#lib/events.ts';
import type { CartId, OrderId, OrderLineId } from '#lib/ids.ts';
import { money } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { ownsCart, type PricedCart } from '#origin/cart/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import type { Caller, SignedIn } from '#origin/http/auth.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import { nextStatus, type OrderStatus, type OrderTrigger } from './lifecycle.ts';
import type { Order, OrderListQuery, OrderPage } from './model.ts';
import * as store from './store.ts';

export { isOpen, type OrderStatus, type OrderTrigger } from './lifecycle.ts';
export { Order } from './model.ts';
export type { OverdueOrder } from './store.ts';

/** Who moved an order: shown on its time line. */
export type Actor = 'shopper' | 'stripe' | 'reconciler';

export interface NewOrder {
  readonly id: OrderId;
  readonly cartId: CartId;
  readonly caller: Caller;
  readonly email: string;
  readonly shippingAddress: ShippingAddress;
  readonly cart: PricedCart;
}

const PAYMENT_DEADLINE_MS = 30 * MINUTE_MS;

/** Writes an order that waits for its payment, as the cart was priced. */
export async function placeOrder(deps: Deps, tx: Transaction, order: NewOrder): Promise<void> {
  const { id, cart, caller, cartId, email, shippingAddress } = order;
  const placedAt = deps.clock.now();
  const row = {
    id,
    cartId,
    userId: caller.kind === 'user' ? caller.userId : null,
    email,
    status: 'pending_payment' as const,
    currency: cart.currency,
    subtotalMinor: cart.subtotalMinor,
    totalMinor: cart.subtotalMinor,
    shippingAddress,
    placedAt,
    paymentDeadline: after(placedAt, PAYMENT_DEADLINE_MS),
  };
  const lines = cart.lines.map((line, position) => ({
    id: deps.ids.next<OrderLineId>(),
    orderId: id,
    variantId: line.variantId,
    productId: line.productId,
    name: line.name,
    sku: line.sku,
    optionValues: line.optionValues,
    quantity: line.quantity,
    unitPriceMinor: line.priceMinor,
    lineTotalMinor: line.lineTotalMinor,
    position,
  }));
  await store.insertOrder(tx, row, lines);
  await store.insertEvent(tx, { orderId: id, event: 'order.placed', actor: 'shopper', occurredAt: placedAt });
  await emit(deps, tx, { name: 'order.placed', data: { orderId: id } });
}

const EVENT_OF_STATUS: Partial<Record<OrderStatus, EventName & `order.${string}`>> = {
  paid: 'order.paid',
  payment_failed: 'order.payment_failed',
  cancelled: 'order.cancelled',
};

export interface Move {
  readonly order: store.OrderRow;
  readonly lines: readonly store.OrderLineRow[];
  readonly to: OrderStatus;
}

/**
 * Takes an order through one transition and tells of it, in the caller's transaction. Null when the order has
 * that behind it already: of many messengers with the same news, the first one counts.
 * @throws {AppError} `order_not_found`
 */
export async function moveOrder(
  deps: Deps,
  tx: Transaction,
  id: OrderId,
  { trigger, actor }: { readonly trigger: OrderTrigger; readonly actor: Actor },
): Promise<Move | null> {
  const order = await lockOrder(tx, id);
  const to = nextStatus(order.status, trigger);
  if (to === order.status) return null;
  const event = EVENT_OF_STATUS[to];
  await store.setStatus(tx, id, to);
  await store.insertEvent(tx, {
    orderId: id,
    event: event ?? `order.${to}`,
    actor,
    occurredAt: deps.clock.now(),
  });
  if (event !== undefined) await emit(deps, tx, { name: event, data: { orderId: id } });
  return { order, lines: await store.findLines(tx, [id]), to };
}

/** The row as it is now and stays until the transaction ends. @throws {AppError} `order_not_found` */
export async function lockOrder(tx: Transaction, id: OrderId): Promise<store.OrderRow> {
  const order = await store.lockOrder(tx, id);
  if (order === undefined) throw new AppError('order_not_found');
  return order;
}

/** The row as it is now, or undefined. */
export const findOrder = store.findOrder;
export const findOverdue = store.findOverdue;
/** Whether an order of the cart waits for its payment or has it. Certain only while the cart is locked. */
export const isBeingPaid = store.hasLiveOrder;

export async function linesOf(tx: Transaction, id: OrderId): Promise<store.OrderLineRow[]> {
  return store.findLines(tx, [id]);
}

export interface Receipt {
  readonly order: store.OrderRow;
  readonly lines: readonly store.OrderLineRow[];
}

/** What the confirmation of an order tells. @throws {AppError} `order_not_found` */
export async function readReceipt(deps: Deps, id: OrderId): Promise<Receipt> {
  const order = await store.findOrder(deps.db, id);
  if (order === undefined) throw new AppError('order_not_found');
  return { order, lines: await store.findLines(deps.db, [id]) };
}

/** @throws {AppError} `order_not_found`, also for somebody else's */
export async function readOrder(deps: Deps, caller: Caller, id: OrderId): Promise<Order> {
  return deps.ownWrites.read(caller, (db) => orderFrom(db, caller, id));
}

/** As {@link readOrder}, from where the caller of this function says. */
export async function orderFrom(db: Queryable, caller: Caller, id: OrderId): Promise<Order> {
  const row = await store.findOrder(db, id);
  if (row === undefined || !(await isOwn(db, caller, row))) throw new AppError('order_not_found');
  const [order] = await withDetails(db, [row]);
  return present(order, 'the order');
}

/** A guest's order is opened by the token of the cart that it was. */
async function isOwn(db: Queryable, caller: Caller, row: store.OrderRow): Promise<boolean> {
  if (caller.kind === 'user' && row.userId === caller.userId) return true;
  return row.userId === null && ownsCart(db, caller, row.cartId);
}

export async function listOrders(deps: Deps, caller: SignedIn, query: OrderListQuery): Promise<OrderPage> {
  return deps.ownWrites.read(caller, (db) => ordersFrom(db, caller, query));
}

async function ordersFrom(db: Queryable, caller: SignedIn, query: OrderListQuery): Promise<OrderPage> {
  const { cursor, limit = DEFAULT_PAGE_SIZE } = query;
  const [placedAt, id] = cursor === undefined ? [] : decodeCursor(cursor, 'instant', 'uuid');
  const position = placedAt === undefined || id === undefined ? undefined : { placedAt, id };
  const rows = await store.listOfUser(db, caller.userId, limit + 1, position);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: await withDetails(db, shown),
    nextCursor: hasMore ? encodeCursor([last.placedAt.toISOString(), last.id]) : null,
  };
}

async function withDetails(db: Queryable, rows: readonly store.OrderRow[]): Promise<Order[]> {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const [lines, events, payments] = await Promise.all([
    store.findLines(db, ids),
    store.findEvents(db, ids),
    store.findPayments(db, ids),
  ]);
  return rows.map((row) => {
    const payment = present(
      payments.find((each) => each.orderId === row.id),
      `the payment of order ${row.id}`,
    );
    return {
      id: row.id,
      number: String(row.number),
      status: row.status,
      placedAt: row.placedAt.toISOString(),
      items: lines.filter((line) => line.orderId === row.id).map((line) => toItem(line, row)),
      total: money(row.totalMinor, row.currency),
      payment: { status: payment.status, brand: payment.brand, lastFour: payment.lastFour },
      timeline: events
        .filter((event) => event.orderId === row.id)
        .map(({ event, actor, occurredAt }) => ({ event, actor, at: occurredAt.toISOString() })),
    };
  });
}

function toItem(line: store.OrderLineRow, { currency }: store.OrderRow) {
  return {
    id: line.id,
    variantId: line.variantId,
    productId: line.productId,
    name: line.name,
    sku: line.sku,
    options: line.optionValues,
    quantity: line.quantity,
    unitPrice: money(line.unitPriceMinor, currency),
    lineTotal: money(line.lineTotalMinor, currency),
  };
}
