/** What many buy these days; where few do, what was popular before. */

import { withDeadline } from '#lib/deadline.ts';
import { CACHE_TAGS } from '#lib/edge-contract.ts';
import { SHOP_CURRENCY } from '#lib/money.ts';
import { POLICIES } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import { listKey, listRead } from '#origin/cache/list-cache.ts';
import { withStandIns } from '#origin/cache/stand-ins.ts';
import type { CachedRead } from '#origin/cache/tiered-cache.ts';
import {
  inCurrency,
  keyOf,
  listProducts,
  type Priced,
  type PricedCards,
  type ProductCard,
  readCards,
  requireCategory,
  soonest,
  whileSold,
} from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import type { Trending, TrendingQuery } from './model.ts';
import * as store from './store.ts';

/** What stands in for recommendations is here in this time, or is what it was last. */
const IN_TIME_MS = POLICIES.trending.timeoutMs;
/** More than any answer has, for some may be left out. */
const MAX_TRENDING = 100;

export interface TrendingCards extends PricedCards {
  readonly isLastGood: boolean;
}

/**
 * As ready bytes, in time: where there are none to be had, those that there were last. Reading it
 * @throws {AppError} `invalid_input` for an unknown category, `unavailable`
 */
export function trendingRead(deps: Deps, priced: Priced<TrendingQuery>): CachedRead {
  const { query, currency } = priced;
  const key = listKey('trending', { ...query, ...keyOf(currency) });
  const trending = listRead(deps.lists, key, async () => {
    await requireCategory(deps, query.category);
    const { cards, goodUntil } = await findTrending(deps, priced);
    const value: Trending = { items: [...cards] };
    return { value, tags: inCurrency(CACHE_TAGS.lists, currency), goodUntil };
  });
  const { peek, read } = whileSold(deps, currency, trending);
  const inTime = () =>
    withDeadline(read(), IN_TIME_MS, () => {
      throw new AppError('unavailable');
    });
  return withStandIns(deps, { peek, read: inTime }, { feature: 'trending', lastGoodKey: key, standIns: [] });
}

/** To choose from. @throws as {@link trendingRead} */
export async function trendingCards(deps: Deps, category?: string): Promise<TrendingCards> {
  const query = { limit: MAX_TRENDING, ...(category === undefined ? {} : { category }) };
  const { answer, from } = await trendingRead(deps, { query, currency: SHOP_CURRENCY }).read();
  const { items } = JSON.parse(Buffer.from(answer?.body ?? '{"items":[]}').toString()) as Trending;
  return { cards: items, goodUntil: answer?.goodUntil ?? null, isLastGood: from === 'stand-in' };
}

async function findTrending(deps: Deps, { query, currency }: Priced<TrendingQuery>): Promise<PricedCards> {
  const { limit = DEFAULT_PAGE_SIZE, category } = query;
  const ids = await deps.readers.general((db) => store.hottest(db, { category, limit: MAX_TRENDING }));
  const hot = await readCards(deps, ids, currency);
  const available = hot.cards.filter((card) => card.available).slice(0, limit);
  if (available.length === limit) return { cards: available, goodUntil: hot.goodUntil };
  const popular = await listProducts(deps, { ...query, sort: 'popular', limit: MAX_TRENDING }, currency);
  const seen = new Set<ProductCard['id']>(ids);
  const more = popular.page.items.filter(({ id, available: isLeft }) => isLeft && !seen.has(id));
  return {
    cards: [...available, ...more].slice(0, limit),
    goodUntil: soonest([hot.goodUntil, popular.goodUntil]),
  };
}
