/** Reading the catalogue. What changes it has a file for each verb beside this one. */

import type { Queryable } from '#db/client.ts';
import type { Shown } from '#db/guest-price.ts';
import { relatedIds } from '#db/product-parts.ts';
import { findMoved } from '#db/product-slugs.ts';
import { CACHE_TAGS } from '#lib/edge-contract.ts';
import { isUuid, type ProductId } from '#lib/ids.ts';
import { type Currency, SHOP_CURRENCY } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import type { FencedAnswer } from '#origin/cache/answer.ts';
import { listKey, listRead } from '#origin/cache/list-cache.ts';
import type { CachedRead } from '#origin/cache/tiered-cache.ts';
import type { CategoryNode } from '#origin/categories/service.ts';
import type { Deps } from '#origin/deps.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import { keyOf, type Priced, whileSold } from './currency.ts';
import type { MovedProduct, ProductCard, ProductListQuery, ProductPage, ProductSort } from './model.ts';
import { buildAnswer, buildOwnAnswer, inCurrency, type PricedCards, toCards } from './product-answer.ts';
import { productKey } from './product-cache.ts';
import * as store from './store.ts';

export { IfMatch, MAX_VARIANTS, NewVariant, ProductChange } from './change-model.ts';
export type { VersionedProduct } from './change-product.ts';
export {
  CHANGE_FAILURES,
  changeOwnProduct,
  changeProduct,
  lockOwn,
  touchProduct,
  touchProductsOf,
  versionedProduct,
} from './change-product.ts';
export { createProduct, offerOf } from './create-product.ts';
export { keyOf, type Priced, pricedIn, whileSold } from './currency.ts';
export { dropAnswers, followChanges } from './freshness.ts';
export { filterQuery, Product, ProductCard, ProductPage, ProductParams, Rating } from './model.ts';
export { inCurrency, type PricedCards, soonest } from './product-answer.ts';
export { checkOptions } from './product-rules.ts';
export { publishDue } from './publish-due.ts';
export { ratingOf } from './rating.ts';
export { mendPrices, repriceDue, repriceProduct } from './reprice.ts';
export { findVariants } from './store.ts';
export { withdrawProduct } from './withdraw-product.ts';

/** A product as ready bytes; null when there is no such product, or it is not sold in the currency. */
export function productRead(deps: Deps, slugOrId: string, currency: Currency): CachedRead {
  const key = productKey(slugOrId, currency);
  const load = () => loadProduct(deps, slugOrId, currency);
  return whileSold(deps, currency, {
    peek: () => deps.products.peek(key, load),
    read: () => deps.products.read(key, load),
  });
}

/** From a replica, unless that is behind what is known here of the product, or knows of none. */
function loadProduct(deps: Deps, slugOrId: string, currency: Currency): Promise<FencedAnswer | null> {
  const shown = shownNow(deps, currency);
  return deps.readers.general((db) => buildAnswer(db, slugOrId, shown), {
    accept: (answer) => answer !== null && answer.version >= deps.products.floorOf(answer.fence),
  });
}

function shownNow({ clock }: Deps, currency: Currency): Shown {
  return { currency, at: clock.now() };
}

/**
 * A list says what every change so far has left: it is read from a replica that shows them all. While the
 * primary is away, any replica will do.
 */
async function readFreshly<T>(
  { readers, latestPosition }: Deps,
  read: (db: Queryable) => Promise<T>,
): Promise<T> {
  return readers.general(read, { atLeast: await latestPosition() });
}

/**
 * A page of products as ready bytes. Reading it
 * @throws {AppError} `invalid_input` for an unknown category or a cursor of another list or order
 */
export function productListRead(deps: Deps, { query, currency }: Priced<ProductListQuery>): CachedRead {
  const read = listRead(deps.lists, listKey('products', { ...query, ...keyOf(currency) }), async () => {
    const { page, goodUntil } = await listProducts(deps, query, currency);
    return { value: page, tags: inCurrency(CACHE_TAGS.lists, currency), goodUntil };
  });
  return whileSold(deps, currency, read);
}

/** A page, and until when its prices are right. */
export interface PricedPage {
  readonly page: ProductPage;
  readonly goodUntil: number | null;
}

/**
 * In a currency that is not the shop's a page may be short: of what is sold in it as its price begins or ends.
 * @throws {AppError} `invalid_input` for an unknown category or a cursor of another list or order
 */
