/** Orders as they are answered: to their owners, and to staff. */

import type { Queryable } from '#db/client.ts';
import type { EditDetails, ReturnDetails, ShipmentDetails } from '#db/order-goods.ts';
import { present } from '#lib/assert.ts';
import type { OrderId } from '#lib/ids.ts';
import { type Currency, money } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import { ownsCart } from '#origin/cart/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller, SignedIn } from '#origin/http/auth.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import { type Balance, toBalance } from '#origin/ledger/service.ts';
import type { Order, OrderEdit, OrderItem, OrderListQuery, OrderPage, Return, Shipment } from './model.ts';
import * as store from './store.ts';
import * as whole from './whole-store.ts';

/** @throws {AppError} `order_not_found`, also for somebody else's */
export async function readOrder(deps: Deps, caller: Caller, id: OrderId): Promise<Order> {
  return deps.ownWrites.read(caller, (db) => orderFrom(db, caller, id));
}

/** As {@link readOrder}, from where the caller of this function says. */
async function orderFrom(db: Queryable, caller: Caller, id: OrderId): Promise<Order> {
  const { row, order } = await wholeOrder(db, id);
  if (!(await isOwn(db, caller, row))) throw new AppError('order_not_found', {}, OF_ANOTHER);
  return order;
}

/** For whoever is known to be allowed to see it. @throws {AppError} `order_not_found` */
export async function orderById(db: Queryable, id: OrderId): Promise<Order> {
  return (await wholeOrder(db, id)).order;
}

/** @throws {AppError} `order_not_found` */
export async function requireOrder(db: Queryable, id: OrderId): Promise<store.OrderRow> {
  const row = await store.findOrder(db, id);
  if (row === undefined) throw new AppError('order_not_found');
  return row;
}

/** @throws {AppError} `order_not_found`, also for somebody else's */
export async function requireOwn(db: Queryable, caller: Caller, id: OrderId): Promise<store.OrderRow> {
  const row = await requireOrder(db, id);
  if (!(await isOwn(db, caller, row))) throw new AppError('order_not_found', {}, OF_ANOTHER);
  return row;
}

async function wholeOrder(db: Queryable, id: OrderId) {
  const found = await whole.findWhole(db, id);
  if (found === undefined) throw new AppError('order_not_found');
  return { row: found.row, order: toOrder(found) };
}

/** A guest's order is opened by the token of the cart that it was. */
async function isOwn(db: Queryable, caller: Caller, row: store.OrderRow): Promise<boolean> {
  if (caller.kind === 'user' && row.userId === caller.userId) return true;
  if (row.userId !== null) return false;
  if (await ownsCart(db, caller, row.cartId)) return true;
  // Replacements go out by an order of their own, which is theirs who had what it replaces.
  const replaced = await store.findReplaced(db, row.id);
  return replaced !== undefined && isOwn(db, caller, replaced);
}

export async function listOrders(deps: Deps, caller: SignedIn, query: OrderListQuery): Promise<OrderPage> {
  return deps.ownWrites.read(caller, (db) => ordersFrom(db, caller, query));
}

async function ordersFrom(db: Queryable, caller: SignedIn, query: OrderListQuery): Promise<OrderPage> {
  const { cursor, limit = DEFAULT_PAGE_SIZE } = query;
  const [placedAt, id] = cursor === undefined ? [] : decodeCursor(cursor, 'instant', 'uuid');
  const position = placedAt === undefined || id === undefined ? undefined : { placedAt, id };
  const found = await whole.listOfUser(db, caller.userId, limit + 1, position);
  const shown = found.slice(0, limit);
  const last = shown.at(-1)?.row;
  const hasMore = found.length > limit && last !== undefined;
  return {
    items: shown.map(toOrder),
    nextCursor: hasMore ? encodeCursor([last.placedAt.toISOString(), last.id]) : null,
  };
}

function toOrder({ row, details, sums }: whole.WholeOrder): Order {
  const { lines, events, payment, refunds, shipments, returns, edits } = details;
  return {
    id: row.id,
    number: String(row.number),
    status: row.status,
    placedAt: row.placedAt.toISOString(),
    items: lines.map((line) => toItem(line, row)),
    ...toTotals(row),
    discounts: details.discounts.map((discount) => toDiscount(discount, lines, row)),
    shippingMethod: details.shipping === null ? null : toShipping(details.shipping, row),
    payment: toPayment(present(payment, `the payment of order ${row.id}`), toBalance(sums), row),
    refunds: refunds.map((refund) => toRefund(refund, row)),
    shipments: shipments.map(toShipment).filter(isThere),
    returns: returns.map((each) => toReturn(each, row.currency)),
    edits: edits.map((each) => toEdit(each, row)),
    timeline: events.map(({ event, actor, detail, occurredAt }) => ({
      event,
      actor,
      detail,
      at: toInstant(occurredAt),
    })),
  };
}

/** The parcels and returns of orders, for whoever is known to be allowed to see them. */
export async function goodsOf(
  db: Queryable,
  orders: readonly Pick<store.OrderRow, 'id' | 'currency'>[],
): Promise<
  (id: OrderId) => { readonly shipments: readonly Shipment[]; readonly returns: readonly Return[] }
