/** The queries of variants that come and go. */

import { eq, sql } from 'drizzle-orm';
import type { Transaction } from '#db/client.ts';
import { productImages, variants } from '#db/schema/catalog.ts';
import type { VariantId } from '#lib/ids.ts';

export async function insertVariant(
  tx: Transaction,
  variant: Omit<typeof variants.$inferInsert, 'position'>,
): Promise<void> {
  const { productId } = variant;
  const position = sql`(select coalesce(max(position), 0) + 1 from variants where product_id = ${productId})`;
  await tx.insert(variants).values({ ...variant, position });
}

/** Its pictures stay with the product, and are of no variant any more. */
export async function withdrawVariant(tx: Transaction, id: VariantId, at: Date): Promise<void> {
  await tx.update(variants).set({ withdrawnAt: at }).where(eq(variants.id, id));
  await tx.update(productImages).set({ variantId: null }).where(eq(productImages.variantId, id));
}
