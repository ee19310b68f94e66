/** Finding products by words, and keeping what they are found in up to date. */

import { CACHE_TAGS } from '#lib/edge-contract.ts';
import type { ProductId } from '#lib/ids.ts';
import type { Answer } from '#origin/cache/answer.ts';
import { listKey, listRead } from '#origin/cache/list-cache.ts';
import { type StandIn, withStandIns } from '#origin/cache/stand-ins.ts';
import type { CachedRead } from '#origin/cache/tiered-cache.ts';
import { listProducts, readCards, requireCategory } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import { type CategoryPaths, readCategoryPaths } from './category-paths.ts';
import type { Option, Position, SearchFilter, SearchSort } from './engine.ts';
import { readChosenFacets, toFacetCounts } from './facets.ts';
import type { SearchPage, SearchQuery, Suggestions, SuggestQuery } from './model.ts';

export { indexMissing, refreshSearch, reindexAll, reindexProduct, renewPopularity } from './indexing.ts';

const MAX_SUGGESTIONS = 10;
const NO_SUGGESTIONS: Answer = { body: Buffer.from('{"items":[]}'), etag: '""', tags: CACHE_TAGS.lists };

/**
 * A page of hits as ready bytes; where there is none to be had, the last one of the same query, or else what is on sale.
 * @throws {AppError} `invalid_input` for an unknown category, or a cursor of another list or order;
 *   `unavailable` when nothing stands in for the search
 */
export function searchRead(deps: Deps, query: SearchQuery): CachedRead {
  const key = listKey('search', query);
  const hits = listRead(deps.lists, key, async () => ({
    value: await searchProducts(deps, query),
    tags: CACHE_TAGS.lists,
  }));
  return withStandIns(deps, hits, { feature: 'search', lastGoodKey: key, standIns: [onSale(deps, query)] });
}

/** The newest products, within the category and the prices that were asked for: what else was asked is not looked at. */
function onSale(deps: Deps, query: SearchQuery): StandIn {
  const { category, minPrice, maxPrice, limit, cursor } = query;
  const listed = {
    ...(category === undefined ? {} : { category }),
    ...(minPrice === undefined ? {} : { minPrice }),
    ...(maxPrice === undefined ? {} : { maxPrice }),
    ...(limit === undefined ? {} : { limit }),
  };
  return async () => {
    // Whoever turns a page of hits has seen the newest products, or does not look for them.
    if (cursor !== undefined) return null;
    const { answer } = await deps.lists.read(listKey('instead-of-search', listed), async () => {
      const { items } = await listProducts(deps, listed);
      const value: SearchPage = { items, nextCursor: null, facets: null, didYouMean: null, degraded: true };
      return { value, tags: CACHE_TAGS.lists };
    });
    return answer && { answer, source: category === undefined ? 'newest' : 'category' };
  };
}

/** As {@link searchRead}, past the caches. */
async function searchProducts(deps: Deps, query: SearchQuery): Promise<SearchPage> {
  const { q: text, cursor, limit = DEFAULT_PAGE_SIZE, sort = 'relevance' } = query;
  const after = cursor === undefined ? {} : { after: positionOf(cursor, sort) };
  const chosen = readChosenFacets(query.facets);
  await requireCategory(deps, query.category);
  const needsPaths = query.category !== undefined || chosen.length > 0;
  const paths = needsPaths ? await deps.readers.general(readCategoryPaths) : null;
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

/** What begins as the text does, as ready bytes: at most ten categories, vendors, words and products, or none. */
export function suggestionsRead(deps: Deps, { q }: SuggestQuery): CachedRead {
  const suggestions = listRead(deps.lists, listKey('suggest', { q }), async () => {
    const items = await deps.search.suggest(q, MAX_SUGGESTIONS);
    return { value: { items: [...items] } satisfies Suggestions, tags: CACHE_TAGS.lists };
  });
  const none: StandIn = async () => ({ answer: NO_SUGGESTIONS, source: 'nothing' });
  return withStandIns(deps, suggestions, { feature: 'suggestions', standIns: [none] });
}
