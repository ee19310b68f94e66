/** Products that were bought together, without anybody having gone through a checkout. */

import { eq, inArray } from 'drizzle-orm';
import { variants } from '#db/schema/catalog.ts';
import { inventory } from '#db/schema/inventory.ts';
import type { ProductId } from '#lib/ids.ts';
import { learn } from '#origin/recommendations/service.ts';
import { insertProducts, type ProductInput } from './catalogue.ts';
import type { OriginUnderTest } from './origin.ts';

const STOCK = 100;

/** On sale and in stock. Their ids, in the order of the inputs. */
export async function insertStocked(
  shop: OriginUnderTest,
  inputs: readonly ProductInput[],
): Promise<ProductId[]> {
  const ids = await insertProducts(shop, inputs);
  const { db } = shop.deps;
  const rows = await db.select({ id: variants.id }).from(variants).where(inArray(variants.productId, ids));
  await db.insert(inventory).values(rows.map(({ id }) => ({ variantId: id, onHand: STOCK, reserved: 0 })));
  return ids;
}

export async function buyTogether(
  { deps }: OriginUnderTest,
  ids: readonly ProductId[],
  at = new Date(),
): Promise<void> {
  await deps.db.transaction((tx) => learn(tx, ids, at));
  await deps.lists.invalidate();
}

export async function variantOf({ deps }: OriginUnderTest, id: ProductId): Promise<string> {
  const [row] = await deps.db.select({ id: variants.id }).from(variants).where(eq(variants.productId, id));
  if (row === undefined) throw new Error(`product ${id} has no variant`);
  return row.id;
}
