/** What a cancelled order was paid for returns to the shelf, once, whether or not its sale is written yet. */

import { touchProductsOf } from '#origin/catalog/service.ts';
import { unitsOf } from '#origin/fulfilment/service.ts';
import { returnStock as putBack } from '#origin/inventory/service.ts';
import { linesOf } from '#origin/orders/service.ts';
import { perOrder } from '#workers/per-order.ts';

export const returnStock = perOrder({
  name: 'returns',
  filter: 'order.cancelled',
  act: async (deps, tx, orderId) => {
    const [bought, units] = [await linesOf(tx, orderId), await unitsOf(tx, orderId)];
    const removed = new Map(units.map((line) => [line.lineId, line.removed]));
    const kept = bought.map(({ id, variantId, quantity }) => ({
      variantId,
      quantity: quantity - (removed.get(id) ?? 0),
    }));
    await touchProductsOf(deps, tx, await putBack(deps, tx, orderId, { bought, kept }));
  },
});
