/** What reviews take and answer. */

import { Type } from '@sinclair/typebox';
import { type Static, t } from 'elysia';
import {
  MAX_DISPLAY_NAME_LENGTH,
  MAX_REPLY_LENGTH,
  MAX_REVIEW_TEXT_LENGTH,
  MAX_REVIEW_TITLE_LENGTH,
  reviewComplaint,
  reviewRejection,
  reviewStatus,
} from '#db/schema/reviews.ts';
import { Rating as ProductRating } from '#origin/catalog/service.ts';
import { closedObject, DateTime, page, pageQuery, queryInteger, Uuid } from '#origin/http/schemas.ts';

const MAX_STARS = 5;

/** Not Elysia's `UnionEnum`, which has a default: it would stand in for what a request did not say. */
const oneOf = <Word extends string>(words: readonly Word[]) =>
  Type.Unsafe<Word>(
    Type.Union(
      words.map((word) => Type.Literal(word)),
      { error: `must be ${words.join(', ')}` },
    ),
  );
const nullable = <Schema extends Parameters<typeof t.Union>[0][number]>(schema: Schema) =>
  t.Union([schema, t.Null()]);

const Rating = Type.Integer({ minimum: 1, maximum: MAX_STARS });
const Title = t.String({ minLength: 1, maxLength: MAX_REVIEW_TITLE_LENGTH, pattern: '\\S' });
const Text = t.String({
  minLength: 1,
  maxLength: MAX_REVIEW_TEXT_LENGTH,
  pattern: '\\S',
  description: 'Plain text: a `<` is a `<`.',
});
const DisplayName = t.String({
  minLength: 1,
  maxLength: MAX_DISPLAY_NAME_LENGTH,
  pattern: '^[^@]*[^@\\s][^@]*$',
  error: `must be 1 to ${MAX_DISPLAY_NAME_LENGTH} characters, and no email address`,
  description: 'All that readers are told of who wrote it.',
});
const Rejection = oneOf(reviewRejection.enumValues);

const written = { rating: Rating, title: Title, text: Text, displayName: DisplayName };
const WRITTEN_EXAMPLE = {
  rating: 5,
  title: 'Keeps its heat',
  text: 'Took it up north for a week.\nNot a chip in it.',
  displayName: 'Ada from Leeds',
};
const PRODUCT_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a8057';
const REVIEW_EXAMPLE = '01890a5d-ac96-774b-bcce-b302099a80a1';

export const NewReview = closedObject(
  { productId: Uuid, ...written },
  { examples: [{ productId: PRODUCT_EXAMPLE, ...WRITTEN_EXAMPLE }] },
);
export type NewReview = Static<typeof NewReview>;

export const ReviewChange = closedObject(
  {
    rating: t.Optional(Rating),
    title: t.Optional(Title),
    text: t.Optional(Text),
    displayName: t.Optional(DisplayName),
  },
  { examples: [{ rating: 4, text: 'After a year: one chip.' }] },
);
export type ReviewChange = Static<typeof ReviewChange>;

export const ReviewParams = closedObject({ id: Uuid });

const Reply = t.Object({ text: t.String(), at: DateTime });
const REPLY_EXAMPLE = { text: 'Thank you, Ada.', at: '2026-02-02T09:00:00.000Z' };

const shown = {
  id: Uuid,
  rating: Rating,
  title: t.String(),
  text: t.String(),
  displayName: t.String(),
  reply: nullable(Reply),
};
const SHOWN_EXAMPLE = { id: REVIEW_EXAMPLE, ...WRITTEN_EXAMPLE, reply: REPLY_EXAMPLE };

const PublishedReview = t.Object(
  {
    ...shown,
    publishedAt: DateTime,
    editedAt: nullable(DateTime),
  },
  { examples: [{ ...SHOWN_EXAMPLE, publishedAt: '2026-02-01T12:00:00.000Z', editedAt: null }] },
);

const RatingSummary = nullable(
  t.Object({
    ...ProductRating.properties,
    distribution: t.Record(t.String(), Type.Integer(), { description: 'How many gave so many stars.' }),
  }),
);

export const ProductReviews = t.Object(
  { ...page(PublishedReview).properties, rating: RatingSummary },
  {
    examples: [
      {
        items: PublishedReview['examples'] ?? [],
        nextCursor: null,
        rating: { average: 4.5, count: 2, distribution: { '1': 0, '2': 0, '3': 0, '4': 1, '5': 1 } },
      },
    ],
  },
);
export type ProductReviews = Static<typeof ProductReviews>;

const Sort = t.Union([t.Literal('newest'), t.Literal('rating'), t.Literal('-rating')], {
  error: 'must be newest, rating or -rating',
  description: '`newest` if not given; `-rating` has the best first.',
});
export type ReviewSort = Static<typeof Sort>;

export const ProductReviewsQuery = closedObject({
  sort: t.Optional(Sort),
  rating: t.Optional(queryInteger(1, MAX_STARS, 'Only those with so many stars.')),
  ...pageQuery,
});
export type ProductReviewsQuery = Static<typeof ProductReviewsQuery>;

export const OwnReviewsQuery = closedObject(pageQuery);
export type OwnReviewsQuery = Static<typeof OwnReviewsQuery>;

const own = {
  ...shown,
  productId: Uuid,
  status: oneOf(reviewStatus.enumValues),
  rejection: t.Union([Rejection, t.Null()], { description: 'Why it is not shown, where it was rejected.' }),
  version: Type.Integer(),
  writtenAt: DateTime,
  changedAt: DateTime,
};
const OWN_EXAMPLE = {
  ...SHOWN_EXAMPLE,
  productId: PRODUCT_EXAMPLE,
  status: 'pending',
  rejection: null,
  version: 1,
  reply: null,
  writtenAt: '2026-02-01T10:00:00.000Z',
  changedAt: '2026-02-01T10:00:00.000Z',
};

export const OwnReview = t.Object(own, { examples: [OWN_EXAMPLE] });
export type OwnReview = Static<typeof OwnReview>;
export const OwnReviewPage = page(OwnReview);
export type OwnReviewPage = Static<typeof OwnReviewPage>;

const Complaint = oneOf(reviewComplaint.enumValues);

const QueuedReview = t.Object(
  {
    ...own,
    openReports: Type.Integer({ minimum: 0, description: 'Complaints since it was last decided.' }),
    complaints: t.Array(Complaint, { description: 'Of what kinds.' }),
  },
  { examples: [{ ...OWN_EXAMPLE, openReports: 0, complaints: [] }] },
);
export const ReviewQueue = page(QueuedReview);
export type ReviewQueue = Static<typeof ReviewQueue>;

export const Decision = closedObject(
  {
    decision: oneOf(['approve', 'reject']),
    version: Type.Integer({ minimum: 1, description: 'Of the review as it was read.' }),
    reason: t.Optional(Rejection),
  },
  { examples: [{ decision: 'reject', version: 1, reason: 'off_topic' }] },
);
export type Decision = Static<typeof Decision>;

export const NewReply = closedObject(
  { text: t.String({ minLength: 1, maxLength: MAX_REPLY_LENGTH, pattern: '\\S' }) },
  { examples: [{ text: 'Thank you, Ada.' }] },
);

export const NewReport = closedObject(
  { reviewId: Uuid, complaint: Complaint },
  { examples: [{ reviewId: REVIEW_EXAMPLE, complaint: 'inappropriate' }] },
);
export type NewReport = Static<typeof NewReport>;
