/** Pricing: what a basket costs, and why; the rules that carts are priced by, and the uses of codes. */

import type { Queryable, Transaction } from '#db/client.ts';
import type { CartId, OrderId, OrderLineId, UserId } from '#lib/ids.ts';
import type { Currency, Minor } from '#lib/money.ts';
import type { Basket, Breakdown, Customer, Rules, ShippingMethod, TaxRates } from './basket.ts';
import { barOf, type CodeState, codeStates, toDiscount } from './codes.ts';
import { placeNeedOf } from './places.ts';
import { priceBasket } from './price-basket.ts';
import { unweighed } from './shipping.ts';
import {
  type FoundRules,
  findMethods,
  findMove,
  findRules,
  isExemptFromContained,
  type Move,
  type Place,
} from './store.ts';
import type { TaxProvider } from './taxes.ts';
import { type KeptUnits, unearned } from './terms.ts';
import { findTerms, findUnderpriced } from './terms-store.ts';
import { shippingWithoutTax, withoutTax } from './untaxed.ts';

export {
  type AppliedDiscount,
  type Basket,
  type BasketLine,
  type Benefit,
  type Breakdown,
  type Discount,
  type LinePrice,
  type Rules,
  SHIPPING_KINDS,
  type ShippingMethod,
  type ShippingPrice,
  type Totals,
} from './basket.ts';
export { chargeLimits, isCountedAlike } from './chargeable.ts';
export { type CodeObstacle, type CodeState, type CodeUser, claimCodes, customerKey } from './codes.ts';
export { listPriceOf } from './list-price-store.ts';
export { type PlaceNeed, placeNeedOf, placeOf } from './places.ts';
export { priceBasket } from './price-basket.ts';
export { isShippable } from './shipping.ts';
export { lockCustomer, type Place } from './store.ts';
export { subdivisionOf } from './subdivisions.ts';
export { giveUsesBack } from './uses-store.ts';

/** All that a cart is priced by, but what is in it. */
export interface CartRules {
  readonly found: FoundRules;
  readonly taxRates: TaxRates;
  readonly place: Place;
}

/** Sent by the call: two statements, which in a transaction run behind what was sent before. */
export async function loadRules(
  taxes: TaxProvider,
  db: Queryable,
  { cartId, place, at }: { readonly cartId: CartId; readonly place: Place; readonly at: Date },
): Promise<CartRules> {
  const [found, taxRates] = await Promise.all([
    findRules(db, { cartId, ...place, at }),
    taxes.ratesFor(db, place, at),
  ]);
  return { found, taxRates, place };
}

/** Of a cart that is new: nothing is in it, and nothing is known of its owner's wishes. */
export const NO_RULES: CartRules = {
  found: {
    ...{ codes: [], groups: [], discounts: [], shipping: null },
    ...{
      isCurrencySold: true,
      pricesIncludeTax: false,
      isFirstOrder: false,
      hasZones: false,
      isInZone: false,
      hasRegions: false,
    },
    postalStart: null,
  },
  taxRates: {},
  place: { country: null, region: '', postalCode: '' },
};

function customerOf({ groups, isFirstOrder }: FoundRules): Customer {
  return {
    groupIds: groups.map(({ id }) => id),
    isTaxExempt: groups.some(({ isTaxExempt }) => isTaxExempt),
    isFirstOrder,
  };
}

/** Whether prices that contain tax are paid without: what is left of them goes by the place. */
export const isUntaxed = ({ found }: CartRules): boolean =>
  found.pricesIncludeTax && customerOf(found).isTaxExempt;

/** What a listed price comes to for whom the rules are. */
export function priceFor(rules: CartRules, listMinor: Minor, taxCategory: string | null): Minor {
  return isUntaxed(rules) ? withoutTax(listMinor, taxCategory, rules.taxRates) : listMinor;
}

/** The same without a cart: null where listed prices are what is paid. */
export async function loadUntaxed(
  taxes: TaxProvider,
  db: Queryable,
  who: { readonly userId: UserId | null; readonly currency: Currency },
  where: { readonly place: () => Place; readonly at: Date },
): Promise<((listMinor: Minor, taxCategory: string | null) => Minor) | null> {
  if (!(await isExemptFromContained(db, who))) return null;
  const rates = await taxes.ratesFor(db, where.place(), where.at);
  return (listMinor, taxCategory) => withoutTax(listMinor, taxCategory, rates);
}

export interface PricedBasket {
  readonly breakdown: Breakdown;
  readonly codes: readonly CodeState[];
}

/** What the lines cost by the rules, at prices by {@link priceFor}. A method that cannot be priced counts as none. */
export function priceByRules(
  lines: Basket['lines'],
  cartRules: CartRules,
  {
    currency,
    shipping = cartRules.found.shipping,
  }: { readonly currency: Currency; readonly shipping?: ShippingMethod | null },
): PricedBasket {
  const { found, taxRates } = cartRules;
  const basket: Basket = { lines, customer: customerOf(found) };
  const method =
    shipping !== null && isUntaxed(cartRules) ? shippingWithoutTax(shipping, taxRates) : shipping;
  const rules: Rules = {
    discounts: found.discounts.filter((row) => barOf(row, currency) === null).map(toDiscount),
    shipping: method !== null && unweighed(method, lines) === undefined ? method : null,
    taxRates,
    pricesIncludeTax: found.pricesIncludeTax,
  };
  const breakdown = priceBasket(basket, rules);
  return { breakdown, codes: codeStates(found, { basket, currency, applied: breakdown.discounts }) };
}

export interface ShippingEstimate {
  readonly method: ShippingMethod;
  /** Less its discounts; null where something has no weight that the method is priced by. */
  readonly priceMinor: Minor | null;
}

/** What the lines would cost to ship, by each method that serves the place. */
export async function estimateShipping(
  db: Queryable,
  {
    lines,
    rules,
    currency,
  }: { readonly lines: Basket['lines']; readonly rules: CartRules; readonly currency: Currency },
): Promise<ShippingEstimate[]> {
  const methods = await findMethods(db, { ...rules.place, currency });
  return methods.map((method) => ({
    method,
    priceMinor:
      unweighed(method, lines) === undefined
        ? priceByRules(lines, rules, { currency, shipping: method }).breakdown.shippingMinor
        : null,
  }));
}

/** What an order was priced by, and what is left of it does not meet. */
export type BrokenTerm =
  | { readonly term: 'discount' | 'shipping'; readonly name: string }
  /** The line's price is that of more units. */
  | { readonly term: 'price'; readonly itemId: OrderLineId };

/** Null where so many units of the order's lines meet all terms that it was priced by. */
export async function brokenTerm(
  tx: Transaction,
  orderId: OrderId,
  units: KeptUnits,
): Promise<BrokenTerm | null> {
  const itemId = await findUnderpriced(tx, orderId, units);
  if (itemId !== undefined) return { term: 'price', itemId };
  return unearned(await findTerms(tx, orderId), units);
}

/** Whether shipping costs the same at both places of a country and a region: they are in one zone. */
export async function isShippedAlike(tx: Transaction, move: Move): Promise<boolean> {
  const { isInOneZone, postalStart } = await findMove(tx, move);
  return isInOneZone && placeNeedOf({ hasRegions: false, postalStart }, move.to) === null;
}
