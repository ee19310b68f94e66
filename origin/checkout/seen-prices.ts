/** The price seen is the price paid, or the shopper is told the difference: never a silent change. */

import { money } from '#lib/money.ts';
import { AppError, type ProblemExtras } from '#lib/problems.ts';
import { type PricedCart, type PricedLine, type Quote, quote } from '#origin/cart/service.ts';
import type { Deps } from '#origin/deps.ts';

/** Tells which prices have changed; those, and no later ones, count as seen from then on. */
export class PricesChanged extends AppError {
  readonly lines: readonly PricedLine[];

  constructor(lines: readonly PricedLine[], extras: ProblemExtras) {
    super('price_changed', extras);
    this.lines = lines;
  }
}

/**
 * Compares the cart, as the database prices it, with what the shopper was shown: the quote that they hold, or
 * what the cart remembers. Every refusal of a quote that was ours brings a fresh one.
 * @throws {AppError} `price_changed`, `quote_invalid`, `quote_expired`, `quote_mismatch`
 */
export function requireSeenPrices(deps: Deps, cart: PricedCart, token: string | undefined): void {
  if (token === undefined) {
    requireSame(deps, cart, (line) => line.seenPriceMinor);
    return;
  }
  const seen = readQuote(deps, cart, token);
  const prices = new Map(seen.lines.map((line) => [line.variantId, line.unitPriceMinor] as const));
  requireSame(deps, cart, ({ variantId, seenPriceMinor }) => prices.get(variantId) ?? seenPriceMinor);
  if (seen.totalMinor !== cart.totalMinor) throw pricesChanged(deps, cart, []);
}

/** The quote, if it is one of ours for the cart as it is and still good. */
function readQuote(deps: Deps, cart: PricedCart, token: string): Quote {
  const found = deps.quotes.read(token);
  if (found === null) throw new AppError('quote_invalid');
  if (found.cartId !== cart.id || found.cartVersion !== cart.version) {
    throw new AppError('quote_mismatch', { quote: quote(deps, cart) });
  }
  if (Date.parse(found.expiresAt) <= deps.clock.now().getTime()) {
    throw new AppError('quote_expired', { quote: quote(deps, cart) });
  }
  return found;
}

type SeenPrice = (line: PricedLine) => PricedLine['seenPriceMinor'];

function requireSame(deps: Deps, cart: PricedCart, seenPrice: SeenPrice): void {
  const changed = cart.lines
    .map((line) => ({ ...line, seenPriceMinor: seenPrice(line) }))
    .filter((line) => line.priceMinor !== line.seenPriceMinor);
  if (changed.length > 0) throw pricesChanged(deps, cart, changed);
}

function pricesChanged(deps: Deps, cart: PricedCart, changed: readonly PricedLine[]): PricesChanged {
  return new PricesChanged(changed, { changes: changed.map(priceChange), quote: quote(deps, cart) });
}

function priceChange({ variantId, seenPriceMinor, priceMinor, currency }: PricedLine) {
  return { variantId, seen: money(seenPriceMinor, currency), now: money(priceMinor, currency) };
}
