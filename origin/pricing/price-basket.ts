/**
 * What a basket costs, to the last minor unit, and why: pure, exact, and the same in whatever order lines and discounts
 * come. Discounts first (see `discounts.ts`), then shipping, then tax; each tax is rounded by itself, a line's of the
 * line and shipping's of shipping, half to even, so that what is shown beside each of them is what the total adds.
 */

import { assert } from '#lib/assert.ts';
import { minor, sumMinor, timesQuantity } from '#lib/money.ts';
import { PPM, proportion } from './arithmetic.ts';
import {
  type AppliedDiscount,
  type Basket,
  type BasketLine,
  type Breakdown,
  type LinePrice,
  type Rules,
  SHIPPING_TAX_CATEGORY,
  type ShippingPrice,
  type Tax,
} from './basket.ts';
import { applyDiscounts, type Discounted } from './discounts.ts';
import { isShippable } from './shipping.ts';

/** The lines of the basket come to a safe integer; a method by weight is not asked about what has no weight. */
export function priceBasket({ lines, customer }: Basket, rules: Rules): Breakdown {
  const positions = inFixedOrder(lines);
  const sorted = positions.map((position) => lines[position] as BasketLine);
  const discounted = applyDiscounts({ lines: sorted, customer }, rules.discounts, rules.shipping);
  const isTaxed = !customer.isTaxExempt;
  const priced = sorted.map((line, index): LinePrice => {
    const subtotalMinor = timesQuantity(line.unitPriceMinor, line.quantity);
    const leftMinor = minor(discounted.left[index] ?? 0);
    assert(leftMinor >= 0 && leftMinor <= subtotalMinor, `${leftMinor} is left of ${subtotalMinor}`);
    const discountMinor = minor(subtotalMinor - leftMinor);
    return { subtotalMinor, discountMinor, ...taxOn(leftMinor, isTaxed ? line.taxCategory : null, rules) };
  });
  const shipping = isShippable(lines) ? priceShipping(discounted, rules, isTaxed) : null;
  const asTheyCame = invert(positions);
  return {
    lines: asTheyCame.map((index) => priced[index] as LinePrice),
    discounts: discounted.applied.map(
      (each): AppliedDiscount => ({
        ...each,
        sharesMinor: asTheyCame.map((index) => each.sharesMinor[index] ?? minor(0)),
      }),
    ),
    shipping,
    ...totalsOf(priced, shipping),
  };
}

/** Where in the basket the lines are, in the order of their variants. */
function inFixedOrder(lines: readonly BasketLine[]): number[] {
  const idOf = (position: number) => lines[position]?.variantId ?? '';
  return [...lines.keys()].sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

function invert(positions: readonly number[]): number[] {
  const inverted: number[] = new Array(positions.length);
  for (const [index, position] of positions.entries()) inverted[position] = index;
  return inverted;
}

function priceShipping(
  { shippingListMinor: listMinor, shippingDiscountMinor: discountMinor }: Discounted,
  rules: Rules,
  isTaxed: boolean,
): ShippingPrice | null {
  const { shipping: method } = rules;
  if (method === null) return null;
  const tax = taxOn(listMinor - discountMinor, isTaxed ? SHIPPING_TAX_CATEGORY : null, rules);
  return { method, listMinor, discountMinor, ...tax };
}

function taxOn(amount: number, category: string | null, { taxRates, pricesIncludeTax }: Rules): Tax {
  const taxRatePpm = (category === null ? undefined : taxRates[category])?.ppm ?? 0;
  const nothing = minor(0);
  return pricesIncludeTax
    ? { taxMinor: nothing, includedTaxMinor: proportion(amount, taxRatePpm, PPM + taxRatePpm), taxRatePpm }
    : { taxMinor: proportion(amount, taxRatePpm, PPM), includedTaxMinor: nothing, taxRatePpm };
}

function totalsOf(lines: readonly LinePrice[], shipping: ShippingPrice | null) {
  const parts = shipping === null ? lines : [...lines, shipping];
  const subtotalMinor = sumMinor(lines.map((line) => line.subtotalMinor));
  const discountMinor = sumMinor(lines.map((line) => line.discountMinor));
  const shippingMinor = minor(shipping === null ? 0 : shipping.listMinor - shipping.discountMinor);
  const taxMinor = sumMinor(parts.map((part) => part.taxMinor));
  return {
    ...{ subtotalMinor, discountMinor, shippingMinor, taxMinor },
    includedTaxMinor: sumMinor(parts.map((part) => part.includedTaxMinor)),
    totalMinor: minor(subtotalMinor - discountMinor + shippingMinor + taxMinor),
  };
}
