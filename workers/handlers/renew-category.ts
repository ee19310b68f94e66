/** Products say what their category is called, and are found by it: a changed one changes them all. */

import type { CategoryId } from '#lib/ids.ts';
import { renewProductsOf } from '#origin/categories/service.ts';
import type { Consumer } from '#workers/consumer.ts';

export const renewCategory: Consumer = {
  name: 'category-products',
  filter: 'category.changed',
  handle: async (deps, { data }) => {
    if ('categoryId' in data) await renewProductsOf(deps, data.categoryId as CategoryId);
  },
};
