/** What many buy these days; where few do, what was popular before. */

import { withDeadline } from '#lib/deadline.ts';
import { CACHE_TAGS } from '#lib/edge-contract.ts';
import { POLICIES } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import { listKey, listRead } from '#origin/cache/list-cache.ts';
import { withStandIns } from '#origin/cache/stand-ins.ts';
import type { CachedRead } from '#origin/cache/tiered-cache.ts';
import { listProducts, type ProductCard, readCards, requireCategory } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import type { Trending, TrendingQuery } from './model.ts';
import * as store from './store.ts';

/** What stands in for recommendations is here in this time, or is what it was last. */
const IN_TIME_MS = POLICIES.trending.timeoutMs;
/** More than any answer has, for some may be left out. */
const MAX_TRENDING = 100;

export interface TrendingCards {
  readonly cards: readonly ProductCard[];
  readonly isLastGood: boolean;
}

/**
 * As ready bytes, in time: where there are none to be had, those that there were last. Reading it
 * @throws {AppError} `invalid_input` for an unknown category, `unavailable`
 */
export function trendingRead(deps: Deps, query: TrendingQuery): CachedRead {
  const key = listKey('trending', query);
  const { peek, read } = listRead(deps.lists, key, async () => {
    await requireCategory(deps, query.category);
    const value: Trending = { items: await findTrending(deps, query) };
    return { value, tags: CACHE_TAGS.lists };
  });
  const inTime = () =>
    withDeadline(read(), IN_TIME_MS, () => {
      throw new AppError('unavailable');
    });
  return withStandIns(deps, { peek, read: inTime }, { feature: 'trending', lastGoodKey: key, standIns: [] });
}

/** To choose from. @throws as {@link trendingRead} */
export async function trendingCards(deps: Deps, category?: string): Promise<TrendingCards> {
  const query = { limit: MAX_TRENDING, ...(category === undefined ? {} : { category }) };
  const { answer, from } = await trendingRead(deps, query).read();
  const { items } = JSON.parse(Buffer.from(answer?.body ?? '{"items":[]}').toString()) as Trending;
  return { cards: items, isLastGood: from === 'stand-in' };
}

async function findTrending(deps: Deps, query: TrendingQuery): Promise<ProductCard[]> {
  const { limit = DEFAULT_PAGE_SIZE, category } = query;
  const ids = await deps.readers.general((db) => store.hottest(db, { category, limit: MAX_TRENDING }));
  const hot = await readCards(deps, ids);
  const available = hot.filter((card) => card.available).slice(0, limit);
  if (available.length === limit) return available;
  const popular = await listProducts(deps, { ...query, sort: 'popular', limit: MAX_TRENDING });
  const seen = new Set(ids);
  const more = popular.items.filter(
    ({ id, available: isLeft }) => isLeft && !seen.has(id as (typeof ids)[0]),
  );
  return [...available, ...more].slice(0, limit);
}
