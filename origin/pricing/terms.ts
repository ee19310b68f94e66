/**
 * Whether what is left of an order is still what its prices, its discounts and its shipping were given for. Who the
 * customer is, and whether it was their first order, does not change with it.
 */

import type { OrderLineId } from '#lib/ids.ts';
import type { Minor } from '#lib/money.ts';
import { proportion } from './arithmetic.ts';
import type { BasketLine, Discount, ShippingMethod } from './basket.ts';
import { isFor, unitsGiven } from './discounts.ts';
import { isShippable, shippingRate } from './shipping.ts';

export interface TermLine extends Omit<BasketLine, 'taxCategory'> {
  readonly lineId: OrderLineId;
  /** Less its discounts. */
  readonly goodsMinor: Minor;
}

export interface DiscountTerm extends Pick<Discount, 'name' | 'productIds' | 'categoryIds' | 'minimumMinor'> {
  /** Null but for "of every `buy + get` units". */
  readonly buy: number | null;
  readonly get: number | null;
  /** What it took off each of the lines, and off shipping. */
  readonly sharesMinor: readonly Minor[];
  readonly shippingMinor: Minor;
}

export interface ShippingTerm extends ShippingMethod {
  /** Whether a discount pays for it. */
  readonly isGiven: boolean;
}

/** What an order was priced by: its own figures, and of discounts and shipping what else their rules say. */
export interface OrderTerms {
  /** As they were bought, in the order of their positions. */
  readonly lines: readonly TermLine[];
  readonly discounts: readonly DiscountTerm[];
  readonly shipping: ShippingTerm | null;
}

/** How many of each line there are to be. */
export type KeptUnits = ReadonlyMap<OrderLineId, number>;

/** The name of what would no longer be earned; null where everything is. */
export function unearned(
  { lines, discounts, shipping }: OrderTerms,
  units: KeptUnits,
): { readonly term: 'discount' | 'shipping'; readonly name: string } | null {
  const kept = lines.map((line) => units.get(line.lineId) ?? 0);
  const discount = discounts.find((each) => isStillGiven(each, lines, kept) && !isEarned(each, lines, kept));
  if (discount !== undefined) return { term: 'discount', name: discount.name };
  const isDearer = shipping !== null && !shipping.isGiven && wouldCostMore(shipping, lines, kept);
  return isDearer ? { term: 'shipping', name: shipping.name } : null;
}

/** Whether it takes something off what is left. */
function isStillGiven(
  { sharesMinor, shippingMinor }: DiscountTerm,
  lines: readonly TermLine[],
  kept: readonly number[],
): boolean {
  if (shippingMinor > 0 && isShippable(remaining(lines, kept))) return true;
  return sharesMinor.some((share, index) => share > 0 && (kept[index] ?? 0) > 0);
}

/**
 * Whether what is left has what it asks for: goods that it is for, its minimum of them, and to as many units as it is
 * given for the others that it takes. What it took something off it was for, wherever that is listed by now.
 */
function isEarned(term: DiscountTerm, lines: readonly TermLine[], kept: readonly number[]): boolean {
  const counted = lines
    .map((line, index) => ({ line, units: kept[index] ?? 0, share: term.sharesMinor[index] ?? 0 }))
    .filter(({ line, share }) => share > 0 || isFor(term, line))
    .sort((a, b) => (a.line.variantId < b.line.variantId ? -1 : 1));
  const left = sum(counted.map(({ units }) => units));
  const worth = sum(counted.map(({ line, units }) => line.unitPriceMinor * units));
  if (left === 0 || worth < term.minimumMinor) return false;
  const { buy, get } = term;
  if (buy === null || get === null) return true;
  const bought = counted.map(({ line }) => line);
  const given = unitsGiven(
    { buy, get },
    bought,
    bought.map(({ quantity }) => quantity),
  );
  const givenOfLeft = counted.map(({ line, units }, index) => ((given[index] ?? 0) * units) / line.quantity);
  return Math.floor(left / (buy + get)) * get >= sum(givenOfLeft);
}

/** Held against what was bought, both by the method as it is now. */
function wouldCostMore(method: ShippingTerm, lines: readonly TermLine[], kept: readonly number[]): boolean {
  const left = remaining(lines, kept);
  if (!isShippable(left)) return false;
  const goods = sum(lines.map(({ goodsMinor }) => goodsMinor));
  const goodsLeft = sum(
    lines.map(({ goodsMinor, quantity }, index) => proportion(goodsMinor, kept[index] ?? 0, quantity)),
  );
  return shippingRate(method, left, goodsLeft) > shippingRate(method, lines, goods);
}

function remaining(lines: readonly TermLine[], kept: readonly number[]): TermLine[] {
  return lines
    .map((line, index) => ({ ...line, quantity: kept[index] ?? 0 }))
    .filter(({ quantity }) => quantity > 0);
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
