/** What an export reads: products with all that a file can hold of them, a batch in one statement. */

import { and, asc, eq, gt, lte, type SQL, sql } from 'drizzle-orm';
import type { Queryable } from '#db/client.ts';
import { categories, productImages, products, variants } from '#db/schema/catalog.ts';
import { inventory } from '#db/schema/inventory.ts';
import type { CategoryId, ProductId, UserId } from '#lib/ids.ts';
import type { Minor } from '#lib/money.ts';

export interface ExportedVariant {
  readonly sku: string | null;
  readonly barcode: string | null;
  readonly optionValues: readonly string[];
  readonly priceMinor: Minor;
  readonly compareAtMinor: Minor | null;
  readonly grams: number | null;
  readonly requiresShipping: boolean;
  readonly taxable: boolean;
  readonly onHand: number;
  /** The first of the product's images that is of this variant. */
  readonly imageUrl: string | null;
}

export interface ExportedImage {
  readonly url: string;
  readonly alt: string;
}

export type ExportedProduct = Awaited<ReturnType<typeof readProducts>>[number];

export interface ExportScope {
  /** Everybody's, if it is not given. */
  readonly sellerId?: UserId;
  /** Those after this one only, in the order of their ids. */
  readonly after?: ProductId;
  /** None after this one. */
  readonly until?: ProductId;
}

const productId = sql`${products}.${sql.identifier(products.id.name)}`;

const offers = sql<ExportedVariant[]>`(
  select coalesce(json_agg(json_build_object(
           'sku', v.sku, 'barcode', v.barcode, 'optionValues', v.option_values, 'priceMinor', v.price_minor,
           'compareAtMinor', v.compare_at_minor, 'grams', v.grams, 'requiresShipping', v.requires_shipping,
           'taxable', v.taxable, 'onHand', coalesce(i.on_hand, 0),
           'imageUrl', (select image.url from ${productImages} image
                         where image.product_id = v.product_id and image.variant_id = v.id
                         order by image.position limit 1))
           order by v.position, v.id), '[]')
    from ${variants} v left join ${inventory} i on i.variant_id = v.id
   where v.product_id = ${productId} and v.withdrawn_at is null)`;

const images = sql<ExportedImage[]>`(
  select coalesce(json_agg(json_build_object('url', image.url, 'alt', image.alt) order by image.position), '[]')
    from ${productImages} image where image.product_id = ${productId})`;

/** Who takes a product off sale for good takes its variants off, too: nothing is left that could come back. */
const hasVariants = sql`exists (
  select 1 from ${variants} v where v.product_id = ${productId} and v.withdrawn_at is null)`;

/** By their ids: the import gives new ones in the order of the file, so that the order comes back, too. */
export async function readProducts(db: Queryable, scope: ExportScope, limit: number) {
  return db
    .select({
      id: products.id,
      slug: products.slug,
      name: products.name,
      vendor: products.vendor,
      descriptionHtml: products.descriptionHtml,
      categoryId: products.categoryId,
      tags: products.tags,
      optionNames: products.optionNames,
      currency: products.currency,
      status: products.status,
      publishAt: products.publishAt,
      variants: offers,
      images,
    })
    .from(products)
    .where(within(scope))
    .orderBy(asc(products.id))
    .limit(limit);
}

/** The last product of a file of so many; undefined where the scope ends before. */
export async function lastOf(
  db: Queryable,
  scope: ExportScope,
  limit: number,
): Promise<ProductId | undefined> {
  const [last, next] = await db
    .select({ id: products.id })
    .from(products)
    .where(within(scope))
    .orderBy(asc(products.id))
    .offset(limit - 1)
    .limit(2);
  return next === undefined ? undefined : last?.id;
}

function within({ sellerId, after, until }: ExportScope): SQL | undefined {
  return and(
    hasVariants,
    sellerId && eq(products.sellerId, sellerId),
    after && gt(products.id, after),
    until && lte(products.id, until),
  );
}

/** Deeper trees are cut off here; it also ends a loop that bad data could make. */
const MAX_DEPTH = 10;

/** The names from the top down to each category. */
export async function readCategoryPaths(db: Queryable): Promise<ReadonlyMap<CategoryId, readonly string[]>> {
  const rows = await db
    .select({ id: categories.id, parentId: categories.parentId, name: categories.name })
    .from(categories);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const pathOf = (id: CategoryId | null, depth: number): string[] => {
    const row = id === null || depth === 0 ? undefined : byId.get(id);
    return row === undefined ? [] : [...pathOf(row.parentId, depth - 1), row.name];
  };
  return new Map(rows.map(({ id }) => [id, pathOf(id, MAX_DEPTH)]));
}
