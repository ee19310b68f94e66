/** A category and everything below it, as a condition that lists and search share. */

import { type AnyColumn, type SQL, sql } from 'drizzle-orm';
import { categories } from './schema/catalog.ts';

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
