/** The one state machine of reviews, as a table. What is not in it is refused, and nothing changes. */

import type { reviewStatus } from '#db/schema/reviews.ts';
import { AppError } from '#lib/problems.ts';

export type ReviewStatus = (typeof reviewStatus.enumValues)[number];

/** As their events are called: `review.approved`. */
export const REVIEW_TRIGGERS = [
  'written',
  'changed',
  'withdrawn',
  'reported',
  'approved',
  'rejected',
] as const;
export type ReviewTrigger = (typeof REVIEW_TRIGGERS)[number];

/** Until a moderator has approved it, or at once. */
export type ReviewsShown = 'after_approval' | 'at_once';

/** Of a review that is there for the first time. */
export const FIRST_STATUS: ReviewStatus = 'pending';

/** A moderator may think again. What was approved and is complained of is approved once more, or rejected. */
export const TRANSITIONS: Readonly<Record<ReviewStatus, Partial<Record<ReviewTrigger, ReviewStatus>>>> = {
  pending: { changed: 'pending', withdrawn: 'withdrawn', approved: 'published', rejected: 'rejected' },
  published: {
    ...{ changed: 'pending', withdrawn: 'withdrawn', reported: 'published' },
    ...{ approved: 'published', rejected: 'rejected' },
  },
  rejected: { changed: 'pending', withdrawn: 'withdrawn', approved: 'published' },
  withdrawn: { written: 'pending', withdrawn: 'withdrawn' },
};

/** @throws {AppError} `review_not_open` when the table has no such transition */
export function nextStatus(status: ReviewStatus, trigger: ReviewTrigger): ReviewStatus {
  const next = TRANSITIONS[status][trigger];
  if (next === undefined) throw new AppError('review_not_open', { reviewStatus: status });
  return next;
}

/** Whether what waits needs no moderator: whoever was rejected once does, whatever they write next. */
export function isApprovedAtOnce(
  shown: ReviewsShown,
  { status, rejection }: { readonly status: ReviewStatus; readonly rejection: string | null },
): boolean {
  return shown === 'at_once' && status === 'pending' && rejection === null;
}
