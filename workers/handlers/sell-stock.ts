/** What a paid order had reserved leaves the shelf, once. */

import { sellStock as sell } from '#origin/inventory/service.ts';
import { linesOf } from '#origin/orders/service.ts';
import { perOrder } from '#workers/per-order.ts';

export const sellStock = perOrder({
  name: 'inventory',
  filter: 'order.paid',
  act: async (_deps, tx, orderId) => sell(tx, orderId, await linesOf(tx, orderId)),
});
