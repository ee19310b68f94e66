/** What the stars of a product come to: counted anew after each change, so that no change is counted twice or missed. */

import type { ProductId } from '#lib/ids.ts';
import { touchProduct } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import * as store from './store.ts';

/** Where they are others than before, the product has its next version: its answers go from every cache. */
export async function countRatings(deps: Deps, productId: ProductId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await store.lockProduct(tx, productId);
    if (await store.countRatings(tx, productId)) await touchProduct(deps, tx, productId);
  });
}
