/** What a cart costs now, and what has changed since the shopper looked. Prices come from the database only. */

import type { Currency, Minor } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import {
  type AppliedDiscount,
  type BasketLine,
  type CartRules,
  type CodeState,
  chargeLimits,
  isCountedAlike,
  isShippable,
  isUntaxed,
  type LinePrice,
  type Place,
  type PlaceNeed,
  placeNeedOf,
  priceByRules,
  priceFor,
  type ShippingPrice,
  type Totals,
} from '#origin/pricing/service.ts';
import type { Notice } from './model.ts';
import type { CartLineRow, CartRow } from './store.ts';

/** Its prices are those that its owner pays. */
export interface PricedLine extends CartLineRow, LinePrice {
  /** What it is listed at. */
  readonly listPriceMinor: Minor;
  readonly lineTotalMinor: Minor;
  readonly notice: Notice | null;
}

/** What is missing before the cart can be shipped: a place, a zone that it is in, a way, a weight to price it by. */
export type ShippingNeed = 'none' | 'destination' | 'zone' | 'method' | 'weight';

export interface PricedCart extends Totals, Pick<CartRow, 'id' | 'version' | 'currency'> {
  readonly lines: readonly PricedLine[];
  readonly discounts: readonly AppliedDiscount[];
  readonly shipping: ShippingPrice | null;
  readonly codes: readonly CodeState[];
  readonly place: Place;
  /** What is missing of the place. */
  readonly placeNeed: PlaceNeed | null;
  readonly pricesIncludeTax: boolean;
  /** Whether its owner pays prices that contain tax without: they are other ones in another place. */
  readonly isUntaxed: boolean;
  readonly isCurrencySold: boolean;
  readonly shippingNeed: ShippingNeed;
}

/** With tax, which is the price again at most, and shipping, a total takes no more than so many times its goods. */
const ROOM_ON_TOP = 4;

/** @throws {AppError} `total_not_chargeable` when it is more than a number can hold */
export function priceCart(
  { id, version, currency }: Pick<CartRow, 'id' | 'version' | 'currency'>,
  rows: readonly CartLineRow[],
  rules: CartRules,
): PricedCart {
  if (!isExact(rows, rules)) throw notChargeable(currency);
  const priced = rows.map((row) => priceRow(row, rules));
  const basketLines = priced.map(toBasketLine);
  const { breakdown, codes } = priceByRules(basketLines, rules, { currency });
  const { lines: prices, ...sums } = breakdown;
  const { pricesIncludeTax } = rules.found;
  const isCurrencySold = rules.found.isCurrencySold && isCountedAlike(currency);
  return {
    ...sums,
    ...{ id, version, currency, codes, pricesIncludeTax, isCurrencySold },
    isUntaxed: isUntaxed(rules),
    place: rules.place,
    placeNeed: placeNeedOf(rules.found, rules.place),
    lines: priced.map((row, index) => {
      const price = prices[index] as LinePrice;
      return { ...row, ...price, lineTotalMinor: price.subtotalMinor, notice: noticeOf(row) };
    }),
    shippingNeed: needOf(basketLines, rules, sums.shipping),
  };
}

/** What it costs, and was seen at, as its owner is told. */
function priceRow(row: CartLineRow, rules: CartRules) {
  const { priceMinor: listPriceMinor, seenPriceMinor } = row;
  const paid = (listMinor: Minor) => priceFor(rules, listMinor, taxCategoryOf(row));
  return {
    ...row,
    ...{ listPriceMinor, priceMinor: paid(listPriceMinor), seenPriceMinor: paid(seenPriceMinor) },
  };
}

/** The listed price, where that is what its owner was told; else what they name. */
export function listedAs(row: CartLineRow, toldMinor: Minor, rules: CartRules): Minor {
  return priceRow(row, rules).priceMinor === toldMinor ? row.priceMinor : toldMinor;
}

const taxCategoryOf = ({ taxable, taxCategory }: CartLineRow) => (taxable ? taxCategory : null);

export function toBasketLine(row: CartLineRow): BasketLine {
  const { variantId, productId, categoryId, takenInBy, priceMinor } = row;
  const { quantity, grams, requiresShipping } = row;
  return {
    ...{ variantId, productId, quantity, grams, requiresShipping },
    categoryIds: categoryId === null ? takenInBy : [categoryId, ...takenInBy],
    unitPriceMinor: priceMinor,
    taxCategory: taxCategoryOf(row),
  };
}

/** A shop that has said nothing of where it ships to ships everywhere, for nothing. */
function needOf(
  lines: readonly BasketLine[],
  { found, place }: CartRules,
  shipping: ShippingPrice | null,
): ShippingNeed {
  if (shipping !== null || !isShippable(lines)) return 'none';
  if (found.shipping !== null) return 'weight';
  if (!found.hasZones) return 'none';
  if (place.country === null) return 'destination';
  return found.isInZone ? 'method' : 'zone';
}

/** Nothing in a cart is negative: where the whole is exact, so is every part. */
function isExact(rows: readonly CartLineRow[], { taxRates, found }: CartRules): boolean {
  const goods = rows.reduce((sum, row) => sum + row.priceMinor * row.quantity, 0);
  const isAllThereIs = Object.keys(taxRates).length === 0 && found.shipping === null;
  return Number.isSafeInteger(isAllThereIs ? goods : goods * ROOM_ON_TOP);
}

/**
 * Of whatever is in the cart, for all of it may be taxed by the place.
 * @throws {AppError} `region_required`, `postal_code_required`
 */
export function requirePlace({ placeNeed, place: { country } }: PricedCart): void {
  switch (placeNeed) {
    case null:
      return;
    case 'region':
      throw new AppError('region_required', { country });
    case 'postal_code':
      throw new AppError('postal_code_required', { country });
  }
}

/** @throws {AppError} for whatever the cart needs before it can be shipped */
export function requireShipping({ shippingNeed, lines }: PricedCart): void {
  switch (shippingNeed) {
    case 'none':
      return;
    case 'destination':
      throw new AppError('destination_required');
    case 'zone':
      throw new AppError('shipping_zone_missing');
    case 'method':
      throw new AppError('shipping_method_required');
    case 'weight': {
      const line = lines.find(({ requiresShipping, grams }) => requiresShipping && grams === null);
      throw new AppError('weight_missing', { variantId: line?.variantId });
    }
  }
}

/** @throws {AppError} `total_not_chargeable` */
export function requireChargeable({
  totalMinor,
  currency,
}: Pick<PricedCart, 'totalMinor' | 'currency'>): void {
  const { minimum, maximum } = chargeLimits(currency);
  if (totalMinor < minimum || totalMinor > maximum) throw notChargeable(currency);
}

function notChargeable(currency: Currency): AppError {
  return new AppError('total_not_chargeable', chargeLimits(currency));
}

function noticeOf({
  withdrawn,
  available,
  quantity,
  priceMinor,
  seenPriceMinor,
}: CartLineRow): Notice | null {
  if (withdrawn) return 'withdrawn';
  if (available < quantity) return 'out_of_stock';
  return priceMinor === seenPriceMinor ? null : 'price_changed';
}
