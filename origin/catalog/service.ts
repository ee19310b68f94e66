/** Reading the catalogue. What changes it has a file for each verb beside this one. */

import type { ProductId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import type { CategoryNode, ProductCard, ProductListQuery, ProductPage, ProductSort } from './model.ts';
import { buildAnswer, toCard } from './product-answer.ts';
import type { CacheOutcome, ProductAnswer } from './product-cache.ts';
import * as store from './store.ts';

export { changeProduct, touchProductsOf, versionedProduct } from './change-product.ts';
export { createProduct } from './create-product.ts';
export { filterQuery, ProductPage } from './model.ts';
export { withdrawProduct } from './withdraw-product.ts';

/** A product's answer as ready bytes, and which tier it came from. @throws {AppError} `product_not_found` */
export async function readProduct(
  deps: Deps,
  slugOrId: string,
): Promise<{ readonly answer: ProductAnswer; readonly from: CacheOutcome }> {
  const { answer, from } = await deps.products.read(slugOrId, () => buildAnswer(deps, slugOrId));
  if (answer === null) throw new AppError('product_not_found');
  return { answer, from };
}

/** @throws {AppError} `invalid_input` for an unknown category or a cursor of another list or order */
export async function listProducts(deps: Deps, query: ProductListQuery): Promise<ProductPage> {
  const { cursor, limit = DEFAULT_PAGE_SIZE, sort = 'newest', ...filter } = query;
  const after = cursor === undefined ? {} : { after: positionOf(cursor, sort) };
  await requireCategory(deps, filter.category);
  const rows = await store.listCards(deps.db, { ...filter, sort, limit: limit + 1, ...after });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const nextCursor =
    rows.length > limit && last ? encodeCursor([sortValue(last, sort), last.id, sort]) : null;
  return { items: items.map(toCard), nextCursor };
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
  const category = await store.findCategory(deps.db, slug);
  if (category === undefined) {
    const message = 'is not the slug of a category';
    throw new AppError('invalid_input', { errors: [{ path: 'query/category', message }] });
  }
}

/** Cards in the order of the ids; what has been withdrawn meanwhile is left out. */
export async function readCards(deps: Deps, ids: readonly ProductId[]): Promise<ProductCard[]> {
  if (ids.length === 0) return [];
  const rows = await store.cardsById(deps.db, ids);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => {
    const row = byId.get(id);
    return row === undefined ? [] : [toCard(row)];
  });
}

export async function readCategories(deps: Deps): Promise<CategoryNode[]> {
  const rows = await store.listCategories(deps.db);
  const childrenOf = Map.groupBy(rows, (row) => row.parentId);
  const branch = (parentId: store.CategoryRow['parentId']): CategoryNode[] =>
    (childrenOf.get(parentId) ?? []).map(({ id, slug, name }) => ({ id, slug, name, children: branch(id) }));
  return branch(null);
}

export interface MediaFile {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** @throws {AppError} `not_found` */
export async function readMedia(deps: Deps, name: string): Promise<MediaFile> {
  const file = await store.findMedia(deps.db, name);
  if (file === undefined) throw new AppError('not_found');
  return file;
}

/** A product that was just changed, past every cache. @throws {AppError} `product_not_found` */
export async function readWritten(deps: Deps, id: string): Promise<ProductAnswer> {
  const answer = await buildAnswer(deps, id);
  if (answer === null) throw new AppError('product_not_found');
  return answer;
}

/** From now on, hears of changed products from every process and drops their answers here. */
export function dropChangedProducts({ bus, products, log }: Deps): void {
  bus.watch('product.*', ({ name, data }) => {
    if (!('productId' in data)) return;
    products
      .invalidate(data)
      .catch((error: unknown) => log.error('a product was not dropped', { event: name, error }));
  });
}
