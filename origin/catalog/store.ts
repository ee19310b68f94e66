/** The catalogue's reading queries. */

import { and, asc, desc, eq, gte, inArray, isNull, lte, ne, type SQL, sql } from 'drizzle-orm';
import { inCategory } from '#db/category-tree.ts';
import type { Database, Queryable } from '#db/client.ts';
import { kept, type Slots } from '#db/kept.ts';
import { attributesOfProduct, hasAttribute } from '#db/product-attributes.ts';
import { categories, productImages, products, variants } from '#db/schema/catalog.ts';
import { categoryMembers } from '#db/schema/category-rules.ts';
import { inventory } from '#db/schema/inventory.ts';
import { productRatings } from '#db/schema/reviews.ts';
import type { ProductId } from '#lib/ids.ts';
import type { ProductSort } from './model.ts';

export interface ProductFilter {
  readonly category?: string;
  readonly minPrice?: number;
  readonly maxPrice?: number;
  readonly attribute?: { readonly key: string; readonly value: string };
}

export interface ListPosition {
  readonly value: number | string;
  readonly id: string;
}

export interface ListQuery extends ProductFilter {
  readonly sort: ProductSort;
  readonly limit: number;
  readonly after?: ListPosition;
}

/** `type`: what a cursor's value is compared as; one past the column's own range is no error. */
const SORTS = {
  newest: { column: products.createdAt, direction: desc, type: 'timestamptz' },
  price: { column: products.priceMinor, direction: asc, type: 'bigint' },
  '-price': { column: products.priceMinor, direction: desc, type: 'bigint' },
  popular: { column: products.popularity, direction: desc, type: 'bigint' },
} as const;

const onSale = isNull(products.withdrawnAt);
/** Drafts and what is scheduled with it: for those whose it is. */
export const notOver = ne(products.status, 'withdrawn');

/** Drizzle leaves the table's name off in a query without joins, where a subquery would then see its own id. */
const productId = sql`${products}.${sql.identifier(products.id.name)}`;

const inStock = sql<boolean>`exists (
  select 1 from ${variants} v join ${inventory} i on i.variant_id = v.id
   where v.product_id = ${productId} and v.withdrawn_at is null and i.on_hand > i.reserved)`;

const firstImage = sql<{ url: string; alt: string } | null>`(
  select json_build_object('url', image.url, 'alt', image.alt) from ${productImages} image
   where image.product_id = ${productId} order by image.position limit 1)`;

const allImages = sql<{ url: string; alt: string }[]>`(
  select coalesce(json_agg(json_build_object('url', image.url, 'alt', image.alt) order by image.position), '[]')
    from ${productImages} image where image.product_id = ${productId})`;

const offers = sql<VariantRow[]>`(
  select coalesce(json_agg(json_build_object(
           'id', v.id, 'sku', v.sku, 'barcode', v.barcode, 'optionValues', v.option_values, 'grams', v.grams,
           'priceMinor', v.price_minor, 'compareAtMinor', v.compare_at_minor,
           'available', coalesce(i.on_hand > i.reserved, false))
           order by v.position, v.id), '[]')
    from ${variants} v left join ${inventory} i on i.variant_id = v.id
   where v.product_id = ${productId} and v.withdrawn_at is null)`;

/** How many gave each number of stars, one star first; null where nobody has said anything. */
const ratings = sql<readonly number[] | null>`(
  select to_json(rated.counts) from ${productRatings} rated where rated.product_id = ${productId})`;

const ownColumns = {
  id: products.id,
  slug: products.slug,
  name: products.name,
  vendor: products.vendor,
  currency: products.currency,
  priceMinor: products.priceMinor,
  compareAtMinor: products.compareAtMinor,
  version: products.version,
  ratings,
};

const cardColumns = {
  ...ownColumns,
  popularity: products.popularity,
  createdAt: products.createdAt,
  available: inStock,
  image: firstImage,
};

export type CardRow = Awaited<ReturnType<typeof listCards>>[number];

export async function listCards(db: Queryable, { sort, limit, after, ...filter }: ListQuery) {
  const { column, direction } = SORTS[sort];
  const condition = and(onSale, ...filterConditions(filter), after && beyond(sort, after));
  const { category } = filter;
  return db
    .select(cardColumns)
    .from(products)
    .where(category === undefined ? condition : inPageOf(category, { condition, sort, limit }))
    .orderBy(direction(column), direction(products.id))
    .limit(limit);
}

interface PageOf {
  readonly condition: SQL | undefined;
  readonly sort: ProductSort;
  readonly limit: number;
}

/**
 * The first so many of a category, out of the first of those that were put into it by hand and the first of those that a
 * rule has taken in: each half is read by an index of its own, where one condition with an `or` would have neither.
 */
