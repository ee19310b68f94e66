/**
 * Pages of hits by price, age or popularity where there are more than are ranked: as if all of them were sorted, at
 * the cost of few. Where hits are dense, a page is full soon as one walks documents in their order; where they are
 * sparse, sorting them all is cheap. Which of both it is shows on the way: the walk has an end.
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
  isBeyond,
  matchingDocuments,
  SORT_COLUMNS,
} from './hits.ts';

export interface SortedRequest {
  /** The tsquery that hits match. */
  readonly query: string;
  readonly filter: SearchFilter;
  readonly sort: FieldSort;
  readonly limit: number;
  readonly after?: Position;
}

export interface Walked {
  readonly hits: readonly Hit[];
  /** False when the walk ended before the page was full. */
  readonly isWhole: boolean;
}

/** The page, at most one hit more than its limit, if the next so many documents in its order fill it. */
export async function walk(db: Queryable, request: SortedRequest, maxWalked: number): Promise<Walked> {
  const { query, filter, sort, limit, after } = request;
  const column = SORT_COLUMNS[sort];
  const order = inOrder(sort, column);
  const isByPrice = column === 'price_minor';
  const part = sql`where ${isBeyond(sort, column, after, after && columnValue(sort, after.key))}
                         ${isByPrice ? andPriced(filter) : sql``} order by ${order}`;
  const isByPopularity = column === 'popularity';
  const [row] = await db.execute<{ hits: Walked['hits']; isWhole: boolean }>(sql`
    with page as materialized (
      select ${fieldKey(sort)} as key, product_id
        from (select * from ${isByPopularity ? BY_POPULARITY : searchDocuments} ${part} limit ${maxWalked}) walked
       where document @@ ${query}::tsquery ${isByPrice ? sql`` : andPriced(filter)}
       order by ${order} limit ${limit + 1})
    select ${hitsOf(sort, sql`page`)} as hits,
           (select count(*) from page) > ${limit}
           or not exists (select 1 from ${isByPopularity ? searchPopularity : searchDocuments} ${part}
                           offset ${maxWalked} limit 1) as "isWhole"`);
  return row ?? { hits: [], isWhole: true };
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

/** The page out of all hits there are. The offset keeps the planner from a walk of its own. */
export async function sortAll(db: Queryable, request: SortedRequest): Promise<readonly Hit[]> {
  const { query, filter, sort, limit, after } = request;
  const [row] = await db.execute<{ hits: Walked['hits'] }>(sql`
    with page as materialized (
      select key, product_id
        from (select ${fieldKey(sort)} as key, product_id
                from (${matchingDocuments(query, filter)}) documents offset 0) hits
       where ${isBeyond(sort, 'key', after)}
       order by ${inOrder(sort, 'key')} limit ${limit + 1})
    select ${hitsOf(sort, sql`page`)} as hits`);
  return row?.hits ?? [];
}
