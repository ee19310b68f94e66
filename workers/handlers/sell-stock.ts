/** What a paid order had reserved leaves the shelves of the locations that send it, once. */

import { sellStock as sell } from '#origin/inventory/service.ts';
import { linesOf, toSell } from '#origin/orders/service.ts';
import { perOrder } from '#workers/per-order.ts';

export const sellStock = perOrder({
  name: 'inventory',
  filter: 'order.paid',
  act: async (deps, tx, order) => sell(tx, toSell(deps, order), await linesOf(tx, order.id)),
});
