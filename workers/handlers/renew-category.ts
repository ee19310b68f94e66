/**
 * Products say what their category is called, and are found by it: a changed one changes them all, a part with each
 * event, for there may be more than any handler's time is enough for.
 */

import type { CategoryId, ProductId } from '#lib/ids.ts';
import { renewProductsOf } from '#origin/categories/service.ts';
import type { Consumer } from '#workers/consumer.ts';

export const renewCategory = renewer('category-products', 'category.changed');

export const renewMoreOfCategory = renewer('category-more-products', 'category.products_renewed');

function renewer(name: string, filter: Consumer['filter']): Consumer {
  return {
    name,
    filter,
    handle: async (deps, { id: eventId, data }) => {
      if (!('categoryId' in data)) return;
      const after = 'after' in data ? (data.after as ProductId) : null;
      const categoryId = data.categoryId as CategoryId;
      await renewProductsOf(deps, { categoryId, after }, { consumer: name, eventId });
    },
  };
}
