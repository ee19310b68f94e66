/** What was paid for together is recommended together, once for each order. */

import { markHandled } from '#db/outbox.ts';
import type { OrderId } from '#lib/ids.ts';
import { linesOf } from '#origin/orders/service.ts';
import { learn } from '#origin/recommendations/service.ts';
import type { Consumer } from '#workers/consumer.ts';

const NAME = 'recommendations';

export const learnFromOrder: Consumer = {
  name: NAME,
  filter: 'order.paid',
  handle: async ({ db }, { id, data, occurredAt }) => {
    if (!('orderId' in data)) return;
    await db.transaction(async (tx) => {
      if (!(await markHandled(tx, NAME, id))) return;
      const lines = await linesOf(tx, data.orderId as OrderId);
      const products = lines.map(({ productId }) => productId);
      await learn(tx, products, new Date(occurredAt));
    });
  },
};
