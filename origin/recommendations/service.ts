/**
 * What else a shopper may want: by what they have bought, looked at and have in their cart, or beside one product.
 * Nothing of it is worth an error: where the better fails, something plainer is shown, and says so.
 */

import type { Transaction } from '#db/client.ts';
import { withDeadline } from '#lib/deadline.ts';
import type { Degradation } from '#lib/degraded.ts';
import { CACHE_TAGS } from '#lib/edge-contract.ts';
import type { ProductId } from '#lib/ids.ts';
import { POLICIES } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import type { Answer } from '#origin/cache/answer.ts';
import { listKey, listRead } from '#origin/cache/list-cache.ts';
import { levelOf, type StandIn, withStandIns } from '#origin/cache/stand-ins.ts';
import type { CachedRead } from '#origin/cache/tiered-cache.ts';
import { productsInCartOf } from '#origin/cart/service.ts';
import { type PricedCards, type ProductCard, readCards, soonest } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller } from '#origin/http/auth.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import { productsBoughtBy } from '#origin/orders/service.ts';
import { productsSeenBy, takeSeenTogether } from '#origin/views/service.ts';
import { heatAt, heatOfLook, pairsAmong, pairsBothWays, rank } from './heat.ts';
import type { Recommendations, RecommendationsQuery } from './model.ts';
import * as store from './store.ts';
import { type TrendingCards, trendingCards } from './trending.ts';

export { trendingRead } from './trending.ts';

/** Of each product, as many others are known. */
const MAX_PAIRS = 40;
/** Of an order with more products, the first ones count. */
const MAX_PRODUCTS_OF_ORDER = 20;
/** Of what somebody has bought, put into the cart and looked at, the newest. */
const MAX_OWN_PRODUCTS = 30;
/** Looked up for one answer: some of them may be sold out. */
const MAX_CANDIDATES = 150;

/** Of one transaction. */
const MAX_VIEWS_LEARNT = 500;

/** What was bought at that time has been bought together. */
export async function learn(tx: Transaction, bought: readonly ProductId[], at: Date): Promise<void> {
  const ids = [...new Set(bought)].slice(0, MAX_PRODUCTS_OF_ORDER);
  const heat = heatAt(at);
  await store.heatTrends(tx, ids, heat);
  if (ids.length > 1) await store.heatPairs(tx, pairsAmong(ids, heat), MAX_PAIRS);
}

/** From what shoppers have looked at since the last time. Any number of processes may do it at once. */
export async function learnFromViews(deps: Deps): Promise<void> {
  for (;;) {
    const views = await deps.db.transaction(async (tx) => {
      const taken = await takeSeenTogether(deps, tx, MAX_VIEWS_LEARNT);
      const pairs = taken.together.map(({ seenAt, ...pair }) => ({ ...pair, heat: heatOfLook(seenAt) }));
      if (pairs.length > 0) await store.heatPairs(tx, pairsBothWays(pairs), MAX_PAIRS);
      return taken.views;
    });
    if (views < MAX_VIEWS_LEARNT) return;
  }
}

export interface Recommended {
  readonly answer: Recommendations;
  readonly degradation: Degradation | null;
}

/** For the caller, by what they have bought, have in their cart and have looked at. Never fails. */
export async function recommendFor(
  deps: Deps,
  caller: Caller,
  { limit = DEFAULT_PAGE_SIZE }: RecommendationsQuery,
): Promise<Recommended> {
  const { own, items } = await findPersonal(deps, caller, limit);
  if (items !== null && items.length > 0) {
    return recommended(deps, { items: [...items], source: 'personal', degraded: false });
  }
  const [newest] = own;
  const place = newest && (await findPlace(deps, newest));
  const plain = await plainer(deps, { category: place?.category, without: new Set(own), limit });
  const degraded = plain.answer.degraded || items === null || place === null;
  return recommended(deps, { ...plain.answer, degraded });
}

interface Personal {
  /** What the shopper has in the cart, has bought or has looked at, each the newest first. */
  readonly own: readonly ProductId[];
  /** Null where they are not to be had. */
  readonly items: readonly ProductCard[] | null;
}

async function findPersonal(deps: Deps, caller: Caller, limit: number): Promise<Personal> {
  if (caller.kind === 'guest' && caller.cartToken === null) return { own: [], items: [] };
  let own: readonly ProductId[] = [];
  try {
    const items = await deps.recommendations.run(async () => {
      own = await ownProducts(deps, caller);
      return (await goingWith(deps, own, limit)).cards;
    });
    return { own, items };
  } catch (error) {
    deps.log[levelOf(error)]('nothing personal can be recommended', { error });
    return { own, items: null };
  }
}

function recommended({ metrics }: Deps, answer: Recommendations): Recommended {
  if (!answer.degraded) return { answer, degradation: null };
  const degradation = degradationTo(answer);
  metrics.count('degraded_answers_total', degradation);
  return { answer, degradation };
}

