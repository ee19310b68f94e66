/** What everybody reads of a product's reviews. */

import type { ProductId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { ratingOf } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { ProductReviews, ProductReviewsQuery } from './model.ts';
import { cutPage, orderOf, toPublished } from './shape.ts';
import * as store from './store.ts';

/**
 * A page of the published ones, and what the stars of all of them come to. The edge keeps it: it is read where all
 * that was committed so far is seen, or a page from before a change could outlive its purge.
 * @throws {AppError} `product_not_found`, `invalid_input` for a cursor of another list
 */
export async function readReviews(
  { readers, latestPosition }: Deps,
  productId: ProductId,
  { sort = 'newest', rating, ...asked }: ProductReviewsQuery,
): Promise<ProductReviews> {
  const atLeast = await latestPosition();
  return readers.general(
    async (db) => {
      const found = await store.findRatings(db, productId);
      if (found === undefined) throw new AppError('product_not_found');
      const page = await cutPage(asked, orderOf(sort), toPublished, (cut) =>
        store.listPublished(db, { productId, sort, rating, ...cut }),
      );
      return { ...page, rating: summaryOf(found.counts) };
    },
    { atLeast },
  );
}

function summaryOf(counts: readonly number[] | null): ProductReviews['rating'] {
  const rating = ratingOf(counts);
  if (rating === null || counts === null) return null;
  const distribution = Object.fromEntries(counts.map((count, at) => [String(at + 1), count]));
  return { ...rating, distribution };
}
