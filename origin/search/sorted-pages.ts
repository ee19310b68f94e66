/**
 * Pages of hits by price, age or popularity where there are more than are ranked: as if all of them were sorted, at
 * the cost of few. Where hits are dense, a page is full soon as one walks documents in their order; where they are
 * sparse, sorting them all is cheap. Which of both it is shows on the way: the walk has an end. Some words gather far
 * down an order, as toys among prices: by price, what the walk has left is sorted a band of prices at a time.
 */

import { type SQL, sql } from 'drizzle-orm';
import type { Queryable } from '#db/client.ts';
import { searchDocuments, searchPopularity } from '#db/schema/search.ts';
import type { Position, SearchFilter } from './engine.ts';
import {
  andPriced,
  type FieldSort,
  fieldKey,
  type Hit,
  hitsOf,
  inOrder,
  isAscending,
  isBeyond,
  matchingDocuments,
  SORT_COLUMNS,
} from './hits.ts';
import { priceMarksFrom } from './marks.ts';
import { and, lexeme } from './tsquery.ts';

export interface SortedRequest {
  /** The tsquery that hits match. */
  readonly query: string;
  readonly filter: SearchFilter;
  readonly sort: FieldSort;
  readonly limit: number;
  readonly after?: Position;
}

interface Walked {
  readonly hits: readonly Hit[];
  /** The last document that was looked at, if others follow that the page may need. */
  readonly reached: Hit | null;
}

/** The page, at most one hit more than its limit. */
export async function findSortedPage(
  db: Queryable,
  request: SortedRequest,
  { maxWalked, checkTime }: { readonly maxWalked: number; checkTime(): void },
): Promise<readonly Hit[]> {
  const { hits, reached } = await walk(db, request, maxWalked);
  if (reached === null) return hits;
  checkTime();
  const [key, id] = reached;
  return [
    ...hits,
    ...(await sortRest(db, request, { after: { key, id }, limit: request.limit - hits.length })),
  ];
}

/** As much of the page as the next so many documents in its order have. */
async function walk(db: Queryable, request: SortedRequest, maxWalked: number): Promise<Walked> {
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
 * What follows a position, out of all hits there are. The inner offset keeps the planner from a walk of its own; the
 * bands are taken in their order, and none after the page is full.
 */
async function sortRest(
  db: Queryable,
  { query, filter, sort }: SortedRequest,
  { after, limit }: { readonly after: Position; readonly limit: number },
): Promise<readonly Hit[]> {
  const order = inOrder(sort, 'key');
  const [row] = await db.execute<{ hits: readonly Hit[] }>(sql`
    with page as materialized (
      select key, product_id
        from (select query::tsquery, index
                from jsonb_array_elements_text(${JSON.stringify(bands(query, sort, after.key))}::jsonb)
                with ordinality band(query, index) order by index) band
       cross join lateral (
         select key, product_id
           from (select ${fieldKey(sort)} as key, product_id
                   from (${matchingDocuments(sql`band.query`, filter)}) documents offset 0) hits
          where ${isBeyond(sort, 'key', after)} order by ${order} limit ${limit + 1}) hits
       order by index limit ${limit + 1})
    select ${hitsOf(sort, sql`page`)} as hits`);
  return row?.hits ?? [];
}

/** A tsquery for each part of the hits, in the order of the sort. */
function bands(query: string, sort: FieldSort, key: number): readonly string[] {
  if (SORT_COLUMNS[sort] !== 'price_minor') return [query];
  const marks = priceMarksFrom(key, isAscending(sort) ? 'up' : 'down');
  return marks.map((mark) => and([query, lexeme(mark)]));
}
