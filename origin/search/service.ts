/** Finding products by words, and keeping what they are found in up to date. */

import { CACHE_TAGS } from '#lib/edge-contract.ts';
import type { ProductId } from '#lib/ids.ts';
import { listKey, listRead } from '#origin/cache/list-cache.ts';
import type { CachedRead } from '#origin/cache/tiered-cache.ts';
import { readCards, requireCategory } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import { type CategoryPaths, readCategoryPaths } from './category-paths.ts';
import type { Option, Position, SearchFilter, SearchSort } from './engine.ts';
import { readChosenFacets, toFacetCounts } from './facets.ts';
import type { SearchPage, SearchQuery, Suggestions, SuggestQuery } from './model.ts';

export { indexMissing, refreshSearch, reindexAll, reindexProduct, renewPopularity } from './indexing.ts';

const MAX_SUGGESTIONS = 10;

/**
 * A page of hits as ready bytes.
 * @throws {AppError} `invalid_input` for an unknown category, or a cursor of another list or order;
 *   `unavailable` when the search would cost more than its budget
 */
export function searchRead(deps: Deps, query: SearchQuery): CachedRead {
  return listRead(deps.lists, listKey('search', query), async () => ({
    value: await searchProducts(deps, query),
    tags: CACHE_TAGS.lists,
  }));
}

/** As {@link searchRead}, past the caches. */
async function searchProducts(deps: Deps, query: SearchQuery): Promise<SearchPage> {
  const { q: text, cursor, limit = DEFAULT_PAGE_SIZE, sort = 'relevance' } = query;
  const after = cursor === undefined ? {} : { after: positionOf(cursor, sort) };
  const chosen = readChosenFacets(query.facets);
  await requireCategory(deps, query.category);
  const paths = query.category === undefined && chosen.length === 0 ? null : await readCategoryPaths(deps.db);
  const { hits, hasMore, facets, didYouMean } = await deps.search.search({
    text,
    filter: filterOf(query, paths),
    sort,
    limit,
    withFacets: chosen.length > 0,
    ...after,
  });
  const last = hits.at(-1);
  return {
    items: await readCards(
      deps,
      hits.map(({ id }) => id),
    ),
    nextCursor: hasMore && last ? encodeCursor([last.key, last.id, sort]) : null,
    facets: facets && paths && toFacetCounts(facets, paths, chosen),
    didYouMean,
  };
}

function positionOf(cursor: string, sort: SearchSort): Position {
  const [key, id] = decodeCursor(cursor, 'integer', 'uuid', sort);
  return { key, id: id as ProductId };
}

function filterOf(query: SearchQuery, paths: CategoryPaths | null): SearchFilter {
  const { category, vendor, option, available, minPrice, maxPrice } = query;
  const categoryId = category === undefined ? undefined : paths?.bySlug(category)?.id;
  return {
    ...(categoryId === undefined ? {} : { categoryId }),
    ...(vendor === undefined ? {} : { vendor }),
    ...(option === undefined ? {} : { option: toOption(option) }),
    ...(available === undefined ? {} : { available: available === 'true' }),
    ...(minPrice === undefined ? {} : { minPriceMinor: minPrice }),
    ...(maxPrice === undefined ? {} : { maxPriceMinor: maxPrice }),
  };
}

function toOption(text: string): Option {
  const end = text.indexOf(':');
  return { name: text.slice(0, end), value: text.slice(end + 1) };
}

/** What begins as the text does, as ready bytes: at most ten categories, vendors, words and products. */
export function suggestionsRead(deps: Deps, { q }: SuggestQuery): CachedRead {
  return listRead(deps.lists, listKey('suggest', { q }), async () => {
    const items = await deps.search.suggest(q, MAX_SUGGESTIONS);
    return { value: { items: [...items] } satisfies Suggestions, tags: CACHE_TAGS.lists };
  });
}
