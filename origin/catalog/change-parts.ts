/** Changing what stands beside a product: its pictures and the products that it is shown with, each as a whole. */

import type { Transaction } from '#db/client.ts';
import * as parts from '#db/product-parts.ts';
import type { IdSource, ImageId, ProductId, VariantId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { ProductChange } from './change-model.ts';
import type * as writes from './change-store.ts';
import * as store from './store.ts';

/** @throws {AppError} `invalid_input` */
export async function changeParts(
  tx: Transaction,
  { id }: writes.LockedProduct,
  { images, related }: ProductChange,
  ids: IdSource,
): Promise<void> {
  if (images !== undefined) await replaceImages(tx, id, images, ids);
  if (related !== undefined) await replaceRelated(tx, id, related as ProductId[]);
}

/** Addresses elsewhere are kept as they are, and never fetched by us. */
async function replaceImages(
  tx: Transaction,
  productId: ProductId,
  images: NonNullable<ProductChange['images']>,
  ids: IdSource,
): Promise<void> {
  const variants = new Set<string>((await store.findVariants(tx, productId)).map(({ id }) => id));
  const taken = { urls: new Set<string>(), variants: new Set<string>() };
  for (const [index, { url, variantId }] of images.entries()) {
    if (taken.urls.has(url)) throw invalid(`/images/${index}/url`, 'must differ from the other pictures');
    taken.urls.add(url);
    if (variantId === undefined) continue;
    if (!variants.has(variantId)) throw invalid(`/images/${index}/variantId`, 'is no variant of the product');
    if (taken.variants.has(variantId)) throw invalid(`/images/${index}/variantId`, 'has a picture already');
    taken.variants.add(variantId);
  }
  const own = images.flatMap(({ url }) => (url.startsWith(OWN) ? [url.slice(OWN.length)] : []));
  const missing = await parts.missingPictures(tx, own);
  const lost = images.findIndex(({ url }) => missing.includes(url.slice(OWN.length)));
  if (lost >= 0) throw invalid(`/images/${lost}/url`, 'is no picture of the shop');
  await parts.replaceImages(
    tx,
    productId,
    images.map(({ url, alt = '', variantId = null }) => ({
      ...{ id: ids.next<ImageId>(), url, alt, variantId: variantId as VariantId | null },
    })),
  );
}

const OWN = '/media/';

async function replaceRelated(
  tx: Transaction,
  productId: ProductId,
  related: readonly ProductId[],
): Promise<void> {
  if (new Set(related).size < related.length) throw invalid('/related', 'must differ from each other');
  const known = new Set(await parts.existing(tx, related));
  const strange = related.findIndex((id) => id === productId || !known.has(id));
  if (strange >= 0) throw invalid(`/related/${strange}`, 'is no other product');
  await parts.replaceRelated(tx, productId, related);
}

function invalid(path: string, message: string): AppError {
  return new AppError('invalid_input', { errors: [{ path, message }] });
}
