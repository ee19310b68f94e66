/** What stands beside a product's row, and is written with it: variants, pictures, related products. */

import { and, asc, eq, inArray, ne } from 'drizzle-orm';
import type { ProductId, VariantId } from '#lib/ids.ts';
import type { Queryable, Transaction } from './client.ts';
import { mediaFiles, productImages, products, variants } from './schema/catalog.ts';
import { relatedProducts } from './schema/related-products.ts';

type VariantUpdate = Partial<
  Pick<
    typeof variants.$inferInsert,
    'sku' | 'barcode' | 'optionValues' | 'grams' | 'requiresShipping' | 'taxable' | 'position'
  >
>;

/** Variants may swap SKUs or options: each leaves the sale for a moment, so that none runs into another. */
export async function updateVariants(
  tx: Transaction,
  changes: ReadonlyMap<VariantId, VariantUpdate>,
  at: Date,
): Promise<void> {
  if (changes.size === 0) return;
  await tx
    .update(variants)
    .set({ withdrawnAt: at })
    .where(inArray(variants.id, [...changes.keys()]));
  for (const [id, change] of changes) {
    await tx
      .update(variants)
      .set({ ...change, withdrawnAt: null })
      .where(eq(variants.id, id));
  }
}

type NewImage = Pick<typeof productImages.$inferInsert, 'id' | 'url' | 'alt' | 'variantId'>;

export async function replaceImages(
  tx: Transaction,
  productId: ProductId,
  images: readonly NewImage[],
): Promise<void> {
  await tx.delete(productImages).where(eq(productImages.productId, productId));
  if (images.length === 0) return;
  await tx
    .insert(productImages)
    .values(images.map((image, index) => ({ ...image, productId, position: index + 1 })));
}

/** Those of the names under which there is no picture. */
export async function missingPictures(tx: Transaction, names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  const rows = await tx
    .select({ name: mediaFiles.name })
    .from(mediaFiles)
    .where(inArray(mediaFiles.name, [...names]));
  return names.filter((name) => rows.every((row) => row.name !== name));
}

/** Of these, the products that are not withdrawn. */
export async function existing(tx: Transaction, ids: readonly ProductId[]): Promise<ProductId[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .select({ id: products.id })
    .from(products)
    .where(and(ne(products.status, 'withdrawn'), inArray(products.id, [...ids])));
  return rows.map(({ id }) => id);
}

export async function replaceRelated(
  tx: Transaction,
  productId: ProductId,
  related: readonly ProductId[],
): Promise<void> {
  await tx.delete(relatedProducts).where(eq(relatedProducts.productId, productId));
  if (related.length === 0) return;
  await tx
    .insert(relatedProducts)
    .values(related.map((relatedId, index) => ({ productId, relatedId, position: index + 1 })));
}

/** In the seller's order. Whether they are on sale is for whoever reads them. */
export async function relatedIds(db: Queryable, productId: ProductId): Promise<ProductId[]> {
  const rows = await db
    .select({ id: relatedProducts.relatedId })
    .from(relatedProducts)
    .where(eq(relatedProducts.productId, productId))
    .orderBy(asc(relatedProducts.position));
  return rows.map(({ id }) => id);
}
