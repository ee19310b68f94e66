/** The queries that change the catalogue. */

import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Transaction } from '#db/client.ts';
import { products, variants } from '#db/schema/catalog.ts';
import { present } from '#lib/assert.ts';
import type { ProductId, VariantId } from '#lib/ids.ts';
import { notOver } from './store.ts';

/** For a change: the row is locked until the transaction ends. Not there once it is withdrawn. */
export async function lockProduct(tx: Transaction, id: ProductId) {
  const [product] = await tx
    .select({
      id: products.id,
      slug: products.slug,
      version: products.version,
      sellerId: products.sellerId,
      categoryId: products.categoryId,
      optionNames: products.optionNames,
      status: products.status,
    })
    .from(products)
    .where(and(notOver, eq(products.id, id)))
    .for('update');
  return product;
}

export async function insertProduct(
  tx: Transaction,
  product: typeof products.$inferInsert,
  offers: readonly (typeof variants.$inferInsert)[],
): Promise<void> {
  await tx.insert(products).values(product);
  await tx.insert(variants).values([...offers]);
}

export type LockedProduct = NonNullable<Awaited<ReturnType<typeof lockProduct>>>;

type VariantPrice = Partial<Pick<typeof variants.$inferInsert, 'priceMinor' | 'compareAtMinor'>>;

/** False when the product has no such variant on sale. */
export async function updateVariantPrice(
  tx: Transaction,
  productId: ProductId,
  variantId: VariantId,
  price: VariantPrice,
): Promise<boolean> {
  const rows = await tx
    .update(variants)
    .set(price)
    .where(and(eq(variants.id, variantId), eq(variants.productId, productId), isNull(variants.withdrawnAt)))
    .returning({ id: variants.id });
  return rows.length === 1;
}

type ProductUpdate = Partial<
  Pick<
    typeof products.$inferInsert,
    | 'name'
    | 'vendor'
    | 'descriptionHtml'
    | 'categoryId'
    | 'tags'
    | 'optionNames'
    | 'priceMinor'
    | 'compareAtMinor'
    | 'priceChangesAt'
    | 'status'
    | 'publishAt'
    | 'withdrawnAt'
    | 'createdAt'
  >
>;

/** Writes the change under the next version, which it returns. */
export async function updateProduct(tx: Transaction, id: ProductId, update: ProductUpdate, at: Date) {
  const [product] = await tx
    .update(products)
    .set({ ...update, updatedAt: at, version: sql`${products.version} + 1` })
    .where(eq(products.id, id))
    .returning({
      id: products.id,
      slug: products.slug,
      version: products.version,
      status: products.status,
    });
  return present(product, `product ${id}`);
}

export async function withdrawVariants(tx: Transaction, productId: ProductId, at: Date): Promise<void> {
  await tx
    .update(variants)
    .set({ withdrawnAt: at })
    .where(and(eq(variants.productId, productId), isNull(variants.withdrawnAt)));
}

/** The products of these variants, locked in the order of their ids. */
export async function productsOfVariants(tx: Transaction, variantIds: readonly VariantId[]) {
  const owners = tx
    .select({ id: variants.productId })
    .from(variants)
    .where(inArray(variants.id, [...variantIds]));
  return tx
    .select({ id: products.id })
    .from(products)
    .where(inArray(products.id, owners))
    .orderBy(asc(products.id))
    .for('update');
}
