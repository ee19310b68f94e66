/** A category and everything below it, as a condition that lists and search share. */

import { type AnyColumn, type SQL, sql } from 'drizzle-orm';
import { categories, products } from './schema/catalog.ts';
import { categoryMembers } from './schema/category-rules.ts';

/** Deeper trees are cut off here; it also ends a loop that bad data could make. */
const MAX_DEPTH = 10;

export function inCategory(column: AnyColumn, slug: string): SQL {
  return sql`${column} in (
    with recursive tree(id, depth) as (
      select ${categories.id}, 1 from ${categories} where ${categories.slug} = ${slug}
      union all
      select child.id, tree.depth + 1
        from ${categories} child join tree on child.parent_id = tree.id
       where tree.depth < ${MAX_DEPTH}
    )
    select id from tree)`;
}

/** Whether a product is in the category or below it, by hand or by a rule; for those who read few products anyway. */
export function belongsTo(slug: string): SQL {
  return sql`(${inCategory(products.categoryId, slug)} or ${products}.id in (
    select product_id from ${categoryMembers} where ${inCategory(categoryMembers.categoryId, slug)}))`;
}
