/** Orders: placing them and moving them through their life. Reading them is in `read-order.ts`. */

import type { Transaction } from '#db/client.ts';
import { SealBroken } from '#db/field-cipher.ts';
import type { ShippingAddress } from '#db/schema/orders.ts';
import { currentTrace } from '#db/trace-scope.ts';
import { after, MINUTE_MS } from '#lib/clock.ts';
import type { EventName } from '#lib/events.ts';
import type { ApiKeyId, CartId, OrderId, OrderLineId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { PricedCart, PricedLine } from '#origin/cart/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import type { Caller } from '#origin/http/auth.ts';
import type { Destination, Place } from '#origin/locations/service.ts';
import { type CodeUser, customerKey, giveUsesBack, type Totals } from '#origin/pricing/service.ts';
import { openAddress } from './addresses.ts';
import { nextStatus, type OrderStatus, type OrderTrigger } from './lifecycle.ts';
import * as store from './store.ts';

export {
  addressAtPlacing,
  openAddress,
  openAddressBefore,
  sealAddress,
  sealAddressBefore,
} from './addresses.ts';
export {
  isCancellable,
  isEditable,
  isOpen,
  isShippable,
  type OrderStatus,
  type OrderTrigger,
} from './lifecycle.ts';
export { type ChargedLine, chargeOfUnits, paidPerUnit } from './line-charge.ts';
export { AddressInput, Order, OrderItem, OrderParams, Return, Shipment } from './model.ts';
export {
  goodsOf,
  goodsOfOrder,
  isThere,
  noteOwner,
  orderById,
  requireOrder,
  requireOwn,
  toItem,
} from './read-order.ts';
export type { OrderRow } from './store.ts';

/** Who moved an order: shown on its time line. */
export type Actor = 'shopper' | 'staff' | 'stripe' | 'reconciler';

type OrderedLine =
  | 'variantId'
  | 'productId'
  | 'sellerId'
  | 'name'
  | 'sku'
  | 'optionValues'
  | 'quantity'
  | 'priceMinor'
  | 'lineTotalMinor'
  | 'discountMinor'
  | 'taxMinor'
  | 'includedTaxMinor'
  | 'taxRatePpm';

/** Of a cart, what an order keeps. */
export interface OrderedCart extends Totals, Pick<PricedCart, 'currency' | 'discounts' | 'shipping'> {
  readonly lines: readonly Pick<PricedLine, OrderedLine>[];
}

export interface NewOrder {
  readonly id: OrderId;
  readonly cartId: CartId;
  readonly caller: Caller;
  readonly email: string;
  /** Whose use of its codes it is. */
  readonly user: CodeUser;
  /** As {@link sealAddress} makes it. */
  readonly shippingAddress: Uint8Array;
  readonly cart: OrderedCart;
}

/**
 * One that costs nothing: by it replacements go out. What pays for them is on the order that it replaces, and would be lost
 * if it were taken back.
 */
export const isReplacement = ({ totalMinor }: Pick<store.OrderRow, 'totalMinor'>): boolean =>
  totalMinor === 0;

/**
 * A locked order as the inventory takes it, which asks where it goes to only where there is a choice of locations. An
 * address that does not open keeps nobody waiting for their goods: it is then as good as unknown.
 */
export function toSell(deps: Pick<Deps, 'fields'>, order: store.OrderRow) {
  return {
    id: order.id,
    destination: async (tx: Transaction): Promise<Destination> => {
      const pickUpAt = await store.findPickUp(tx, order.id);
      return { ...placeOf(deps, order), pickUpAt };
    },
  };
}

function placeOf(deps: Pick<Deps, 'fields'>, order: store.OrderRow): Place {
  try {
    const { country, region = '', coordinates = null } = openAddress(deps, order);
    return { country, region, coordinates };
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    return { country: null, region: '', coordinates: null };
  }
}

const PAYMENT_DEADLINE_MS = 30 * MINUTE_MS;

/**
 * Writes an order that waits for its payment, as the cart was priced. Its statements are on their way, the order's own
 * first, when this returns its promise: what refers to the order may be sent right behind. Resolves with its number.
 */
export async function placeOrder(deps: Deps, tx: Transaction, order: NewOrder): Promise<number> {
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
    discountMinor: cart.discountMinor,
    shippingMinor: cart.shippingMinor,
    taxMinor: cart.taxMinor,
    includedTaxMinor: cart.includedTaxMinor,
    totalMinor: cart.totalMinor,
    shippingAddress,
    placedAt,
    paymentDeadline: after(placedAt, PAYMENT_DEADLINE_MS),
    traceparent: currentTrace()?.traceparent ?? null,
  };
  const lines = cart.lines.map((line, position) => ({
    id: deps.ids.next<OrderLineId>(),
    orderId: id,
    variantId: line.variantId,
    productId: line.productId,
    sellerId: line.sellerId,
    name: line.name,
    sku: line.sku,
    optionValues: line.optionValues,
    quantity: line.quantity,
    unitPriceMinor: line.priceMinor,
    lineTotalMinor: line.lineTotalMinor,
    discountMinor: line.discountMinor,
    taxMinor: line.taxMinor,
    includedTaxMinor: line.includedTaxMinor,
    taxRatePpm: line.taxRatePpm,
    position,
  }));
  const placed = { orderId: id, event: 'order.placed', actor: 'shopper' };
  const [number] = await Promise.all([
    store.insertOrder(tx, row, lines),
    store.insertBreakdown(tx, discountsOf(order), shippingOf(order)),
    store.insertEvent(tx, { ...placed, actorId: null, detail: '', occurredAt: placedAt }),
    emit(deps, tx, { name: 'order.placed', data: { orderId: id } }),
  ]);
  return number;
}

