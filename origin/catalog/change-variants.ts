/** Changing the options of a product and what its variants are, all at once and under the product's lock. */

import type { Transaction } from '#db/client.ts';
import { updateVariants } from '#db/product-parts.ts';
import type { VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { ProductChange, VariantChange } from './change-model.ts';
import type * as writes from './change-store.ts';
import { checkOptions } from './product-rules.ts';
import * as store from './store.ts';

type Details = Omit<VariantChange, 'id' | 'price' | 'compareAtPrice'>;

/** @throws {AppError} `invalid_input`, `variant_unavailable` */
export async function changeVariants(
  tx: Transaction,
  product: writes.LockedProduct,
  change: ProductChange,
  at: Date,
): Promise<void> {
  const { optionNames = product.optionNames, variantOrder } = change;
  const details = new Map(change.variants?.map((variant) => [variant.id, detailsOf(variant)]));
  const asked = [...details.values()].some((each) => Object.keys(each).length > 0);
  if (!asked && change.optionNames === undefined && variantOrder === undefined) return;
  const stored = await store.findVariants(tx, product.id);
  const unknown = [...details.keys()].find((id) => stored.every((variant) => variant.id !== id));
  if (unknown !== undefined) throw new AppError('variant_unavailable', { variantId: unknown });
  checkOptions(
    optionNames,
    stored.map(({ id, optionValues }) => details.get(id)?.optionValues ?? optionValues),
    () => '/variants',
  );
  const places = variantOrder === undefined ? null : placesOf(variantOrder, stored);
  const changes = stored.flatMap(({ id }) => {
    const position = places?.get(id);
    const update = { ...details.get(id), ...(position === undefined ? {} : { position }) };
    return Object.keys(update).length === 0 ? [] : [[id, update] as const];
  });
  await updateVariants(tx, new Map(changes), at);
}

function detailsOf({ id: _, price: __, compareAtPrice: ___, ...details }: VariantChange): Details {
  return details;
}

function placesOf(
  order: readonly string[],
  stored: readonly store.VariantRow[],
): ReadonlyMap<VariantId, number> {
  const places = new Map(order.map((id, index) => [id as VariantId, index + 1]));
  const isWhole =
    order.length === stored.length &&
    places.size === stored.length &&
    stored.every(({ id }) => places.has(id));
  if (isWhole) return places;
  const message = 'must name each variant of the product once';
  throw new AppError('invalid_input', { errors: [{ path: '/variantOrder', message }] });
}
