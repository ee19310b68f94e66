/** Finding products by words, and keeping what they are found in up to date. */

import type { ProductId } from '#lib/ids.ts';
import { type ProductPage, readCards, requireCategory } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import type { SearchQuery } from './model.ts';
import * as store from './store.ts';

/** @throws {AppError} `invalid_input` for an unknown category or a cursor of another list */
export async function searchProducts(deps: Deps, query: SearchQuery): Promise<ProductPage> {
  const { q: text, cursor, limit = DEFAULT_PAGE_SIZE, ...filter } = query;
  await requireCategory(deps, filter.category);
  const [score, id] = cursor === undefined ? [] : decodeCursor(cursor, 'integer', 'uuid');
  const after = score === undefined || id === undefined ? {} : { after: { score, id } };
  const hits = await store.findMatches(deps.db, { ...filter, text, limit: limit + 1, ...after });
  const shown = hits.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: await readCards(
      deps,
      shown.map((hit) => hit.id),
    ),
    nextCursor: hits.length > limit && last ? encodeCursor([last.score, last.id]) : null,
  };
}

/** Brings the product's search document to its present state; running it again changes nothing. */
export async function reindexProduct(deps: Deps, productId: ProductId): Promise<void> {
  await store.indexProduct(deps.db, productId);
}
