/** Variants that come to a product and leave it. What they are is changed with the product itself. */

import type { VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import * as catalog from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { receiveStock } from '#origin/inventory/service.ts';
import * as store from './store.ts';

/** Comes last. @throws {AppError} as a change of the product, and `invalid_input`, `variants_full` */
export async function addVariant(
  deps: Deps,
  seller: SignedIn,
  target: catalog.VersionedProduct,
  input: catalog.NewVariant,
): Promise<void> {
  const { stock, ...offer } = catalog.offerOf(input);
  const id = deps.ids.next<VariantId>();
  await catalog.changeOwnProduct(deps, seller, target, async (tx, { id: productId, optionNames }) => {
    const others = await catalog.findVariants(tx, productId);
    if (others.length >= catalog.MAX_VARIANTS) throw new AppError('variants_full');
    const combinations = [...others.map(({ optionValues }) => optionValues), offer.optionValues];
    catalog.checkOptions(optionNames, combinations, () => '/optionValues');
    await store.insertVariant(tx, { ...offer, id, productId });
    await receiveStock(tx, [{ variantId: id, quantity: stock }]);
    return { action: 'variant.created', changes: { variantId: id, priceMinor: offer.priceMinor, stock } };
  });
}

/** Its row stays: orders point at it. @throws {AppError} as a change of the product, and `variant_not_found`, `last_variant` */
export async function withdrawVariant(
  deps: Deps,
  seller: SignedIn,
  target: catalog.VersionedProduct,
  variantId: VariantId,
): Promise<void> {
  await catalog.changeOwnProduct(deps, seller, target, async (tx, { id: productId }, at) => {
    const variants = await catalog.findVariants(tx, productId);
    if (variants.every(({ id }) => id !== variantId)) throw new AppError('variant_not_found');
    if (variants.length === 1) throw new AppError('last_variant');
    await store.withdrawVariant(tx, variantId, at);
    return { action: 'variant.withdrawn', changes: { variantId } };
  });
}
