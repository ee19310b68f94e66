/** Reading the catalogue. What changes it has a file for each verb beside this one. */

import type { Queryable } from '#db/client.ts';
import { relatedIds } from '#db/product-parts.ts';
import { findMoved } from '#db/product-slugs.ts';
import { CACHE_TAGS } from '#lib/edge-contract.ts';
import { isUuid, type ProductId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { FencedAnswer } from '#origin/cache/answer.ts';
import { listKey, listRead } from '#origin/cache/list-cache.ts';
import type { CachedRead } from '#origin/cache/tiered-cache.ts';
import type { CategoryNode } from '#origin/categories/service.ts';
import type { Deps } from '#origin/deps.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import type { MovedProduct, ProductCard, ProductListQuery, ProductPage, ProductSort } from './model.ts';
import { buildAnswer, buildOwnAnswer, toCard } from './product-answer.ts';
import * as store from './store.ts';

export { IfMatch, MAX_VARIANTS, NewVariant, ProductChange } from './change-model.ts';
export type { VersionedProduct } from './change-product.ts';
export {
  CHANGE_FAILURES,
  changeOwnProduct,
  changeProduct,
  touchProduct,
  touchProductsOf,
  versionedProduct,
} from './change-product.ts';
export { createProduct, offerOf } from './create-product.ts';
export { dropAnswers, followChanges } from './freshness.ts';
export { filterQuery, Product, ProductCard, ProductPage, ProductParams, Rating } from './model.ts';
export { checkOptions } from './product-rules.ts';
export { publishDue } from './publish-due.ts';
export { ratingOf } from './rating.ts';
export { findVariants } from './store.ts';
export { withdrawProduct } from './withdraw-product.ts';

/** A product as ready bytes; null when there is no such product. */
export function productRead(deps: Deps, slugOrId: string): CachedRead {
  const load = () => loadProduct(deps, slugOrId);
  return {
    peek: () => deps.products.peek(slugOrId, load),
    read: () => deps.products.read(slugOrId, load),
  };
}

/** From a replica, unless that is behind what is known here of the product, or knows of none. */
function loadProduct({ products, readers }: Deps, slugOrId: string): Promise<FencedAnswer | null> {
  return readers.general((db) => buildAnswer(db, slugOrId), {
    accept: (answer) => answer !== null && answer.version >= products.floorOf(answer.fence),
  });
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
export function productListRead(deps: Deps, query: ProductListQuery): CachedRead {
  return listRead(deps.lists, listKey('products', query), async () => ({
    value: await listProducts(deps, query),
    tags: CACHE_TAGS.lists,
  }));
}

/** @throws {AppError} `invalid_input` for an unknown category or a cursor of another list or order */
export async function listProducts(deps: Deps, query: ProductListQuery): Promise<ProductPage> {
  const { cursor, limit = DEFAULT_PAGE_SIZE, sort = 'newest', attribute, ...filter } = query;
  const after = cursor === undefined ? {} : { after: positionOf(cursor, sort) };
  await requireCategory(deps, filter.category);
  const rows = await readFreshly(deps, (db) =>
    store.listCards(db, { ...filter, ...attributeOf(attribute), sort, limit: limit + 1, ...after }),
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const nextCursor =
    rows.length > limit && last ? encodeCursor([sortValue(last, sort), last.id, sort]) : null;
  return { items: items.map(toCard), nextCursor };
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
      return row.priceMinor;
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

/** Cards in the order of the ids; what has been withdrawn meanwhile is left out. */
export async function readCards(deps: Deps, ids: readonly ProductId[]): Promise<ProductCard[]> {
  if (ids.length === 0) return [];
  const rows = await readFreshly(deps, (db) => store.cardsById(db, ids));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    return row === undefined ? [] : [toCard(row)];
  });
}

/** Cards by their ids, of products on sale or not. */
export async function cardsOfAny(
  db: Queryable,
  ids: readonly ProductId[],
): Promise<ReadonlyMap<ProductId, ProductCard>> {
  const rows = ids.length === 0 ? [] : await store.anyCards(db, ids);
  return new Map(rows.map((row) => [row.id, toCard(row)]));
}

/** What its seller has put beside a product, as far as it is on sale. */
export function relatedRead(deps: Deps, id: ProductId): CachedRead {
  return listRead(deps.lists, listKey('related', { id }), async () => {
    const ids = await readFreshly(deps, (db) => relatedIds(db, id));
    return { value: { items: await readCards(deps, ids) }, tags: CACHE_TAGS.lists };
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
  const answer = await buildOwnAnswer(deps.db, id as ProductId);
  if (answer === null) throw new AppError('product_not_found');
  return answer;
}
