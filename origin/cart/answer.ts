/** A cart as it is answered: at the prices of now, and with what is put aside from it. */

import { money } from '#lib/money.ts';
import type { Deps } from '#origin/deps.ts';
import type { Cart } from './model.ts';
import type { PricedCart, PricedLine } from './pricing.ts';
import { quoteFor } from './promise.ts';
import type { CartQuote } from './quote-model.ts';
import type { SavedItemRow } from './saved-store.ts';

/** What its owner is shown. */
export interface ShownCart {
  readonly cart: PricedCart;
  readonly saved: readonly SavedItemRow[];
}

/** More than this is told of no stock: a shopper asks for so many or fewer, and everybody may ask. */
const MAX_TOLD_LEFT = 20;

/** What the cart costs, signed: good for a checkout of the cart as it is. */
export function quote({ quotes, clock }: Deps, cart: PricedCart): CartQuote {
  return quoteFor(quotes, cart, clock.now());
}

export function toCart(deps: Deps, { cart, saved }: ShownCart): Cart {
  const { currency, place } = cart;
  return {
    id: cart.id,
    currency,
    destination: place.country === null ? null : { ...place, country: place.country },
    items: cart.lines.map((line) => ({
      id: line.id,
      variantId: line.variantId,
      productId: line.productId,
      name: line.name,
      options: line.optionValues,
      quantity: line.quantity,
      unitPrice: money(line.priceMinor, currency),
      lineTotal: money(line.lineTotalMinor, currency),
      notice: line.notice,
      ...(line.notice === 'out_of_stock' ? { left: leftOf(line) } : {}),
      ...(line.notice === 'price_changed' ? { seenPrice: money(line.seenPriceMinor, currency) } : {}),
    })),
    saved: saved.map(({ optionValues, savedAt, isAvailable, ...item }) => ({
      ...item,
      options: optionValues,
      available: isAvailable,
      savedAt: savedAt.toISOString(),
    })),
    subtotal: money(cart.subtotalMinor, currency),
    quote: quote(deps, cart),
    version: cart.version,
  };
}

/** Fewer than were asked for. */
function leftOf({ available }: PricedLine): number {
  return Math.min(Math.max(available, 0), MAX_TOLD_LEFT);
}
