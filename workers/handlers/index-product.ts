/** A changed product is found by what it says now. */

import type { ProductId } from '#lib/ids.ts';
import { reindexProduct } from '#origin/search/service.ts';
import type { Consumer } from '#workers/consumer.ts';

export const indexProduct: Consumer = {
  name: 'search-index',
  filter: 'product.*',
  handle: async (deps, { data }) => {
    if ('productId' in data) await reindexProduct(deps, data.productId as ProductId);
  },
};
