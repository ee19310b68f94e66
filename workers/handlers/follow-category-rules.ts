/** Categories take in what their rules say: all products anew when a rule changes, and each when it changes itself. */

import type { CategoryId, ProductId } from '#lib/ids.ts';
import * as rules from '#origin/category-rules/service.ts';
import type { Consumer } from '#workers/consumer.ts';

export const applyCategoryRule: Consumer = {
  name: 'category-rules',
  filter: 'category.rule_changed',
  handle: async (deps, { data }) => {
    if ('categoryId' in data) await rules.applyRule(deps, data.categoryId as CategoryId);
  },
};

/** Hears of its own doing once more, and then finds nothing to do. */
export const placeProduct: Consumer = {
  name: 'category-members',
  filter: 'product.*',
  handle: async (deps, { data }) => {
    if ('productId' in data) await rules.placeProduct(deps, data.productId as ProductId);
  },
};
