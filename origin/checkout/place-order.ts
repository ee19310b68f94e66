/** From a cart to an order that waits for its payment: one transaction, or nothing. */

import type { Transaction } from '#db/client.ts';
import type { ShippingAddress } from '#db/schema/orders.ts';
import type { CartId, OrderId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import {
  acknowledgePrices,
  lockForCheckout,
  type PricedCart,
  requireChargeable,
  requirePlace,
  requireShipping,
} from '#origin/cart/service.ts';
import { touchProductsOf } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller } from '#origin/http/auth.ts';
import { hasRunOut, reserveStock } from '#origin/inventory/service.ts';
import { findOrder, isBeingPaid, placeOrder, sealAddress } from '#origin/orders/service.ts';
import { meansOf } from '#origin/payment-methods/service.ts';
import { type NewIntent, openPayment } from '#origin/payments/service.ts';
import { claimCodes, lockCustomer, placeOf } from '#origin/pricing/service.ts';
import type { CheckoutRequest } from './model.ts';
import { PricesChanged, requireSeenPrices } from './seen-prices.ts';

export interface Placement {
  readonly orderId: OrderId;
  /** True where no earlier run can have placed the order. */
  readonly isFirst: boolean;
  readonly caller: Caller;
  readonly request: CheckoutRequest;
}

/**
 * Places the order, and tells what is to be paid for it; null where an earlier run of the same request did.
 * @throws {AppError} `cart_empty`, `cart_completed`, `variant_unavailable`, `out_of_stock`, `price_changed`,
 * `payment_method_not_found`, `quote_invalid`, `quote_expired`, `quote_mismatch`, `quote_required`, `total_not_chargeable`,
 * `checkout_in_progress`, `currency_not_sold`, `region_required`, `postal_code_required`, `shipping_zone_missing`,
 * `shipping_method_required`, `weight_missing`, `code_used_up`
 */
export async function placeOnce(deps: Deps, placement: Placement): Promise<NewIntent | null> {
  const { orderId, request } = placement;
  const sealed = sealAddress(deps, orderId, request.shippingAddress as ShippingAddress);
  try {
    return await deps.db.transaction((tx) => place(deps, tx, { ...placement, sealed }));
  } catch (error) {
    if (error instanceof PricesChanged) {
      await acknowledgePrices(deps, request.cartId as CartId, error.lines);
    }
    throw error;
  }
}

interface SealedPlacement extends Placement {
  /** The shipping address. */
  readonly sealed: Uint8Array;
}

/** Null when the order was there already. */
async function place(deps: Deps, tx: Transaction, placement: SealedPlacement): Promise<NewIntent | null> {
  const { orderId, isFirst, caller, request, sealed } = placement;
  const cartId = request.cartId as CartId;
  if (!isFirst && (await findOrder(tx, orderId)) !== undefined) return null;
  // Asked before there is an order: a card that is not the caller's leaves no trace.
  await meansOf(tx, caller, request.paymentMethodId);
  // Asked, not left to the unique index: an insert would wait there for a settlement that waits for the cart.
  const [cart, isOpen] = await Promise.all([lockPriced(deps, tx, placement), isBeingPaid(tx, cartId)]);
  if (isOpen) throw new AppError('checkout_in_progress');
  refuseWithdrawn(cart);
  requirePlace(cart);
  requireShipping(cart);
  requireSeenPrices(deps, cart, request.quote);
  requireChargeable(cart);
  const email = request.email.toLowerCase();
  const user = caller.kind === 'user' ? { userId: caller.userId } : { email };
  const [orderNumber, , , levels] = await Promise.all([
    placeOrder(deps, tx, { id: orderId, cartId, caller, email, user, shippingAddress: sealed, cart }),
    openPayment(deps, tx, { orderId, amount: cart.totalMinor, currency: cart.currency }),
    // Last, for these rows are the ones that others wait for; and always in this order.
    claimCodes(tx, cart.discounts, user),
    reserveStock(deps, tx, orderId, cart.lines),
  ]);
  const soldOut = levels.filter(hasRunOut).map(({ variantId }) => variantId);
  await touchProductsOf(deps, tx, soldOut);
  return { orderId, orderNumber, amount: cart.totalMinor, currency: cart.currency };
}

/** What is for a first order only is priced once more, when no other checkout of the customer can be the first. */
async function lockPriced(deps: Deps, tx: Transaction, { caller, request }: Placement): Promise<PricedCart> {
  const where = { id: request.cartId as CartId, place: placeOf(request.shippingAddress) };
  const cart = await lockForCheckout(deps, tx, caller, where);
  const isForFirst = cart.discounts.some(({ discount }) => discount.isFirstOrderOnly);
  if (!isForFirst || caller.kind !== 'user') return cart;
  await lockCustomer(tx, caller.userId);
  return lockForCheckout(deps, tx, caller, where);
}

function refuseWithdrawn({ lines, isCurrencySold, currency }: PricedCart): void {
  if (!isCurrencySold) throw new AppError('currency_not_sold', { currency });
  const withdrawn = lines.find((line) => line.notice === 'withdrawn');
  if (withdrawn) throw new AppError('variant_unavailable', { variantId: withdrawn.variantId });
}
