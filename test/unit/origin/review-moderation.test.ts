/** The state machine of reviews: every pair of a status and a trigger is decided here, and by the table alike. */

import { describe, expect, test } from 'bun:test';
import { reviewStatus } from '#db/schema/reviews.ts';
import { EVENTS } from '#lib/events.ts';
import { ratingOf } from '#origin/catalog/rating.ts';
import { isApprovedAtOnce, nextStatus, REVIEW_TRIGGERS, TRANSITIONS } from '#origin/reviews/moderation.ts';

const EXPECTED = {
  pending: { changed: 'pending', withdrawn: 'withdrawn', approved: 'published', rejected: 'rejected' },
  published: {
    ...{ changed: 'pending', withdrawn: 'withdrawn', reported: 'published' },
    ...{ approved: 'published', rejected: 'rejected' },
  },
  rejected: { changed: 'pending', withdrawn: 'withdrawn', approved: 'published' },
  withdrawn: { written: 'pending', withdrawn: 'withdrawn' },
} as const;

describe('a review', () => {
  const pairs = reviewStatus.enumValues.flatMap((status) =>
    REVIEW_TRIGGERS.map((trigger) => [status, trigger] as const),
  );

  test.each(pairs)('that is %s takes %s as the table says, or refuses it', (status, trigger) => {
    const expected = (EXPECTED[status] as Partial<Record<string, string>>)[trigger];
    if (expected === undefined) expect(() => nextStatus(status, trigger)).toThrow('not in a state');
    else expect(nextStatus(status, trigger)).toBe(expected as never);
  });

  test('is shown by an approval and by nothing else', () => {
    const ways = Object.entries(TRANSITIONS).flatMap(([from, row]) =>
      Object.entries(row)
        .filter(([, to]) => to === 'published' && from !== 'published')
        .map(([trigger]) => trigger),
    );
    expect(new Set(ways)).toEqual(new Set(['approved']));
  });

  test('tells of each of its triggers by an event of that name', () => {
    for (const trigger of REVIEW_TRIGGERS) expect(Object.keys(EVENTS)).toContain(`review.${trigger}`);
  });

  test('is approved at once where the shop has it so, and where its author was never rejected', () => {
    const waiting = { status: 'pending', rejection: null } as const;
    expect(isApprovedAtOnce('at_once', waiting)).toBeTrue();
    expect(isApprovedAtOnce('at_once', { ...waiting, rejection: 'spam' })).toBeFalse();
    expect(isApprovedAtOnce('at_once', { ...waiting, status: 'rejected' })).toBeFalse();
    expect(isApprovedAtOnce('after_approval', waiting)).toBeFalse();
  });
});

test.each([
  [null, null],
  [[0, 0, 0, 0, 0], null],
  [[0, 0, 0, 0, 1], { average: 5, count: 1 }],
  [[1, 0, 0, 0, 1], { average: 3, count: 2 }],
  [[1, 0, 0, 2, 0], { average: 3, count: 3 }],
  [[0, 0, 1, 2, 0], { average: 3.67, count: 3 }],
])('%p stars come to %p', (counts, rating) => {
  expect(ratingOf(counts)).toEqual(rating);
});
