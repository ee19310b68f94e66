/** What a cancelled order was paid for returns to the shelf, once, whether or not its sale is written yet. */

import { markHandled } from '#db/outbox.ts';
import type { OrderId } from '#lib/ids.ts';
import { touchProductsOf } from '#origin/catalog/service.ts';
import { returnStock as putBack } from '#origin/inventory/service.ts';
import { linesOf, lockOrder } from '#origin/orders/service.ts';
import type { Consumer } from '#workers/consumer.ts';

const NAME = 'returns';

export const returnStock: Consumer = {
  name: NAME,
  filter: 'order.cancelled',
  handle: async (deps, { id, data }) => {
    if (!('orderId' in data)) return;
    const orderId = data.orderId as OrderId;
    await deps.db.transaction(async (tx) => {
      if (!(await markHandled(tx, NAME, id))) return;
      await lockOrder(tx, orderId);
      const backInStock = await putBack(tx, orderId, await linesOf(tx, orderId));
      await touchProductsOf(deps, tx, backInStock);
    });
  },
};
