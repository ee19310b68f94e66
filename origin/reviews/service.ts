/** What buyers say of products: written, changed and withdrawn by them. What staff do is in `moderate.ts`. */

import type { Transaction } from '#db/client.ts';
import type { ProductId, ReviewId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import { type Deps, emit } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { lockPurchase } from '#origin/orders/service.ts';
import type { NewReview, OwnReview, OwnReviewPage, OwnReviewsQuery, ReviewChange } from './model.ts';
import { FIRST_STATUS, isApprovedAtOnce, nextStatus, type ReviewTrigger } from './moderation.ts';
import { cutPage, newestFirst, toOwn } from './shape.ts';
import * as store from './store.ts';

export { countRatings } from './count-ratings.ts';

/**
 * By who has bought the product, once for each. What was withdrawn may be written anew.
 * @throws {AppError} `product_not_found`, `review_not_bought`, `review_exists`
 */
export async function writeReview(deps: Deps, author: SignedIn, review: NewReview): Promise<OwnReview> {
  const { productId: asked, ...said } = review;
  const productId = asked as ProductId;
  const row = await deps.db.transaction(async (tx) => {
    if (!(await store.isOnSale(tx, productId))) throw new AppError('product_not_found');
    if (!(await lockPurchase(tx, author.userId, productId))) throw new AppError('review_not_bought');
    const now = deps.clock.now();
    const inserted = await store.insertReview(tx, {
      ...{ id: deps.ids.next<ReviewId>(), productId, authorId: author.userId, status: FIRST_STATUS },
      ...{ ...said, writtenAt: now, changedAt: now },
    });
    const begun = inserted ?? (await writeAnew(deps, tx, { productId, authorId: author.userId, said }));
    await tell(deps, tx, begun, 'written');
    return approveAtOnce(deps, tx, begun);
  });
  await deps.ownWrites.note(author);
  return toOwn(row);
}

interface Anew {
  readonly productId: ProductId;
  readonly authorId: UserId;
  readonly said: Omit<NewReview, 'productId'>;
}

async function writeAnew({ clock }: Deps, tx: Transaction, { productId, authorId, said }: Anew) {
  const before = await store.lockOfAuthor(tx, productId, authorId);
  if (before?.status !== 'withdrawn') throw new AppError('review_exists', { reviewId: before?.id });
  const status = nextStatus(before.status, 'written');
  const now = clock.now();
  return store.updateReview(tx, before.id, { ...said, status, writtenAt: now, changedAt: now });
}

/** What is changed is looked at anew. @throws {AppError} `review_not_found`, also for another's */
export async function changeReview(
  deps: Deps,
  author: SignedIn,
  id: ReviewId,
  change: ReviewChange,
): Promise<OwnReview> {
  const row = await deps.db.transaction(async (tx) => {
    const before = await lockOwn(tx, author, id);
    if (before.status === 'withdrawn') throw new AppError('review_not_found');
    const status = nextStatus(before.status, 'changed');
    await store.deleteReports(tx, id);
    const changed = await store.updateReview(tx, id, {
      ...said(change),
      ...{ status, openReports: 0, changedAt: deps.clock.now() },
    });
    await tell(deps, tx, changed, 'changed');
    return approveAtOnce(deps, tx, changed);
  });
  await deps.ownWrites.note(author);
  return toOwn(row);
}

function said({ rating, title, text, displayName }: ReviewChange) {
  return {
    ...(rating === undefined ? {} : { rating }),
    ...(title === undefined ? {} : { title }),
    ...(text === undefined ? {} : { text }),
    ...(displayName === undefined ? {} : { displayName }),
  };
}

/** Nothing is left of what it said. Can be repeated. @throws {AppError} `review_not_found`, also for another's */
export async function withdrawReview(deps: Deps, author: SignedIn, id: ReviewId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const before = await lockOwn(tx, author, id);
    const status = nextStatus(before.status, 'withdrawn');
    if (status === before.status) return;
    await store.deleteReports(tx, id);
    const nothing = { title: '', text: '', displayName: '', reply: '', repliedAt: null, openReports: 0 };
    await tell(deps, tx, await store.updateReview(tx, id, { ...nothing, status }), 'withdrawn');
  });
  await deps.ownWrites.note(author);
}

/** With what has become of each. @throws {AppError} `invalid_input` for a cursor of another list */
export async function listOwnReviews(
  deps: Deps,
  author: SignedIn,
  query: OwnReviewsQuery,
): Promise<OwnReviewPage> {
  return cutPage(query, newestFirst, toOwn, (page) =>
    deps.ownWrites.read(author, (db) => store.listOfAuthor(db, author.userId, page)),
  );
}

/** An erasure's part: what they wrote goes, stars included. */
export async function eraseReviewsOf(deps: Deps, tx: Transaction, userId: UserId): Promise<void> {
  for (const gone of await store.deleteOfPerson(tx, userId)) await tell(deps, tx, gone, 'withdrawn');
}

/** For the export of what is held of somebody. */
export const reviewRecordsOf = store.recordsOfPerson;

export async function tell(
  deps: Deps,
  tx: Transaction,
  { id, productId }: Pick<store.ReviewRow, 'id' | 'productId'>,
  what: ReviewTrigger | 'replied',
): Promise<void> {
  await emit(deps, tx, { name: `review.${what}`, data: { reviewId: id, productId } });
}

async function approveAtOnce(deps: Deps, tx: Transaction, row: store.ReviewRow): Promise<store.ReviewRow> {
  if (!isApprovedAtOnce(deps.reviewsShown, row)) return row;
  const status = nextStatus(row.status, 'approved');
  const publishedAt = row.publishedAt ?? deps.clock.now();
  const shown = await store.updateReview(tx, row.id, { status, publishedAt });
  await tell(deps, tx, shown, 'approved');
  return shown;
}

async function lockOwn(tx: Transaction, author: SignedIn, id: ReviewId): Promise<store.ReviewRow> {
  const row = await store.lockReview(tx, id);
  if (row === undefined) throw new AppError('review_not_found');
  if (row.authorId !== author.userId) throw new AppError('review_not_found', {}, OF_ANOTHER);
  return row;
}
