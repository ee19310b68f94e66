/**
 * Exchanges: what a shopper would rather have than their money. The replacements go out as an order of their own, for
 * which nothing is charged: what was charged for the goods that came back pays for it, and stays where it is.
 */

import { randomBytes } from 'node:crypto';
import type { Transaction } from '#db/client.ts';
import { present } from '#lib/assert.ts';
import type { CartId, OrderId, OrderLineId, ProductId, ReturnId, UserId, VariantId } from '#lib/ids.ts';
import { type Minor, minor, money } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { openCompletedCart } from '#origin/cart/service.ts';
import type { Deps } from '#origin/deps.ts';
import { hasRunOut, lockStock, reserveStock } from '#origin/inventory/service.ts';
import { unspentOf } from '#origin/ledger/service.ts';
import {
  isReplacement,
  lockOrder,
  moveOrder,
  type OrderRow,
  openAddress,
  placeOrder,
  sealAddress,
} from '#origin/orders/service.ts';
import { recordCovered } from '#origin/payments/service.ts';
import { loadUntaxed, placeOf } from '#origin/pricing/service.ts';
import * as store from './store.ts';

export { asPaid, lockWithPaid } from './paid-order.ts';
export { findExchangeOf, findPaidOrder } from './store.ts';
export { worthOf } from './worth.ts';

const NOTHING = minor(0);

/** A line of the order that is sent back, and what is wanted for it. */
export interface Wish {
  readonly lineId: OrderLineId;
  readonly variantId: VariantId;
  readonly sellerId: UserId | null;
  readonly productId: ProductId;
  readonly unitPriceMinor: Minor;
  /** For a unit, less discounts. */
  readonly paidMinor: Minor;
  readonly quantity: number;
  readonly replacementId: VariantId;
}

/**
 * What a replacement costs each, of the same seller, who will have to send it: no more than what was paid for the unit.
 * The same again, or another variant of the product at the price that the unit had, costs what was paid.
 * @throws {AppError} `exchange_not_offered`, `exchange_costs_more`, both naming the line
 */
export async function priceReplacement(
  deps: Deps,
  tx: Transaction,
  order: OrderRow,
  wish: Wish,
): Promise<Minor> {
  const { lineId: itemId, replacementId: variantId, quantity, paidMinor } = wish;
  const { userId, currency } = order;
  if (variantId === wish.variantId) return paidMinor;
  const at = deps.clock.now();
  const place = () => placeOf(openAddress(deps, order));
  const untaxed = await loadUntaxed(deps.taxes, tx, { userId, currency }, { place, at });
  const offerOf = async (id: VariantId) => {
    const found = await store.findOffer(tx, { variantId: id, quantity, currency, userId, at });
    if (found === undefined || untaxed === null) return found;
    return { ...found, priceMinor: untaxed(found.priceMinor, found.taxCategory) };
  };
  const offer = await offerOf(variantId);
  if (offer === undefined || offer.sellerId !== wish.sellerId) {
    throw new AppError('exchange_not_offered', { itemId, variantId });
  }
  // A replacement has no price of its own on its order: it counts by that of now.
  const own = isReplacement(order) ? (await offerOf(wish.variantId))?.priceMinor : wish.unitPriceMinor;
  if (offer.productId === wish.productId && offer.priceMinor === own) return paidMinor;
  const more = offer.priceMinor - paidMinor;
  if (more > 0)
    throw new AppError('exchange_costs_more', { itemId, difference: money(minor(more), currency) });
  return offer.priceMinor;
}

export interface Replacement {
  readonly variantId: VariantId;
  readonly quantity: number;
}

interface PaidFor extends Replacement {
  /** What of the order's money pays for it. */
  readonly exchangedMinor: Minor;
}

/**
 * Of the replacements, line by line in this order, those that can be had, and that what is left of the order's money
 * pays for; their stock, and that of the others, stays as it is until the transaction ends. Its caller has locked the
 * order, which is the one that was charged.
 */
