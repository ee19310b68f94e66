/** What was shown is what is paid, part by part, or the shopper is told the difference: never a silent change. */

import { type Minor, money } from '#lib/money.ts';
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
 * what the cart remembers of the items. Every refusal of a quote that was ours brings a fresh one.
 * @throws {AppError} `price_changed`, `quote_invalid`, `quote_expired`, `quote_mismatch`, `quote_required`
 */
export function requireSeenPrices(deps: Deps, cart: PricedCart, token: string | undefined): void {
  if (token === undefined) {
    requireSame(deps, cart, { seenPrice: (line) => line.seenPriceMinor });
    if (cart.totalMinor !== cart.subtotalMinor || cart.discountMinor > 0 || cart.isUntaxed) {
      throw new AppError('quote_required', { quote: quote(deps, cart) });
    }
    return;
  }
  const seen = readQuote(deps, cart, token);
  const prices = new Map(seen.lines.map((line) => [line.variantId, line.unitPriceMinor] as const));
  const seenPrice: SeenPrice = ({ variantId, seenPriceMinor }) => prices.get(variantId) ?? seenPriceMinor;
  requireSame(deps, cart, { seenPrice, seen });
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

interface Seen {
  readonly seenPrice: SeenPrice;
  readonly seen?: Quote;
}

function requireSame(deps: Deps, cart: PricedCart, { seenPrice, seen }: Seen): void {
  const changed = cart.lines
    .map((line) => ({ ...line, seenPriceMinor: seenPrice(line) }))
    .filter((line) => line.priceMinor !== line.seenPriceMinor);
  const changes = [
    ...changed.map(({ variantId, seenPriceMinor, priceMinor }) => ({
      variantId,
      seen: money(seenPriceMinor, cart.currency),
      now: money(priceMinor, cart.currency),
    })),
    ...(seen === undefined ? [] : changedRules(cart, seen)),
  ];
  // What nobody can name the cause of is told by what it comes to.
  const told = changes.length > 0 || seen === undefined ? changes : changedAmounts(cart, seen);
  if (told.length > 0) throw new PricesChanged(changed, { changes: told, quote: quote(deps, cart) });
}

type Change = Readonly<Record<string, unknown>>;

function changedRules(cart: PricedCart, seen: Quote): Change[] {
  return [...changedRates(cart, seen), ...changedDiscounts(cart, seen), ...changedShipping(cart, seen)];
}

function changedAmounts(cart: PricedCart, seen: Quote): Change[] {
  const totals = [
    ['discount', seen.discountMinor, cart.discountMinor],
    ['shipping', seen.shippingMinor, cart.shippingMinor],
    ['tax', seen.taxMinor, cart.taxMinor],
    ['includedTax', seen.includedTaxMinor, cart.includedTaxMinor],
    ['total', seen.totalMinor, cart.totalMinor],
  ] as const;
  const ofLines = cart.lines.filter(
    (line) =>
      partsOf(seen, line).slice(0, 3).join() !==
      [line.discountMinor, line.taxMinor, line.includedTaxMinor].join(),
  );
  return [
    ...totals
      .filter(([, before, now]) => before !== now)
      .map(([part, before, now]) => ({
        part,
        seen: money(before, cart.currency),
        now: money(now, cart.currency),
      })),
    ...ofLines.map(({ variantId }) => ({ part: 'line', variantId })),
  ];
}

function partsOf({ lines }: Quote, { variantId }: PricedLine) {
  return lines.find((line) => line.variantId === variantId)?.parts ?? ZERO_PARTS;
}

function changedRates({ lines }: PricedCart, seen: Quote): Change[] {
  return lines.flatMap((line) => {
    const [, , , rate] = partsOf(seen, line);
    const { variantId, taxRatePpm } = line;
    return rate === taxRatePpm ? [] : [{ part: 'taxRate', variantId, seen: rate, now: taxRatePpm }];
  });
}

const ZERO_PARTS = [0 as Minor, 0 as Minor, 0 as Minor, 0] as const;

function changedDiscounts({ discounts }: PricedCart, seen: Quote): Change[] {
  const now = new Map(discounts.map(({ discount }) => [discount.id, discount] as const));
  const before = new Map(seen.discounts.map((discount) => [discount.id, discount] as const));
  const ids = new Set([...before.keys(), ...now.keys()]);
  return [...ids]
    .filter((id) => before.get(id)?.version !== now.get(id)?.version)
    .map((id) => ({
      part: 'discountRule',
      id,
      code: (now.get(id) ?? before.get(id))?.code ?? null,
      seen: before.get(id)?.version ?? null,
      now: now.get(id)?.version ?? null,
    }));
}

function changedShipping({ shipping }: PricedCart, { shippingMethod: before }: Quote): Change[] {
  const now = shipping?.method ?? null;
  const isSame = before?.id === now?.id && before?.version === now?.version;
  return isSame ? [] : [{ part: 'shippingMethod', seen: before?.id ?? null, now: now?.id ?? null }];
}
