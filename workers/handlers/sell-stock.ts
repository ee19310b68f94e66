/** What a paid order had reserved leaves the shelf, once. */

import { markHandled } from '#db/outbox.ts';
import type { OrderId } from '#lib/ids.ts';
import { sellStock as sell } from '#origin/inventory/service.ts';
import { linesOf, lockOrder } from '#origin/orders/service.ts';
import type { Consumer } from '#workers/consumer.ts';

const NAME = 'inventory';

export const sellStock: Consumer = {
  name: NAME,
  filter: 'order.paid',
  handle: async (deps, { id, data }) => {
    if (!('orderId' in data)) return;
    const orderId = data.orderId as OrderId;
    await deps.db.transaction(async (tx) => {
      if (!(await markHandled(tx, NAME, id))) return;
      await lockOrder(tx, orderId);
      await sell(tx, orderId, await linesOf(tx, orderId));
    });
  },
};
