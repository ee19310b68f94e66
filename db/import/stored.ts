/** What the shop knows of products, read for a batch at a time. */

import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Queryable } from '#db/client.ts';
import { productImages, products, variants } from '#db/schema/catalog.ts';
import { inventory } from '#db/schema/inventory.ts';

export type ProductRow = typeof products.$inferSelect;
export type VariantRow = typeof variants.$inferSelect;
export type ImageRow = typeof productImages.$inferSelect;
export type StockRow = typeof inventory.$inferSelect;

export interface StoredProduct {
  readonly product: ProductRow;
  readonly variants: readonly VariantRow[];
  readonly images: readonly ImageRow[];
}

/** With `lock`, nobody else changes the products until the transaction ends. */
export async function loadProducts(
  db: Queryable,
  slugs: readonly string[],
  lock: boolean,
): Promise<Map<string, StoredProduct>> {
  const query = db
    .select()
    .from(products)
    .where(inArray(products.slug, [...slugs]))
    .orderBy(products.id);
  const found = await (lock ? query.for('update') : query);
  if (found.length === 0) return new Map();
  const ids = found.map((product) => product.id);
  const variantRows = await db
    .select()
    .from(variants)
    .where(inArray(variants.productId, ids))
    .orderBy(variants.position, variants.id);
  const imageRows = await db
    .select()
    .from(productImages)
    .where(inArray(productImages.productId, ids))
    .orderBy(productImages.position);
  const variantsOf = Map.groupBy(variantRows, (variant) => variant.productId);
  const imagesOf = Map.groupBy(imageRows, (image) => image.productId);
  return new Map(
    found.map((product) => [
      product.slug,
      { product, variants: variantsOf.get(product.id) ?? [], images: imagesOf.get(product.id) ?? [] },
    ]),
  );
}

/** In the order that checkout locks stock in, so that neither waits for the other in a circle. */
export async function loadStock(
  db: Queryable,
  ids: readonly VariantRow['id'][],
  lock: boolean,
): Promise<Map<VariantRow['id'], StockRow>> {
  if (ids.length === 0) return new Map();
  const query = db
    .select()
    .from(inventory)
    .where(inArray(inventory.variantId, [...ids]))
    .orderBy(inventory.variantId);
  const rows = await (lock ? query.for('update') : query);
  return new Map(rows.map((row) => [row.variantId, row]));
}

/** The products whose variants on sale hold these SKUs. */
export async function loadSkuOwners(db: Queryable, skus: readonly string[]): Promise<Map<string, string>> {
  if (skus.length === 0) return new Map();
  const rows = await db
    .select({ sku: sql<string>`${variants.sku}`, slug: products.slug })
    .from(variants)
    .innerJoin(products, eq(products.id, variants.productId))
    .where(and(inArray(variants.sku, [...skus]), isNull(variants.withdrawnAt)));
  return new Map(rows.map(({ sku, slug }) => [sku, slug]));
}
