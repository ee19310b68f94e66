/**
 * Which discounts apply, and what each takes off. An exclusive one stands alone. All others go together, in a fixed
 * order: those of single products and categories, then those of the whole order, then those of shipping; within each,
 * the oldest first; every one of what those before it have left. Of these candidates the one counts that leaves least
 * to pay before tax; of equal ones all together, then the oldest. So each applies once at most, and never to itself.
 */

import { type Minor, minor } from '#lib/money.ts';
import { PPM, proportion, shares } from './arithmetic.ts';
import type { AppliedDiscount, Basket, BasketLine, Customer, Discount, ShippingMethod } from './basket.ts';
import { isShippable, shippingRate } from './shipping.ts';

/** What discounts have left of a basket. */
export interface Discounted {
  readonly applied: readonly AppliedDiscount[];
  /** Of each line, in the order of the basket's. */
  readonly left: readonly number[];
  readonly shippingListMinor: Minor;
  readonly shippingDiscountMinor: Minor;
}

/** The basket's lines are in an order that does not depend on how they came. */
export function applyDiscounts(
  basket: Basket,
  discounts: readonly Discount[],
  shipping: ShippingMethod | null,
): Discounted {
  const due = discounts.filter((each) => whyNot(each, basket) === null).sort(inTurn);
  const together = due.filter(({ isExclusive }) => !isExclusive);
  const alone = due.filter(({ isExclusive }) => isExclusive).sort(byAge);
  const candidates = [together, ...alone.map((each) => [each])];
  return candidates
    .map((candidate) => applyAll(basket.lines, candidate, shipping))
    .reduce((best, other) => (payable(other) < payable(best) ? other : best));
}

function payable({ left, shippingListMinor, shippingDiscountMinor }: Discounted): number {
  return left.reduce((sum, amount) => sum + amount, shippingListMinor - shippingDiscountMinor);
}

/** Why a discount is not for a basket; null where it is. */
export type Obstacle =
  | { readonly kind: 'group' }
  | { readonly kind: 'first_order' }
  | { readonly kind: 'nothing_eligible' }
  | { readonly kind: 'minimum'; readonly missingMinor: Minor };

export function whyNot(discount: Discount, { lines, customer }: Basket): Obstacle | null {
  const stranger = whyNotFor(discount, customer);
  if (stranger !== null) return stranger;
  const eligible = lines.filter((line) => isFor(discount, line));
  if (eligible.length === 0) return { kind: 'nothing_eligible' };
  const missing =
    discount.minimumMinor - eligible.reduce((sum, line) => sum + line.unitPriceMinor * line.quantity, 0);
  return missing > 0 ? { kind: 'minimum', missingMinor: minor(missing) } : null;
}

function whyNotFor({ groupId, isFirstOrderOnly }: Discount, customer: Customer): Obstacle | null {
  if (groupId !== null && !customer.groupIds.includes(groupId)) return { kind: 'group' };
  return isFirstOrderOnly && !customer.isFirstOrder ? { kind: 'first_order' } : null;
}

type Reach = Pick<Discount, 'productIds' | 'categoryIds'>;

function isForEverything({ productIds, categoryIds }: Reach): boolean {
  return productIds.length === 0 && categoryIds.length === 0;
}

export function isFor(
  discount: Reach,
  { productId, categoryIds }: Pick<BasketLine, 'productId' | 'categoryIds'>,
): boolean {
  return (
    isForEverything(discount) ||
    discount.productIds.includes(productId) ||
    categoryIds.some((id) => discount.categoryIds.includes(id))
  );
}

const TURNS = { line: 0, order: 1, shipping: 2 } as const;

function turnOf(discount: Discount): number {
  const { kind } = discount.benefit;
  if (kind === 'free_shipping') return TURNS.shipping;
  return kind === 'buy_get' || !isForEverything(discount) ? TURNS.line : TURNS.order;
}

/** Ids are in the order of time. */
function byAge(a: Discount, b: Discount): number {
  return a.id < b.id ? -1 : 1;
}

function inTurn(a: Discount, b: Discount): number {
  return turnOf(a) - turnOf(b) || byAge(a, b);
}

function applyAll(
  lines: readonly BasketLine[],
  discounts: readonly Discount[],
  shipping: ShippingMethod | null,
): Discounted {
  const left = lines.map(({ unitPriceMinor, quantity }) => unitPriceMinor * quantity);
  const applied: AppliedDiscount[] = [];
  for (const discount of discounts.filter(({ benefit }) => benefit.kind !== 'free_shipping')) {
    const sharesMinor = takenOff(discount, lines, left);
    for (const [index, share] of sharesMinor.entries()) left[index] = (left[index] ?? 0) - share;
    applied.push({ discount, sharesMinor, shippingMinor: minor(0) });
  }
  const goodsMinor = left.reduce((sum, amount) => sum + amount, 0);
  const isCharged = shipping !== null && isShippable(lines);
  const shippingListMinor = isCharged ? shippingRate(shipping, lines, goodsMinor) : minor(0);
  const freeing = discounts.find(({ benefit }) => benefit.kind === 'free_shipping');
  if (freeing !== undefined) {
    applied.push({
      discount: freeing,
      sharesMinor: lines.map(() => minor(0)),
      shippingMinor: shippingListMinor,
    });
  }
  return {
    applied: applied.filter(takesSomething),
    left,
    shippingListMinor,
    shippingDiscountMinor: freeing === undefined ? minor(0) : shippingListMinor,
  };
}

function takesSomething({ sharesMinor, shippingMinor }: AppliedDiscount): boolean {
  return shippingMinor > 0 || sharesMinor.some((share) => share > 0);
}

/** Of each line, and never more than is left of it. */
function takenOff(discount: Discount, lines: readonly BasketLine[], left: readonly number[]): Minor[] {
  const { benefit } = discount;
  const open = lines.map((line, index) => (isFor(discount, line) ? (left[index] ?? 0) : 0));
  switch (benefit.kind) {
    case 'percent':
      return open.map((amount) => proportion(amount, benefit.ppm, PPM));
    case 'amount':
      return shares(Math.min(benefit.amountMinor, sum(open)), open);
    case 'buy_get': {
      const eligible = lines.map((line) => (isFor(discount, line) ? line.quantity : 0));
      const units = unitsGiven(benefit, lines, eligible);
      return open.map((amount, index) => {
        const quantity = lines[index]?.quantity ?? 1;
        return proportion(amount, (units[index] ?? 0) * benefit.ppm, quantity * PPM);
      });
    }
    case 'free_shipping':
      return open.map(() => minor(0));
  }
}

/** How many of each line are among the cheapest, which are given. */
export function unitsGiven(
  { buy, get }: { readonly buy: number; readonly get: number },
  lines: readonly Pick<BasketLine, 'unitPriceMinor'>[],
  eligible: readonly number[],
): number[] {
  let given = Math.floor(sum(eligible) / (buy + get)) * get;
  const units = lines.map(() => 0);
  const cheapestFirst = [...lines.keys()].sort(
    (a, b) => (lines[a]?.unitPriceMinor ?? 0) - (lines[b]?.unitPriceMinor ?? 0) || a - b,
  );
  for (const index of cheapestFirst) {
    const taken = Math.min(given, eligible[index] ?? 0);
    units[index] = taken;
    given -= taken;
  }
  return units;
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