function inPageOf(category: string, { condition, sort, limit }: PageOf): SQL {
  const { column, direction } = SORTS[sort];
  const order = sql`${direction(sql.raw('key'))}, ${direction(sql.raw('id'))}`;
  const half = (from: SQL, of: SQL) => sql`
    (select ${products}.id, ${column} as key from ${from} where ${and(condition, of)} order by ${order} limit ${limit})`;
  const byHand = half(sql`${products}`, inCategory(products.categoryId, category));
  const byRule = half(
    sql`${categoryMembers} join ${products} on ${products}.id = ${categoryMembers.productId}`,
    inCategory(categoryMembers.categoryId, category),
  );
  return sql`${products}.id in (
    select id from (${byHand} union ${byRule} order by ${order} limit ${limit}) page)`;
}

function filterConditions({ minPrice, maxPrice, attribute }: ProductFilter): (SQL | undefined)[] {
  return [
    attribute && hasAttribute(attribute),
    minPrice === undefined ? undefined : gte(products.priceMinor, sql`${minPrice}`),
    maxPrice === undefined ? undefined : lte(products.priceMinor, sql`${maxPrice}`),
  ];
}

function beyond(sort: ProductSort, { value, id }: ListPosition): SQL {
  const { column, direction, type } = SORTS[sort];
  const row = sql`(${column}, ${products.id})`;
  const last = sql`(${value}::${sql.raw(type)}, ${id}::uuid)`;
  return direction === asc ? sql`${row} > ${last}` : sql`${row} < ${last}`;
}

export async function cardsById(db: Queryable, ids: readonly ProductId[]) {
  return cards(db, and(onSale, inArray(products.id, [...ids])));
}

/** On sale or not. */
export async function anyCards(db: Queryable, ids: readonly ProductId[]) {
  return cards(db, inArray(products.id, [...ids]));
}

async function cards(db: Queryable, which: SQL | undefined) {
  return db.select(cardColumns).from(products).where(which);
}

export type ProductRow = NonNullable<Awaited<ReturnType<typeof findProduct>>>;
export type VariantRow = Awaited<ReturnType<typeof findVariants>>[number];

/** A product on sale, by slug or id; an id has the form of a slug too, so the caller says which it is. */
export async function findProduct(db: Queryable, by: { readonly id: ProductId } | { readonly slug: string }) {
  const [product] = await ('id' in by ? PRODUCT_BY_ID(db, by) : PRODUCT_BY_SLUG(db, by));
  return product;
}

const PRODUCT_BY_ID = kept((db, { id }: Slots<{ id: ProductId }>) =>
  selectProduct(db, and(onSale, eq(products.id, id))),
);
const PRODUCT_BY_SLUG = kept((db, { slug }: Slots<{ slug: string }>) =>
  selectProduct(db, and(onSale, eq(products.slug, slug))),
);
const OWN_PRODUCT = kept((db, { id }: Slots<{ id: ProductId }>) =>
  selectProduct(db, and(notOver, eq(products.id, id))),
);

/** On sale or not yet, for whoever has just changed it. */
export async function findOwn(db: Queryable, id: ProductId): Promise<ProductRow | undefined> {
  const [product] = await OWN_PRODUCT(db, { id });
  return product;
}

/** All of a product in one statement: a read that misses every cache waits for Postgres once. */
function selectProduct(db: Database, match: SQL | undefined) {
  return db
    .select({
      ...ownColumns,
      descriptionHtml: products.descriptionHtml,
      tags: products.tags,
      optionNames: products.optionNames,
      category: { id: categories.id, slug: categories.slug, name: categories.name },
      variants: offers,
      attributes: attributesOfProduct,
      images: allImages,
    })
    .from(products)
    .leftJoin(categories, eq(categories.id, products.categoryId))
    .where(match);
}

export async function findVariants(db: Queryable, productId: ProductId) {
  return db
    .select({
      id: variants.id,
      sku: variants.sku,
      barcode: variants.barcode,
      optionValues: variants.optionValues,
      grams: variants.grams,
      priceMinor: variants.priceMinor,
      compareAtMinor: variants.compareAtMinor,
      available: sql<boolean>`coalesce(${inventory.onHand} > ${inventory.reserved}, false)`,
    })
    .from(variants)
    .leftJoin(inventory, eq(inventory.variantId, variants.id))
    .where(and(eq(variants.productId, productId), isNull(variants.withdrawnAt)))
    .orderBy(asc(variants.position), asc(variants.id));
}

export type CategoryRow = Awaited<ReturnType<typeof listCategories>>[number];

export async function listCategories(db: Queryable) {
  return db.select().from(categories).orderBy(asc(categories.position), asc(categories.name));
}

export async function findCategory(db: Queryable, slug: string) {
  const [category] = await db.select().from(categories).where(eq(categories.slug, slug));
  return category;
}
