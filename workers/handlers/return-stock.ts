/** What a cancelled order was paid for returns to the shelf, once, whether or not its sale is written yet. */

import { touchProductsOf } from '#origin/catalog/service.ts';
import { returnStock as putBack } from '#origin/inventory/service.ts';
import { linesOf, toSell } from '#origin/orders/service.ts';
import { perOrder } from '#workers/per-order.ts';

export const returnStock = perOrder({
  name: 'returns',
  filter: 'order.cancelled',
  act: async (deps, tx, order) => {
    const backInStock = await putBack(deps, tx, toSell(deps, order), await linesOf(tx, order.id));
    await touchProductsOf(deps, tx, backInStock);
  },
});
