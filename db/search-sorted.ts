/** Hits by price, age or popularity, in SQL: a walk over documents in their order, and the sorting of all hits. */

import { type SQL, sql } from 'drizzle-orm';
import type { Queryable } from './client.ts';
import { searchDocuments, searchPopularity } from './schema/search.ts';
import {
  andPriced,
  type FieldSort,
  fieldKey,
  type Hit,
  type HitPosition,
  hitsOf,
  inOrder,
  isBeyond,
  matchingDocuments,
  type PriceRange,
  SORT_COLUMNS,
} from './search-hits.ts';

export interface SortedRequest {
  /** The tsquery that hits match. */
  readonly query: string;
  readonly filter: PriceRange;
  readonly sort: FieldSort;
  readonly limit: number;
  readonly after?: HitPosition;
}

export interface Walked {
  readonly hits: readonly Hit[];
  /** The last document that was looked at, if others follow that the page may need. */
  readonly reached: Hit | null;
}

/** As much of the page as the next so many documents in its order have. */
export async function walk(db: Queryable, request: SortedRequest, maxWalked: number): Promise<Walked> {
  const { query, filter, sort, limit, after } = request;
  const column = SORT_COLUMNS[sort];
  const order = inOrder(sort, column);
  const isByPrice = column === 'price_minor';
  const part = sql`where ${isBeyond(sort, column, after, after && columnValue(sort, after.key))}
                         ${isByPrice ? andPriced(filter) : sql``} order by ${order}`;
  const documents = column === 'popularity' ? BY_POPULARITY : searchDocuments;
  const [row] = await db.execute<Pick<Walked, 'hits' | 'reached'>>(sql`
    with page as materialized (
      select ${fieldKey(sort)} as key, product_id
        from (select * from ${documents} ${part} limit ${maxWalked}) walked
       where document @@ ${query}::tsquery ${isByPrice ? sql`` : andPriced(filter)}
       order by ${order} limit ${limit + 1})
    select ${hitsOf(sort, sql`page`)} as hits,
           case when (select count(*) from page) <= ${limit} then (
             select json_build_array(${fieldKey(sort)}, product_id)
               from ${documents} ${part} offset ${maxWalked - 1} limit 1) end as reached`);
  return row ?? { hits: [], reached: null };
}

const BY_POPULARITY = sql`(
  select p.popularity, p.product_id, d.document, d.price_minor
    from ${searchPopularity} p join ${searchDocuments} d on d.product_id = p.product_id) by_popularity`;

/** The end of what Postgres and a cursor's number both can say. */
const MAX_INSTANT_MS = Date.UTC(9999, 0);

function columnValue(sort: FieldSort, key: number): SQL {
  if (SORT_COLUMNS[sort] !== 'created_at') return sql`${key}::bigint`;
  const instant = new Date(Math.min(Math.max(key, 0), MAX_INSTANT_MS));
  return sql`${instant.toISOString()}::timestamptz`;
}

/**
 * What follows a position, out of all hits of some tsqueries that come after each other in the sort: in their order,
 * and none after the page is full. The inner offset keeps the planner from a walk of its own.
 */
export async function sortAll(
  db: Queryable,
  { filter, sort, limit, after }: SortedRequest,
  queries: readonly string[],
): Promise<readonly Hit[]> {
  const order = inOrder(sort, 'key');
  const [row] = await db.execute<{ hits: readonly Hit[] }>(sql`
    with page as materialized (
      select key, product_id
        from (select query::tsquery, index
                from jsonb_array_elements_text(${JSON.stringify(queries)}::jsonb)
                with ordinality given(query, index) order by index) part
       cross join lateral (
         select key, product_id
           from (select ${fieldKey(sort)} as key, product_id
                   from (${matchingDocuments(sql`part.query`, filter)}) documents offset 0) hits
          where ${isBeyond(sort, 'key', after)} order by ${order} limit ${limit + 1}) hits
       order by index limit ${limit + 1})
    select ${hitsOf(sort, sql`page`)} as hits`);
  return row?.hits ?? [];
}
