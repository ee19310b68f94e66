/** A cart's prices as a promise that checkout keeps or takes back out loud, with every part of them. */

import { after } from '#lib/clock.ts';
import { type Minor, money } from '#lib/money.ts';
import type { CodeState } from '#origin/pricing/service.ts';
import type { PricedCart, PricedLine } from './pricing.ts';
import { QUOTE_LIFE_MS, type Quote, type Quotes } from './quote.ts';
import type { CartQuote } from './quote-model.ts';

export function quoteFor(quotes: Quotes, cart: PricedCart, now: Date): CartQuote {
  const quote = signedParts(cart, after(now, QUOTE_LIFE_MS));
  const of = (amount: Minor) => money(amount, cart.currency);
  return {
    token: quotes.sign(quote),
    expiresAt: quote.expiresAt,
    currency: cart.currency,
    subtotal: of(cart.subtotalMinor),
    discount: of(cart.discountMinor),
    shipping: of(cart.shippingMinor),
    tax: of(cart.taxMinor),
    includedTax: of(cart.includedTaxMinor),
    total: of(cart.totalMinor),
    isTaxKnown: cart.place.country !== null && cart.placeNeed === null,
    shippingNeed: cart.shippingNeed,
    lines: cart.lines.map((line) => toLine(line, of)),
    discounts: cart.discounts.map(({ discount: { id, name, code }, sharesMinor, shippingMinor }) => ({
      ...{ id, name, code },
      shares: cart.lines
        .map(({ id: itemId }, index) => ({ itemId, amount: of(sharesMinor[index] as Minor) }))
        .filter(({ amount }) => amount.amount > 0),
      shipping: of(shippingMinor),
    })),
    codes: cart.codes.map((state) => toCode(state, of)),
    shippingMethod: toShipping(cart, of),
  };
}

type InCurrency = (amount: Minor) => ReturnType<typeof money>;

function toLine(line: PricedLine, of: InCurrency) {
  return {
    itemId: line.id,
    variantId: line.variantId,
    unitPrice: of(line.priceMinor),
    quantity: line.quantity,
    subtotal: of(line.subtotalMinor),
    discount: of(line.discountMinor),
    tax: of(line.taxMinor),
    includedTax: of(line.includedTaxMinor),
    taxRatePpm: line.taxRatePpm,
  };
}

function toShipping({ shipping }: PricedCart, of: InCurrency) {
  if (shipping === null) return null;
  const { method, listMinor, discountMinor, taxMinor, includedTaxMinor, taxRatePpm } = shipping;
  return {
    id: method.id,
    name: method.name,
    price: of(listMinor),
    discount: of(discountMinor),
    tax: of(taxMinor),
    includedTax: of(includedTaxMinor),
    taxRatePpm,
  };
}

function toCode({ code, obstacle }: CodeState, of: InCurrency) {
  if (obstacle === null) return { code, status: 'applied' as const };
  const missing = obstacle.kind === 'minimum' ? { missing: of(obstacle.missingMinor) } : {};
  return { code, status: obstacle.kind, ...missing };
}

/** All that a shopper is promised, and all by which it came about: whatever of it changes can be named. */
function signedParts(cart: PricedCart, expiresAt: Date): Quote {
  const { id: cartId, version: cartVersion, currency, shipping } = cart;
  const { subtotalMinor, discountMinor, shippingMinor, taxMinor, includedTaxMinor, totalMinor } = cart;
  return {
    cartId,
    cartVersion,
    currency,
    lines: cart.lines.map((line) => ({
      variantId: line.variantId,
      productVersion: line.productVersion,
      quantity: line.quantity,
      unitPriceMinor: line.priceMinor,
      parts: [line.discountMinor, line.taxMinor, line.includedTaxMinor, line.taxRatePpm],
    })),
    discounts: cart.discounts.map(({ discount: { id, version, code } }) => ({ id, version, code })),
    shippingMethod: shipping === null ? null : { id: shipping.method.id, version: shipping.method.version },
    ...{ subtotalMinor, discountMinor, shippingMinor, taxMinor, includedTaxMinor, totalMinor },
    expiresAt: expiresAt.toISOString(),
  };
}