function discountsOf({ id: orderId, cart, user }: NewOrder): store.OrderDiscountRow[] {
  return cart.discounts.map(({ discount, sharesMinor, shippingMinor }) => ({
    orderId,
    discountId: discount.id,
    discountVersion: discount.version,
    name: discount.name,
    code: discount.code,
    sharesMinor: [...sharesMinor],
    shippingMinor,
    customer: discount.code === null ? null : customerKey(discount.id, user),
  }));
}

function shippingOf({ id: orderId, cart }: NewOrder): store.OrderShippingRow | null {
  if (cart.shipping === null) return null;
  const { method, ...price } = cart.shipping;
  const { id: methodId, version: methodVersion, name, kind } = method;
  return { orderId, methodId, methodVersion, name, kind, ...price };
}

/** In these an order no longer has the uses of its codes: others may. Nothing leads out of them. */
const ENDED: ReadonlySet<OrderStatus> = new Set(['payment_failed', 'cancelled']);

const EVENT_OF_STATUS: Partial<Record<OrderStatus, Exclude<EventName & `order.${string}`, 'order.edited'>>> =
  {
    paid: 'order.paid',
    payment_failed: 'order.payment_failed',
    cancelled: 'order.cancelled',
    partially_refunded: 'order.partially_refunded',
    refunded: 'order.refunded',
  };

/** Who took a step of an order's life, and what there is to say of it. */
export interface Step {
  readonly actor: Actor;
  /** The member of staff, where it was one. */
  readonly actorId?: UserId | null;
  /** Where it was a key of theirs that did it. */
  readonly apiKeyId?: ApiKeyId | undefined;
  /** For people: an amount, a reason. */
  readonly detail?: string;
}

/** Writes a line of the order's time line, in the caller's transaction. */
export async function noteStep(
  deps: Deps,
  tx: Transaction,
  orderId: OrderId,
  { event, actor, actorId = null, detail = '' }: Step & { readonly event: string },
): Promise<void> {
  const occurredAt = deps.clock.now();
  await store.insertEvent(tx, { orderId, event, actor, actorId, detail, occurredAt });
}

export interface Move {
  readonly order: store.OrderRow;
  readonly to: OrderStatus;
}

/**
 * Takes an order, which the caller's transaction has locked, through one transition and tells of it. Null when the
 * order has that behind it already: of many messengers with the same news, the first one counts.
 */
export async function moveOrder(
  deps: Deps,
  tx: Transaction,
  order: store.OrderRow,
  { trigger, ...step }: Step & { readonly trigger: OrderTrigger },
): Promise<Move | null> {
  const { id } = order;
  const to = nextStatus(order.status, trigger);
  if (to === order.status) return null;
  const event = EVENT_OF_STATUS[to];
  const { actor, actorId = null, detail = '' } = step;
  const told = { orderId: id, event: event ?? `order.${to}`, actor, actorId, detail };
  await Promise.all([
    store.moveTo(tx, to, { ...told, occurredAt: deps.clock.now() }),
    ENDED.has(to) && giveUsesBack(tx, id),
    event === undefined ? null : emit(deps, tx, { name: event, data: { orderId: id } }),
  ]);
  return { order, to };
}

/** The row as it is now and stays until the transaction ends. @throws {AppError} `order_not_found` */
export async function lockOrder(tx: Transaction, id: OrderId): Promise<store.OrderRow> {
  const order = await store.lockOrder(tx, id);
  if (order === undefined) throw new AppError('order_not_found');
  return order;
}

/** The row as it is now, or undefined. */
export const findOrder = store.findOrder;
/** Whether the order's time line has such a line. */
export const hasStep = store.hasEvent;
/** Keeps the order's payment open, and its stock reserved, until then. */
export const extendDeadline = store.extendDeadline;
/** Whether an order of the cart waits for its payment or has it. Certain only while the cart is locked. */
export const isBeingPaid = store.hasLiveOrder;

export async function linesOf(tx: Transaction, id: OrderId): Promise<store.OrderLineRow[]> {
  return store.findLines(tx, [id]);
}

/** Whether the customer has bought the product, for as long as the transaction lasts. */
export const lockPurchase = store.lockPurchase;
/** What the customer has paid for, the newest first. */
export const productsBoughtBy = store.findBought;

export interface Receipt {
  readonly order: Omit<store.OrderRow, 'shippingAddress'>;
  readonly shippingAddress: ShippingAddress;
  readonly lines: readonly store.OrderLineRow[];
}

/** What the confirmation of an order tells. @throws {AppError} `order_not_found` */
export async function readReceipt(deps: Deps, id: OrderId): Promise<Receipt> {
  const order = await store.findOrder(deps.db, id);
  if (order === undefined) throw new AppError('order_not_found');
  return { order, shippingAddress: openAddress(deps, order), lines: await store.findLines(deps.db, [id]) };
}