export async function replaceable<Line extends PaidFor>(
  tx: Transaction,
  orderId: OrderId,
  wanted: readonly Line[],
): Promise<readonly Line[]> {
  const left = new Map(
    await lockStock(
      tx,
      wanted.map(({ variantId }) => variantId),
    ),
  );
  let unspent = await unspentOf(tx, orderId);
  return wanted.filter(({ variantId, quantity, exchangedMinor }) => {
    const available = left.get(variantId) ?? 0;
    if (available < quantity || unspent < exchangedMinor) return false;
    left.set(variantId, available - quantity);
    unspent = minor(unspent - exchangedMinor);
    return true;
  });
}

export interface Exchange {
  /** What goods came back of; its caller has locked it. */
  readonly order: OrderRow;
  readonly returnId: ReturnId;
  /** All of which there is enough of, as {@link replaceable} says. */
  readonly replacements: readonly Replacement[];
}

/**
 * Reserves the replacements and places the order by which they go out, once for each return: its caller says when. Returns
 * the variants that have run out by it, whose products its caller touches with all others.
 */
export async function placeExchange(
  deps: Deps,
  tx: Transaction,
  { order, returnId, replacements }: Exchange,
): Promise<readonly VariantId[]> {
  const id = deps.ids.next<OrderId>();
  const units = summed(replacements);
  const cartId = deps.ids.next<CartId>();
  const { userId, email, currency } = order;
  // A guest opens it by the cart that the first order was.
  const owner = userId === null ? { userId, tokenHash: unguessable() } : { userId, tokenHash: null };
  await openCompletedCart(deps, tx, { id: cartId, ...owner });
  await placeOrder(deps, tx, {
    ...{ id, cartId, email, user: userId === null ? { email } : { userId } },
    caller: userId === null ? { kind: 'guest', cartToken: null } : { kind: 'user', userId, role: 'shopper' },
    shippingAddress: sealAddress(deps, id, openAddress(deps, order)),
    cart: { ...FREE, currency, lines: await linesOf(tx, units) },
  });
  await recordCovered(deps, tx, { orderId: id, currency });
  const levels = await reserveStock(deps, tx, id, units);
  const placed = await lockOrder(tx, id);
  const detail = `for what came back of order ${order.number}`;
  await moveOrder(deps, tx, placed, { trigger: 'payment_succeeded', actor: 'staff', detail });
  await store.insertExchange(tx, { returnId, orderId: id, madeAt: deps.clock.now() });
  return levels.filter(hasRunOut).map(({ variantId }) => variantId);
}

const TOKEN_BYTES = 32;
const unguessable = () => new Uint8Array(randomBytes(TOKEN_BYTES));

const FREE = {
  ...{ subtotalMinor: NOTHING, discountMinor: NOTHING, shippingMinor: NOTHING },
  ...{ taxMinor: NOTHING, includedTaxMinor: NOTHING, totalMinor: NOTHING },
  ...{ discounts: [], shipping: null },
} as const;

/** An order has one line of a variant. */
function summed(replacements: readonly Replacement[]): readonly Replacement[] {
  const units = new Map<VariantId, number>();
  for (const { variantId, quantity } of replacements) {
    units.set(variantId, (units.get(variantId) ?? 0) + quantity);
  }
  return [...units].map(([variantId, quantity]) => ({ variantId, quantity }));
}

async function linesOf(tx: Transaction, units: readonly Replacement[]) {
  const described = await store.describe(
    tx,
    units.map(({ variantId }) => variantId),
  );
  return units.map(({ variantId, quantity }) => ({
    ...present(
      described.find((each) => each.variantId === variantId),
      `variant ${variantId}`,
    ),
    ...{ quantity, priceMinor: NOTHING, lineTotalMinor: NOTHING, discountMinor: NOTHING },
    ...{ taxMinor: NOTHING, includedTaxMinor: NOTHING, taxRatePpm: 0 },
  }));
}
