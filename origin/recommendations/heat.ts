/** How hot something is that was bought, and what is to be shown for it. Pure; see `db/schema/recommendations.ts`. */

import { assert } from '#lib/assert.ts';
import { DAY_MS } from '#lib/clock.ts';
import type { ProductId } from '#lib/ids.ts';

/** What was bought so long ago weighs half of what is bought now. */
export const HALF_LIFE_MS = 14 * DAY_MS;

/** The heat of one purchase at that time. */
export function heatAt(time: Date): number {
  const heat = time.getTime() / HALF_LIFE_MS;
  assert(Number.isFinite(heat), 'a purchase has a time');
  return heat;
}

export interface Pair {
  readonly productId: ProductId;
  readonly otherId: ProductId;
  readonly heat: number;
}

/**
 * What goes best with all of the products, none of which is in it: by the sum of what each pair weighs, the highest
 * first; of equals, the one with the lower id.
 */
export function rank(pairs: readonly Pair[], products: ReadonlySet<ProductId>): ProductId[] {
  const hottest = pairs.reduce((most, { heat }) => Math.max(most, heat), Number.NEGATIVE_INFINITY);
  const weights = new Map<ProductId, number>();
  // In one order, for sums of fractions depend on it.
  for (const { otherId, heat } of pairs.toSorted((one, other) => one.heat - other.heat)) {
    if (products.has(otherId)) continue;
    weights.set(otherId, (weights.get(otherId) ?? 0) + 2 ** (heat - hottest));
  }
  return [...weights]
    .toSorted(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
    .map(([productId]) => productId);
}
