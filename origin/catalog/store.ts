/** The catalogue's reading queries. */

import {
  and,
  asc,
  desc,
  eq,
  gte,
  inArray,
  isNull,
  lte,
  ne,
  type SQL,
  type SQLWrapper,
  sql,
} from 'drizzle-orm';
import { inCategory } from '#db/category-tree.ts';
import type { Database, Queryable } from '#db/client.ts';
import { cardOffer, type Shown, type ShownSql, shownSql, variantOffers } from '#db/guest-price.ts';
import { asIn, kept, type Slots } from '#db/kept.ts';
import { attributesOfProduct, hasAttribute } from '#db/product-attributes.ts';
import { categories, productImages, products, variants } from '#db/schema/catalog.ts';
import { categoryMembers } from '#db/schema/category-rules.ts';
import { inventory } from '#db/schema/inventory.ts';
import { listedPrices, prices } from '#db/schema/pricing.ts';
import { productRatings } from '#db/schema/reviews.ts';
import type { ProductId, VariantId } from '#lib/ids.ts';
import { SHOP_CURRENCY } from '#lib/money.ts';
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

/** What products are priced by in a list: in the shop's currency their own column, in others the table beside them. */
type PriceColumn = typeof products.priceMinor | typeof listedPrices.priceMinor;

/** `type`: what a cursor's value is compared as; one past the column's own range is no error. */
const SORTS = {
  newest: { column: () => products.createdAt, direction: desc, type: 'timestamptz' },
  price: { column: (price: PriceColumn) => price, direction: asc, type: 'bigint' },
  '-price': { column: (price: PriceColumn) => price, direction: desc, type: 'bigint' },
  popular: { column: () => products.popularity, direction: desc, type: 'bigint' },
} as const;

const onSale = isNull(products.withdrawnAt);
/** Drafts and what is scheduled with it: for those whose it is. */
export const notOver = ne(products.status, 'withdrawn');

/** Drizzle leaves the table's name off in a query without joins, where a subquery would then see its own id. */
const productId = sql`${products}.${sql.identifier(products.id.name)}`;

const firstImage = sql<{ url: string; alt: string } | null>`(
  select json_build_object('url', image.url, 'alt', image.alt) from ${productImages} image
   where image.product_id = ${productId} order by image.position limit 1)`;

const allImages = sql<{ url: string; alt: string }[]>`(
  select coalesce(json_agg(json_build_object('url', image.url, 'alt', image.alt) order by image.position), '[]')
    from ${productImages} image where image.product_id = ${productId})`;

/** Of a variant, beside its price and whether it is in stock. */
interface VariantDetails {
  readonly id: VariantId;
  readonly sku: string | null;
  readonly barcode: string | null;
  readonly optionValues: readonly string[];
  readonly grams: number | null;
}

const variantDetails = sql`
  'id', v.id, 'sku', v.sku, 'barcode', v.barcode, 'optionValues', v.option_values, 'grams', v.grams`;

/** How many gave each number of stars, one star first; null where nobody has said anything. */
const ratings = sql<readonly number[] | null>`(
  select to_json(rated.counts) from ${productRatings} rated where rated.product_id = ${productId})`;

const ownColumns = {
  id: products.id,
  slug: products.slug,
  name: products.name,
  vendor: products.vendor,
  version: products.version,
  ratings,
};

const cardColumns = (shown: Shown) => ({
  ...ownColumns,
  popularity: products.popularity,
  createdAt: products.createdAt,
  image: firstImage,
  offer: cardOffer(shownSql(shown)),
});

export type CardRow = Awaited<ReturnType<typeof cards>>[number];

/** With what each is sorted by under `price`. In a currency that is not the shop's, what is sold in it. */
export async function listCards(db: Queryable, query: ListQuery, shown: Shown) {
  const { sort, limit, after, category, ...filter } = query;
  const { direction } = SORTS[sort];
  const isOwn = shown.currency === SHOP_CURRENCY;
  const price = isOwn ? products.priceMinor : listedPrices.priceMinor;
  const columns = { ...cardColumns(shown), listedMinor: sql`${price}`.mapWith(products.priceMinor) };
  const listed = db.select(columns).from(products);
  const inCurrency = and(eq(listedPrices.productId, products.id), eq(listedPrices.currency, shown.currency));
  const condition = and(onSale, ...filterConditions(filter, price), after && beyond(sort, after, price));
  const joined = isOwn ? sql`` : sql` join ${listedPrices} on ${inCurrency}`;
  const page = { condition, joined, key: SORTS[sort].column(price), direction, limit };
  return (isOwn ? listed : listed.innerJoin(listedPrices, inCurrency))
    .where(category === undefined ? condition : inPageOf(category, page))
    .orderBy(direction(SORTS[sort].column(price)), direction(products.id))
    .limit(limit);
}