/** Beside a product, as ready bytes. Reading it @throws {AppError} `product_not_found` */
export function besideRead(
  deps: Deps,
  id: ProductId,
  { limit = DEFAULT_PAGE_SIZE }: RecommendationsQuery,
): CachedRead {
  const without = new Set([id]);
  const best = async (): Promise<Chosen> => {
    const { place, cards, goodUntil } = await deps.recommendations.run(async () => {
      const found = await placeOf(deps, id);
      if (found === undefined) throw new AppError('product_not_found');
      return { place: found, ...(await goingWith(deps, [id], limit)) };
    });
    if (cards.length > 0) {
      return { answer: { items: [...cards], source: 'together', degraded: false }, goodUntil };
    }
    const plain = await plainer(deps, { category: place.category, without, limit });
    if (plain.answer.degraded) throw new AppError('unavailable');
    return plain;
  };
  const standIn: StandIn = async () => {
    const place = await findPlace(deps, id);
    const plain = await plainer(deps, { category: place?.category, without, limit });
    const body = Buffer.from(JSON.stringify({ ...plain.answer, degraded: true }));
    const answer: Answer = { body, etag: '', tags: CACHE_TAGS.lists };
    return { answer, source: degradationTo(plain.answer).source };
  };
  const read = listRead(deps.lists, listKey('recommendations', { id, limit }), async () => {
    const { answer, goodUntil } = await best();
    return { value: answer, tags: CACHE_TAGS.lists, goodUntil };
  });
  return withStandIns(deps, read, { feature: 'recommendations', standIns: [standIn] });
}

function degradationTo({ items, source }: Recommendations): Degradation {
  const isCategory = source === 'trending_category';
  const from = items.length === 0 ? 'nothing' : isCategory ? 'trending_category' : 'trending';
  return { feature: 'recommendations', source: from };
}

/** The newest first. */
async function ownProducts(deps: Deps, caller: Caller): Promise<ProductId[]> {
  return deps.ownWrites.read(caller, async (db) => {
    const inCart = await productsInCartOf(db, caller, MAX_OWN_PRODUCTS);
    if (caller.kind !== 'user') return inCart;
    const [bought, seen] = await Promise.all([
      productsBoughtBy(db, caller.userId, MAX_OWN_PRODUCTS),
      productsSeenBy(db, caller.userId, MAX_OWN_PRODUCTS),
    ]);
    return [...new Set([...inCart, ...bought, ...seen])].slice(0, MAX_OWN_PRODUCTS);
  });
}

/** On sale, in stock, and none of the products themselves. */
async function goingWith(deps: Deps, ids: readonly ProductId[], limit: number): Promise<PricedCards> {
  if (ids.length === 0) return { cards: [], goodUntil: null };
  const pairs = await deps.readers.general((db) => store.findPairs(db, ids));
  const candidates = rank(pairs, new Set(ids)).slice(0, MAX_CANDIDATES);
  const { cards, goodUntil } = await readCards(deps, candidates);
  return { cards: cards.filter(({ available }) => available).slice(0, limit), goodUntil };
}

/** Undefined where there is no such product on sale. */
function placeOf(deps: Deps, id: ProductId) {
  return deps.readers.general((db) => store.findPlace(db, id), { accept: (place) => place !== undefined });
}

/** As {@link placeOf}; null where that is not known in time. */
async function findPlace(deps: Deps, id: ProductId) {
  const place = placeOf(deps, id).catch(() => null);
  return withDeadline(place, POLICIES.recommendations.timeoutMs, () => null);
}

interface Plainer {
  readonly category: string | null | undefined;
  readonly without: ReadonlySet<string>;
  readonly limit: number;
}

/** What is recommended, and until when its prices are right. */
interface Chosen {
  readonly answer: Recommendations;
  readonly goodUntil: number | null;
}

/** What is trending in the category, or at all. Never fails: at worst it is nothing. */
async function plainer(deps: Deps, { category, without, limit }: Plainer): Promise<Chosen> {
  const choose = (trending: TrendingCards | null) =>
    (trending?.cards ?? []).filter(({ id }) => !without.has(id)).slice(0, limit);
  const isBad = (trending: TrendingCards | null) => trending === null || trending.isLastGood;
  const near = category ? await trendingCards(deps, category).catch(() => null) : undefined;
  if (near !== undefined) {
    const items = choose(near);
    if (items.length > 0) {
      const answer = { items, source: 'trending_category', degraded: isBad(near) } as const;
      return { answer, goodUntil: near?.goodUntil ?? null };
    }
  }
  const all = await trendingCards(deps).catch(() => null);
  const degraded = isBad(all) || (near !== undefined && isBad(near));
  const goodUntil = soonest([near?.goodUntil ?? null, all?.goodUntil ?? null]);
  return { answer: { items: choose(all), source: 'trending', degraded }, goodUntil };
}
