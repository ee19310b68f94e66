/** Something has come in: whose turn it is to hear of it is decided once for each time that it does. */

import { markHandled } from '#db/outbox.ts';
import type { VariantId } from '#lib/ids.ts';
import { fallDue } from '#origin/stock-notices/service.ts';
import type { Consumer } from '#workers/consumer.ts';

const NAME = 'stock-notices';

export const tellOfStock: Consumer = {
  name: NAME,
  filter: 'stock.replenished',
  handle: async (deps, { id, data }) => {
    if (!('added' in data)) return;
    const replenishment = { variantId: data.variantId as VariantId, added: data.added };
    const told = await deps.db.transaction(async (tx) =>
      (await markHandled(tx, NAME, id)) ? fallDue(deps, tx, replenishment) : 0,
    );
    if (told > 0) deps.metrics.count('stock_notices_due_total', {}, told);
  },
};