export async function listProducts(
  deps: Deps,
  query: Omit<ProductListQuery, 'currency'>,
  currency: Currency = SHOP_CURRENCY,
): Promise<PricedPage> {
  const { cursor, limit = DEFAULT_PAGE_SIZE, sort = 'newest', attribute, ...filter } = query;
  const after = cursor === undefined ? {} : { after: positionOf(cursor, sort) };
  await requireCategory(deps, filter.category);
  const listed = { ...filter, ...attributeOf(attribute), sort, limit: limit + 1, ...after };
  const shown = shownNow(deps, currency);
  const rows = await readFreshly(deps, (db) => store.listCards(db, listed, shown));
  const onPage = rows.slice(0, limit);
  const last = onPage.at(-1);
  const nextCursor =
    rows.length > limit && last ? encodeCursor([sortValue(last, sort), last.id, sort]) : null;
  const { cards, goodUntil } = toCards(onPage, currency);
  return { page: { items: [...cards], nextCursor }, goodUntil };
}

/** `key:value`, as the schema of the query has it. */
function attributeOf(text: string | undefined): Pick<store.ProductFilter, 'attribute'> {
  if (text === undefined) return {};
  const end = text.indexOf(':');
  return { attribute: { key: text.slice(0, end), value: text.slice(end + 1) } };
}

function positionOf(cursor: string, sort: ProductSort): store.ListPosition {
  const [value, id] = decodeCursor(cursor, sort === 'newest' ? 'instant' : 'integer', 'uuid', sort);
  return { value, id };
}

function sortValue(row: store.CardRow, sort: ProductSort): string | number {
  switch (sort) {
    case 'newest':
      return row.createdAt.toISOString();
    case 'price':
    case '-price':
      return row.listedMinor;
    case 'popular':
      return row.popularity;
  }
}

/** A filter by a category that does not exist is a mistake worth telling, not an empty list. */
export async function requireCategory(deps: Deps, slug: string | undefined): Promise<void> {
  if (slug === undefined) return;
  const category = await deps.readers.general((db) => store.findCategory(db, slug), {
    accept: (found) => found !== undefined,
  });
  if (category === undefined) {
    const message = 'is not the slug of a category';
    throw new AppError('invalid_input', { errors: [{ path: 'query/category', message }] });
  }
}

/** Cards in the order of the ids; what has been withdrawn meanwhile, or is not sold in the currency, is left out. */
export async function readCards(
  deps: Deps,
  ids: readonly ProductId[],
  currency: Currency = SHOP_CURRENCY,
): Promise<PricedCards> {
  if (ids.length === 0) return { cards: [], goodUntil: null };
  const shown = shownNow(deps, currency);
  const rows = await readFreshly(deps, (db) => store.cardsById(db, ids, shown));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return toCards(
    ids.flatMap((id) => byId.get(id) ?? []),
    currency,
  );
}

/** Cards by their ids, of products on sale or not. */
export async function cardsOfAny(
  db: Queryable,
  ids: readonly ProductId[],
  at: Date,
): Promise<ReadonlyMap<ProductId, ProductCard>> {
  const rows = ids.length === 0 ? [] : await store.anyCards(db, ids, { currency: SHOP_CURRENCY, at });
  const { cards } = toCards(rows, SHOP_CURRENCY);
  return new Map(cards.map((card) => [card.id as ProductId, card]));
}

/** What its seller has put beside a product, as far as it is on sale. */
export function relatedRead(deps: Deps, id: ProductId): CachedRead {
  return listRead(deps.lists, listKey('related', { id }), async () => {
    const ids = await readFreshly(deps, (db) => relatedIds(db, id));
    const { cards, goodUntil } = await readCards(deps, ids);
    return { value: { items: cards }, tags: CACHE_TAGS.lists, goodUntil };
  });
}

export async function readCategories(deps: Deps): Promise<CategoryNode[]> {
  const rows = await readFreshly(deps, (db) => store.listCategories(db));
  const childrenOf = Map.groupBy(rows, (row) => row.parentId);
  const branch = (parentId: store.CategoryRow['parentId']): CategoryNode[] =>
    (childrenOf.get(parentId) ?? []).map(({ id, slug, name }) => ({ id, slug, name, children: branch(id) }));
  return branch(null);
}

/** The product that had this slug before, as it is called now; null where there is none on sale. */
export async function movedFrom(deps: Deps, slug: string): Promise<MovedProduct | null> {
  if (isUuid(slug)) return null;
  const moved = await deps.readers.general((db) => findMoved(db, slug), {
    accept: (found) => found !== undefined,
  });
  return moved ?? null;
}

/** A product that was just changed, past every cache. @throws {AppError} `product_not_found` */
export async function readWritten(deps: Deps, id: string): Promise<FencedAnswer> {
  const answer = await buildOwnAnswer(deps.db, id as ProductId, shownNow(deps, SHOP_CURRENCY));
  if (answer === null) throw new AppError('product_not_found');
  return answer;
}
