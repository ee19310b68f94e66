/**
 * Pages of hits by price, age or popularity where there are more than are ranked: as if all of them were sorted, at
 * the cost of few. Where hits are dense, a page is full soon as one walks documents in their order; where they are
 * sparse, sorting them all is cheap. Which of both it is shows on the way: the walk has an end. Some words gather far
 * down an order, as toys among prices: by price, what the walk has left is sorted a band of prices at a time.
 */

import type { Queryable } from '#db/client.ts';
import type { FieldSort, Hit } from '#db/search-hits.ts';
import { type SortedRequest, sortAll, walk } from '#db/search-sorted.ts';
import { priceMarksFrom } from './marks.ts';
import { and, lexeme } from './tsquery.ts';

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
  const rest = { ...request, after: { key, id }, limit: request.limit - hits.length };
  return [...hits, ...(await sortAll(db, rest, inBands(request, key)))];
}

/** A tsquery for each part of the hits from a key on, in the order of the sort. */
function inBands({ query, sort }: SortedRequest, key: number): readonly string[] {
  const direction = DIRECTIONS_OF_PRICE[sort];
  if (direction === null) return [query];
  return priceMarksFrom(key, direction).map((mark) => and([query, lexeme(mark)]));
}

const DIRECTIONS_OF_PRICE = {
  price: 'up',
  '-price': 'down',
  newest: null,
  popular: null,
} as const satisfies Record<FieldSort, unknown>;
