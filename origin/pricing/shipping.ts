/** What a method of shipping costs for a basket. Only what has to be shipped is weighed and counted. */

import { present } from '#lib/assert.ts';
import { type Minor, minor } from '#lib/money.ts';
import type { BasketLine, ShippingMethod } from './basket.ts';

/** What has to be known of a line to ship it. */
type Parcelled = Pick<BasketLine, 'quantity' | 'grams' | 'requiresShipping'>;

export function isShippable(lines: readonly Parcelled[]): boolean {
  return lines.some(({ requiresShipping }) => requiresShipping);
}

/** The first line that a method by weight cannot be priced for. */
export function unweighed(method: ShippingMethod, lines: readonly BasketLine[]): BasketLine | undefined {
  if (method.kind !== 'by_weight') return undefined;
  return lines.find(({ requiresShipping, grams }) => requiresShipping && grams === null);
}

/** @param goodsMinor what the goods come to, less their discounts */
export function shippingRate(method: ShippingMethod, lines: readonly Parcelled[], goodsMinor: number): Minor {
  if (method.freeFromMinor !== null && goodsMinor >= method.freeFromMinor) return minor(0);
  const measure = measureOf(method, lines, goodsMinor);
  const step = method.steps.findLast(({ from }) => from <= measure);
  return present(step, `a rate of shipping method ${method.id} from 0`).rateMinor;
}

function measureOf({ kind }: ShippingMethod, lines: readonly Parcelled[], goodsMinor: number): number {
  switch (kind) {
    case 'flat':
    case 'pickup':
      return 0;
    case 'by_price':
      return goodsMinor;
    case 'by_weight':
      return sumOf(lines, ({ grams, quantity }) => (grams ?? 0) * quantity);
    case 'by_quantity':
      return sumOf(lines, ({ quantity }) => quantity);
  }
}

function sumOf(lines: readonly Parcelled[], measure: (line: Parcelled) => number): number {
  return lines.reduce((sum, line) => sum + (line.requiresShipping ? measure(line) : 0), 0);
}
