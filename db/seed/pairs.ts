/** What the demo's shoppers have bought together: of each category the next of its most popular products. */

import type { productPairs } from '#db/schema/recommendations.ts';
import type { DemoProduct } from './catalogue.ts';

/** On either side of a product. */
const NEIGHBOURS = 3;

/** Colder than whatever is really bought. */
export function drawPairs(products: readonly DemoProduct[]): (typeof productPairs.$inferInsert)[] {
  const shelves = Map.groupBy(products, ({ categoryId }) => categoryId);
  return [...shelves.values()].flatMap((shelf) => {
    const sorted = shelf.toSorted((one, other) => other.popularity - one.popularity);
    return sorted.flatMap(({ id: productId }, place) =>
      sorted
        .map(({ id: otherId }, otherPlace) => ({ productId, otherId, heat: -Math.abs(otherPlace - place) }))
        .filter(({ heat }) => heat < 0 && heat >= -NEIGHBOURS),
    );
  });
}