> {
  const found = await whole.findGoods(
    db,
    orders.map(({ id }) => id),
  );
  const currencies = new Map(orders.map(({ id, currency }) => [id, currency]));
  return (id) => {
    const { shipments, returns } = found.get(id) ?? { shipments: [], returns: [] };
    const currency = present(currencies.get(id), `the currency of order ${id}`);
    return { shipments: shipments.map(toShipment), returns: returns.map((each) => toReturn(each, currency)) };
  };
}

/** @throws {AppError} `order_not_found` */
export async function goodsOfOrder(db: Queryable, id: OrderId) {
  return (await goodsOf(db, [await requireOrder(db, id)]))(id);
}

/** Of a parcel that was taken apart nobody expects anything. */
export const isThere = ({ status }: Pick<Shipment, 'status'>): boolean => status !== 'unpacked';

function toShipment({ packedAt, shippedAt, deliveredAt, items, ...told }: ShipmentDetails): Shipment {
  return {
    ...told,
    items: [...items],
    packedAt: toInstant(packedAt),
    shippedAt: orNull(shippedAt),
    deliveredAt: orNull(deliveredAt),
  };
}

function toReturn(found: ReturnDetails, currency: Currency): Return {
  const { refundId, refundMinor, requestedAt, decidedAt, receivedAt, refundedAt, items, ...told } = found;
  return {
    ...told,
    items: items.map((item) => ({ ...item })),
    refund: refundMinor === null ? null : { id: refundId, amount: money(refundMinor, currency) },
    requestedAt: toInstant(requestedAt),
    decidedAt: orNull(decidedAt),
    receivedAt: orNull(receivedAt),
    refundedAt: orNull(refundedAt),
  };
}

function toEdit(found: EditDetails, { currency }: Pick<store.OrderRow, 'currency'>): OrderEdit {
  const { id, editor, refundId, refundMinor, changesAddress, madeAt, items } = found;
  return {
    id,
    by: editor,
    madeAt: toInstant(madeAt),
    items: items.map(({ chargedMinor, ...item }) => ({ ...item, charged: money(chargedMinor, currency) })),
    changesAddress,
    refund: refundMinor === null ? null : { id: refundId, amount: money(refundMinor, currency) },
  };
}

/** Whose order it is reads what staff has just done to it. */
export async function noteOwner(deps: Deps, orderId: OrderId): Promise<void> {
  const userId = (await store.findOrder(deps.db, orderId))?.userId ?? null;
  if (userId !== null) await deps.ownWrites.note({ kind: 'user', userId, role: 'shopper' });
}

/** As the database writes a time in JSON, and as we do. */
const toInstant = (time: string) => new Date(time).toISOString();
const orNull = (time: string | null) => (time === null ? null : toInstant(time));

type Details = whole.OrderDetails;

function toPayment(payment: NonNullable<Details['payment']>, balance: Balance, { currency }: store.OrderRow) {
  return {
    status: payment.status,
    brand: payment.brand,
    lastFour: payment.lastFour,
    declineCode: payment.declineCode,
    paid: money(balance.paid, currency),
    refunded: money(balance.refunded, currency),
    refundable: money(balance.refundable, currency),
  };
}

function toTotals({ currency, ...row }: store.OrderRow) {
  return {
    subtotal: money(row.subtotalMinor, currency),
    discount: money(row.discountMinor, currency),
    shipping: money(row.shippingMinor, currency),
    tax: money(row.taxMinor, currency),
    includedTax: money(row.includedTaxMinor, currency),
    total: money(row.totalMinor, currency),
  };
}

function toDiscount(
  { name, code, sharesMinor, shippingMinor }: Details['discounts'][number],
  lines: Details['lines'],
  { currency }: store.OrderRow,
) {
  const shares = lines.flatMap(({ id: itemId }, index) => {
    const share = sharesMinor[index];
    return share === undefined || share === 0 ? [] : [{ itemId, amount: money(share, currency) }];
  });
  return { name, code, shares, shipping: money(shippingMinor, currency) };
}

function toShipping(shipping: NonNullable<Details['shipping']>, { currency }: store.OrderRow) {
  return {
    name: shipping.name,
    price: money(shipping.listMinor, currency),
    discount: money(shipping.discountMinor, currency),
    tax: money(shipping.taxMinor, currency),
    includedTax: money(shipping.includedTaxMinor, currency),
    taxRatePpm: shipping.taxRatePpm,
  };
}

function toRefund(refund: Details['refunds'][number], { currency }: store.OrderRow) {
  return {
    id: refund.id,
    status: refund.status,
    amount: money(refund.amountMinor, currency),
    reason: refund.reason,
    createdAt: toInstant(refund.createdAt),
    settledAt: orNull(refund.settledAt),
  };
}

export function toItem(
  line: Details['lines'][number],
  { currency }: Pick<store.OrderRow, 'currency'>,
): OrderItem {
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
    units: line.units,
    discount: money(line.discountMinor, currency),
    tax: money(line.taxMinor, currency),
    includedTax: money(line.includedTaxMinor, currency),
    taxRatePpm: line.taxRatePpm,
  };
}
