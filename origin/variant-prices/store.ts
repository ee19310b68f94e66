/** Whose a variant is. */

import { and, eq, isNull, ne } from 'drizzle-orm';
import type { Queryable } from '#db/client.ts';
import { products, variants } from '#db/schema/catalog.ts';
import type { ProductId, VariantId } from '#lib/ids.ts';

export interface VariantName {
  readonly productId: ProductId;
  readonly variantId: VariantId;
}

/** Of a product that is not over; undefined where there is none. */
export async function findSeller(db: Queryable, productId: ProductId) {
  const [product] = await db
    .select({ sellerId: products.sellerId })
    .from(products)
    .where(and(eq(products.id, productId), ne(products.status, 'withdrawn')));
  return product;
}

export async function isOnSale(db: Queryable, { productId, variantId }: VariantName): Promise<boolean> {
  const isIt = and(
    eq(variants.id, variantId),
    eq(variants.productId, productId),
    isNull(variants.withdrawnAt),
  );
  return (await db.$count(variants, isIt)) > 0;
}