interface PageOf {
  readonly condition: SQL | undefined;
  /** What the products are joined with. */
  readonly joined: SQL;
  /** What they are sorted by. */
  readonly key: SQLWrapper;
  readonly direction: typeof asc;
  readonly limit: number;
}

/**
 * The first so many of a category, out of the first of those that were put into it by hand and the first of those that a
 * rule has taken in: each half is read by an index of its own, where one condition with an `or` would have neither.
 */
function inPageOf(category: string, { condition, joined, key, direction, limit }: PageOf): SQL {
  const order = sql`${direction(sql.raw('key'))}, ${direction(sql.raw('id'))}`;
  const half = (from: SQL, of: SQL) => sql`
    (select ${products}.id, ${key} as key from ${from}${joined} where ${and(condition, of)} order by ${order} limit ${limit})`;
  const byHand = half(sql`${products}`, inCategory(products.categoryId, category));
  const byRule = half(
    sql`${categoryMembers} join ${products} on ${products}.id = ${categoryMembers.productId}`,
    inCategory(categoryMembers.categoryId, category),
  );
  return sql`${products}.id in (
    select id from (${byHand} union ${byRule} order by ${order} limit ${limit}) page)`;
}

function filterConditions(
  { minPrice, maxPrice, attribute }: Omit<ProductFilter, 'category'>,
  price: PriceColumn,
): (SQL | undefined)[] {
  return [
    attribute && hasAttribute(attribute),
    minPrice === undefined ? undefined : gte(price, sql`${minPrice}`),
    maxPrice === undefined ? undefined : lte(price, sql`${maxPrice}`),
  ];
}

function beyond(sort: ProductSort, { value, id }: ListPosition, price: PriceColumn): SQL {
  const { column, direction, type } = SORTS[sort];
  const row = sql`(${column(price)}, ${products.id})`;
  const last = sql`(${value}::${sql.raw(type)}, ${id}::uuid)`;
  return direction === asc ? sql`${row} > ${last}` : sql`${row} < ${last}`;
}

export async function cardsById(db: Queryable, ids: readonly ProductId[], shown: Shown) {
  return cards(db, and(onSale, inArray(products.id, [...ids])), shown);
}

/** On sale or not. */
export async function anyCards(db: Queryable, ids: readonly ProductId[], shown: Shown) {
  return cards(db, inArray(products.id, [...ids]), shown);
}

async function cards(db: Queryable, which: SQL | undefined, shown: Shown) {
  const columns = { ...cardColumns(shown), listedMinor: products.priceMinor };
  return db.select(columns).from(products).where(which);
}

export type ProductRow = NonNullable<Awaited<ReturnType<typeof findProduct>>>;

type ById = Shown & { readonly id: ProductId };
type BySlug = Shown & { readonly slug: string };

/** A product on sale, by slug or id; an id has the form of a slug too, so the caller says which it is. */
export async function findProduct(db: Queryable, by: ById | BySlug) {
  const [product] = await ('id' in by ? PRODUCT_BY_ID(db, by) : PRODUCT_BY_SLUG(db, by));
  return product;
}

const PRODUCT_BY_ID = kept((db, slots: Slots<ById>) =>
  selectProduct(db, and(onSale, eq(products.id, slots.id)), inSlots(slots)),
);
const PRODUCT_BY_SLUG = kept((db, slots: Slots<BySlug>) =>
  selectProduct(db, and(onSale, eq(products.slug, slots.slug)), inSlots(slots)),
);
const OWN_PRODUCT = kept((db, slots: Slots<ById>) =>
  selectProduct(db, and(notOver, eq(products.id, slots.id)), inSlots(slots)),
);

function inSlots({ currency, at }: Slots<Shown>): ShownSql {
  return { currency: sql`${currency}`, at: asIn(prices.validFrom, at) };
}

/** On sale or not yet, for whoever has just changed it. */
export async function findOwn(db: Queryable, by: ById): Promise<ProductRow | undefined> {
  const [product] = await OWN_PRODUCT(db, by);
  return product;
}

/** All of a product in one statement: a read that misses every cache waits for Postgres once. */
function selectProduct(db: Database, match: SQL | undefined, shown: ShownSql) {
  return db
    .select({
      ...ownColumns,
      descriptionHtml: products.descriptionHtml,
      tags: products.tags,
      optionNames: products.optionNames,
      category: { id: categories.id, slug: categories.slug, name: categories.name },
      offers: variantOffers<VariantDetails>(shown, variantDetails),
      attributes: attributesOfProduct,
      images: allImages,
    })
    .from(products)
    .leftJoin(categories, eq(categories.id, products.categoryId))
    .where(match);
}

export type VariantRow = Awaited<ReturnType<typeof findVariants>>[number];

/** With their own prices, which count where no price list says otherwise. */
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
