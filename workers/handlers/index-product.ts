/** A changed product is found by what it says now, and whoever remembers searches is told so. */

import type { ProductId } from '#lib/ids.ts';
import { emit } from '#origin/deps.ts';
import { reindexProduct } from '#origin/search/service.ts';
import type { Consumer } from '#workers/consumer.ts';

export const indexProduct: Consumer = {
  name: 'search-index',
  filter: 'product.*',
  handle: async (deps, { data }) => {
    if (!('productId' in data)) return;
    const { productId } = data;
    await reindexProduct(deps, productId as ProductId);
    await deps.db.transaction((tx) => emit(deps, tx, { name: 'search.indexed', data: { productId } }));
  },
};
