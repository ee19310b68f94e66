/**
 * Slugs, of now and of before. An old slug leads straight to its product's present one for as long as the product is
 * not withdrawn; until then no other product takes it. A slug that is somebody's now is never a redirect.
 */

import type { Transaction } from '#db/client.ts';
import * as slugs from '#db/product-slugs.ts';
import { isUuid, type ProductId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { LockedProduct } from './change-store.ts';

/** One that looks like an id would never be looked up as a slug. @throws {AppError} `invalid_input` */
export function checkSlug(slug: string | undefined): void {
  if (slug === undefined || !isUuid(slug)) return;
  throw new AppError('invalid_input', { errors: [{ path: '/slug', message: 'must not look like an id' }] });
}

/** @throws {AppError} `invalid_input`, `slug_taken` */
export async function changeSlug(
  tx: Transaction,
  product: LockedProduct,
  slug: string,
  at: Date,
): Promise<void> {
  checkSlug(slug);
  if (slug === product.slug) return;
  // Whoever holds the slug in the products' own index has it to themselves from here to the commit.
  await slugs.updateSlug(tx, product.id, slug);
  await takeOver(tx, product.id, slug);
  await slugs.retireSlug(tx, { productId: product.id, slug: product.slug, retiredAt: at });
}

/** For a product whose slug is written already. @throws {AppError} `slug_taken` where it still leads to another one */
export async function takeOver(tx: Transaction, productId: ProductId, slug: string): Promise<void> {
  await slugs.releaseSlug(tx, productId, slug);
  if (await slugs.isRedirect(tx, slug)) throw new AppError('slug_taken');
}
