/** What becomes of reviews: complaints, the moderators' queue and decisions, and sellers' answers. */

import type { Transaction } from '#db/client.ts';
import type { ReviewId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { OF_ANOTHER } from '#lib/security-events.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { isOwnProduct } from '#origin/http/permissions.ts';
import type { Decision, NewReport, OwnReview, OwnReviewsQuery, ReviewQueue } from './model.ts';
import { nextStatus } from './moderation.ts';
import { tell } from './service.ts';
import { cutPage, longestWaiting, toOwn, toQueued } from './shape.ts';
import * as store from './store.ts';

const objectOf = (id: ReviewId) => ({ kind: 'review', id });

/** Once by each shopper until it says something else. @throws {AppError} `review_not_found`, also for what is not shown */
export async function reportReview(
  deps: Deps,
  reporter: SignedIn,
  { reviewId, complaint }: NewReport,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const row = await store.lockReview(tx, reviewId as ReviewId);
    if (row?.status !== 'published') throw new AppError('review_not_found');
    nextStatus(row.status, 'reported');
    const { userId: reporterId } = reporter;
    const report = { reviewId: row.id, reporterId, complaint, reportedAt: deps.clock.now() };
    if (await store.insertReport(tx, report)) await tell(deps, tx, row, 'reported');
  });
}

/** What waits for a decision: new and changed ones, and those that are complained of. */
export async function listQueue(
  deps: Deps,
  moderator: SignedIn,
  query: OwnReviewsQuery,
): Promise<ReviewQueue> {
  return deps.ownWrites.read(moderator, async (db) => {
    const { items: rows, nextCursor } = await cutPage(
      query,
      longestWaiting,
      (row) => row,
      (page) => store.listQueue(db, page),
    );
    const reports = await store.complaintsOf(
      db,
      rows.filter(({ openReports }) => openReports > 0).map(({ id }) => id),
    );
    const kinds = Map.groupBy(reports, ({ reviewId }) => reviewId);
    const items = rows.map((row) =>
      toQueued(
        row,
        (kinds.get(row.id) ?? []).map(({ complaint }) => complaint),
      ),
    );
    return { items, nextCursor };
  });
}

/**
 * Of the version that the moderator has read: what its author has changed meanwhile is decided anew.
 * @throws {AppError} `review_not_found`, `version_conflict`, `review_not_open`, `invalid_input` without a reason
 */
export async function decideReview(
  deps: Deps,
  moderator: SignedIn,
  id: ReviewId,
  { decision, version, reason }: Decision,
): Promise<OwnReview> {
  const trigger = decision === 'approve' ? 'approved' : 'rejected';
  if ((trigger === 'rejected') !== (reason !== undefined)) {
    const message = 'is given with a rejection, and only there';
    throw new AppError('invalid_input', { errors: [{ path: '/reason', message }] });
  }
  const row = await deps.db.transaction(async (tx) => {
    const before = await store.lockReview(tx, id);
    if (before === undefined || before.status === 'withdrawn') throw new AppError('review_not_found');
    if (before.version !== version) {
      throw new AppError('version_conflict', { currentVersion: before.version });
    }
    const status = nextStatus(before.status, trigger);
    const publishedAt = status === 'published' ? (before.publishedAt ?? deps.clock.now()) : undefined;
    const decided = await store.updateReview(tx, id, {
      ...{ status, rejection: reason ?? null, openReports: 0 },
      ...(publishedAt === undefined ? {} : { publishedAt }),
    });
    await tell(deps, tx, decided, trigger);
    const changes = { version, from: before.status, to: status, reason: reason ?? null };
    await recordAct(tx, moderator, { action: `review.${trigger}`, object: objectOf(id), changes });
    return decided;
  });
  await deps.ownWrites.note(moderator);
  deps.metrics.count('reviews_decided_total', { decision: trigger });
  return toOwn(row);
}

/**
 * Shown at once: sellers are known to the shop, and a moderator may take an answer away. There is one; a second takes
 * the place of the first.
 * @throws {AppError} `review_not_found`, also where it is of another's product; `review_not_open` where it is not shown
 */
export async function replyToReview(
  deps: Deps,
  seller: SignedIn,
  id: ReviewId,
  text: string,
): Promise<OwnReview> {
  const row = await deps.db.transaction(async (tx) => {
    const review = await lockAnswerable(tx, seller, id);
    if (review.status !== 'published') throw new AppError('review_not_open', { reviewStatus: review.status });
    const answer = { reply: text, repliedAt: deps.clock.now() };
    await store.setReply(tx, id, answer);
    await tell(deps, tx, review, 'replied');
    await recordAct(tx, seller, { action: 'review.replied', object: objectOf(id) });
    return { ...review, ...answer };
  });
  await deps.ownWrites.note(seller);
  return toOwn(row);
}

/** Can be repeated. @throws {AppError} `review_not_found`, also where it is of another's product */
export async function removeReply(deps: Deps, seller: SignedIn, id: ReviewId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const review = await lockAnswerable(tx, seller, id);
    if (review.repliedAt === null) return;
    await store.setReply(tx, id, { reply: '', repliedAt: null });
    await tell(deps, tx, review, 'replied');
    await recordAct(tx, seller, { action: 'review.reply_removed', object: objectOf(id) });
  });
  await deps.ownWrites.note(seller);
}

async function lockAnswerable(tx: Transaction, seller: SignedIn, id: ReviewId): Promise<store.ReviewRow> {
  const row = await store.lockReview(tx, id);
  if (row === undefined) throw new AppError('review_not_found');
  const product = { sellerId: await store.sellerOf(tx, row.productId) };
  if (!isOwnProduct(seller, product)) throw new AppError('review_not_found', {}, OF_ANOTHER);
  return row;
}
