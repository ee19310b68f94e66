/** Finding products by words, and keeping what they are found in up to date. */

import { CACHE_TAGS } from '#lib/edge-contract.ts';
import type { ProductId } from '#lib/ids.ts';
import { SHOP_CURRENCY } from '#lib/money.ts';
import type { Answer } from '#origin/cache/answer.ts';
import { listKey, listRead } from '#origin/cache/list-cache.ts';
import { type StandIn, withStandIns } from '#origin/cache/stand-ins.ts';
import type { CachedRead } from '#origin/cache/tiered-cache.ts';
import {
  inCurrency,
  keyOf,
  listProducts,
  type Priced,
  type PricedCards,
  readCards,
  requireCategory,
  whileSold,
} from '#origin/catalog/service.ts';
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
export function searchRead(deps: Deps, priced: Priced<SearchQuery>): CachedRead {
  const { query, currency } = priced;
  const tags = inCurrency(CACHE_TAGS.lists, currency);
  const key = listKey('search', { ...query, ...keyOf(currency) });
  const hits = listRead(deps.lists, key, async () => {
    const { page, goodUntil } = await searchProducts(deps, priced);
    return { value: page, tags, goodUntil };
  });
  const kept = whileSold(deps, currency, hits);
  return withStandIns(deps, kept, { feature: 'search', lastGoodKey: key, standIns: [onSale(deps, priced)] });
}

/** The newest products, within the category and the prices that were asked for: what else was asked is not looked at. */
function onSale(deps: Deps, { query, currency }: Priced<SearchQuery>): StandIn {
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
    const key = listKey('instead-of-search', { ...listed, ...keyOf(currency) });
    const { answer } = await deps.lists.read(key, async () => {
      const { page, goodUntil } = await listProducts(deps, listed, currency);
      const { items } = page;
      const value: SearchPage = { items, nextCursor: null, facets: null, didYouMean: null, degraded: true };
      return { value, tags: inCurrency(CACHE_TAGS.lists, currency), goodUntil };
    });
    return answer && { answer, source: category === undefined ? 'newest' : 'category' };
  };
}

interface PricedSearch {
  readonly page: SearchPage;
  readonly goodUntil: number | null;
}

/** As {@link searchRead}, past the caches. */
async function searchProducts(deps: Deps, { query, currency }: Priced<SearchQuery>): Promise<PricedSearch> {
  const { q: text, cursor, limit = DEFAULT_PAGE_SIZE, sort = 'relevance' } = query;
  const after = cursor === undefined ? {} : { after: positionOf(cursor, sort) };
  const chosen = readChosenFacets(query.facets).filter(
    (facet) => facet !== 'price' || currency === SHOP_CURRENCY,
  );
  await requireCategory(deps, query.category);
  const needsPaths = query.category !== undefined || chosen.length > 0;
  const paths = needsPaths ? await readPathsFreshly(deps) : null;
  const { hits, hasMore, facets, didYouMean } = await deps.search.search({
    text,
    filter: filterOf(currency === SHOP_CURRENCY ? query : withoutPrices(query), paths),
    sort,
    limit,
    withFacets: chosen.length > 0,
    ...after,
  });
  const last = hits.at(-1);
  const ids = hits.map(({ id }) => id);
  const { cards, goodUntil } = await readCards(deps, ids, currency);
  const page = {
    items: currency === SHOP_CURRENCY ? [...cards] : within(cards, query),
    nextCursor: hasMore && last ? encodeCursor([last.key, last.id, sort]) : null,
    facets: facets && paths && toFacetCounts(facets, paths, chosen),
    didYouMean,
  };
  return { page, goodUntil };
}

/** The tiers keep what they go into: they are those of now, however far behind a replica is. */
async function readPathsFreshly({ readers, latestPosition }: Deps): Promise<CategoryPaths> {
  return readers.general(readCategoryPaths, { atLeast: await latestPosition() });
}

type Prices = Pick<SearchQuery, 'minPrice' | 'maxPrice'>;

/** The index knows prices in the shop's currency alone. */
function withoutPrices<Query extends Prices>({ minPrice: _, maxPrice: __, ...query }: Query) {
  return query;
}

function within(cards: PricedCards['cards'], { minPrice = 0, maxPrice = Infinity }: Prices) {
  return cards.filter(({ price }) => price.amount >= minPrice && price.amount <= maxPrice);
}

function positionOf(cursor: string, sort: SearchSort): Position {
  const [key, id] = decodeCursor(cursor, 'integer', 'uuid', sort);
  return { key, id: id as ProductId };
}

function filterOf(query: Omit<SearchQuery, 'currency'>, paths: CategoryPaths | null): SearchFilter {
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
