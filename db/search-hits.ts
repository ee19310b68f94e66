/** What hits are and how they follow each other, in SQL: what every query for a page is made of. */

import { type SQL, sql } from 'drizzle-orm';
import type { ProductId } from '#lib/ids.ts';
import { SEARCH_TIERS, searchDocuments } from './schema/search.ts';

export type Hit = readonly [key: number, id: ProductId];

/** Where a page ended. */
export interface HitPosition {
  readonly key: number;
  readonly id: ProductId;
}

export type FieldSort = 'price' | '-price' | 'newest' | 'popular';
export type HitSort = FieldSort | 'relevance';

export interface PriceRange {
  readonly minPriceMinor?: number;
  readonly maxPriceMinor?: number;
}

/** What documents are sorted by. */
export const SORT_COLUMNS = {
  price: 'price_minor',
  '-price': 'price_minor',
  newest: 'created_at',
  popular: 'popularity',
} as const satisfies Record<FieldSort, string>;

/** The same as a number, as {@link HitPosition} has it. */
export function fieldKey(sort: FieldSort): SQL {
  const column = SORT_COLUMNS[sort];
  return column === 'created_at'
    ? sql`(extract(epoch from created_at) * 1000)::bigint`
    : sql.raw(`${column}::bigint`);
}

/** All that match a tsquery, the popular tiers first. */
export function matchingDocuments(query: SQL, prices: PriceRange): SQL {
  const tiers = SEARCH_TIERS.map(
    (tier) => sql`(select * from ${searchDocuments}
                    where tier = ${sql.raw(`${tier}`)} and document @@ ${query}
                          ${andPriced(prices)})`,
  );
  return sql.join(tiers, sql` union all `);
}

export function andPriced({ minPriceMinor, maxPriceMinor }: PriceRange): SQL {
  return sql.join([
    minPriceMinor === undefined ? sql`` : sql` and price_minor >= ${minPriceMinor}::bigint`,
    maxPriceMinor === undefined ? sql`` : sql` and price_minor <= ${maxPriceMinor}::bigint`,
  ]);
}

/** By a column, and by id where it is the same. */
export function inOrder(sort: HitSort, column: string): SQL {
  const direction = isAscending(sort) ? 'asc' : 'desc';
  return sql.raw(`${column} ${direction}, product_id ${direction}`);
}

/** Where there is a position, what comes after it: `value` is its key in the column's terms. */
export function isBeyond(sort: HitSort, column: string, after?: HitPosition, value?: SQL): SQL {
  if (after === undefined) return sql`true`;
  const comparison = sql.raw(isAscending(sort) ? '>' : '<');
  const key = value ?? sql`${after.key}::bigint`;
  return sql`(${sql.raw(column)}, product_id) ${comparison} (${key}, ${after.id}::uuid)`;
}

function isAscending(sort: HitSort): boolean {
  return sort === 'price';
}

/** A relation of keys and ids as {@link Hit}s. */
export function hitsOf(sort: HitSort, page: SQL): SQL {
  return sql`(select coalesce(json_agg(json_build_array(key, product_id) order by ${inOrder(sort, 'key')}), '[]')
                from ${page})`;
}
