/** How hot something is that was bought or seen, and what is to be shown for it. Pure; see `db/schema/recommendations.ts`. */

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

/** So many shoppers who look at two products weigh as much as one who buys both: looking is cheap. */
const VIEWS_OF_A_PURCHASE = 20;

/** The heat of one look at that time. */
export const heatOfLook = (time: Date): number => heatAt(time) - Math.log2(VIEWS_OF_A_PURCHASE);

export interface Pair {
  readonly productId: ProductId;
  readonly otherId: ProductId;
  readonly heat: number;
}

/** Each of the products with each other one. */
export function pairsAmong(ids: readonly ProductId[], heat: number): Pair[] {
  return ids.flatMap((productId) =>
    ids.filter((otherId) => otherId !== productId).map((otherId) => ({ productId, otherId, heat })),
  );
}

/** Both ways, each pair once, as hot as all that was given of it. */
export function pairsBothWays(given: readonly Pair[]): Pair[] {
  const both = given.flatMap((pair) => [pair, { ...pair, productId: pair.otherId, otherId: pair.productId }]);
  const groups = Map.groupBy(both, ({ productId, otherId }) => `${productId} ${otherId}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, heat: heatTogether(group.map(({ heat }) => heat)) }];
  });
}

function heatTogether(heats: readonly number[]): number {
  const hottest = heats.reduce((most, heat) => Math.max(most, heat), Number.NEGATIVE_INFINITY);
  return hottest + Math.log2(heats.reduce((sum, heat) => sum + 2 ** (heat - hottest), 0));
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
