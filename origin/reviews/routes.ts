/** Reviews over HTTP: to everybody, to their authors, to sellers and to moderators. */

import { Elysia } from 'elysia';
import { CACHE_TAGS } from '#lib/edge-contract.ts';
import type { ProductId, ReviewId } from '#lib/ids.ts';
import { ProductParams } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { LIVES, PRIVATE, shared } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { countCostly } from '#origin/http/limits.ts';
import { operation } from '#origin/http/openapi.ts';
import {
  Decision,
  NewReply,
  NewReport,
  NewReview,
  OwnReview,
  OwnReviewPage,
  OwnReviewsQuery,
  ProductReviews,
  ProductReviewsQuery,
  ReviewChange,
  ReviewParams,
  ReviewQueue,
} from './model.ts';
import { decideReview, listQueue, removeReply, replyToReview, reportReview } from './moderate.ts';
import { readReviews } from './read-reviews.ts';
import { changeReview, listOwnReviews, withdrawReview, writeReview } from './service.ts';

const CREATED = 201;
const NO_CONTENT = 204;

const OWN = { status: 200, description: 'The review as it is then.', schema: OwnReview };

export function reviewRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'reviews', prefix: '/api/v1', normalize: false })
    .use(auth(tokens))
    .use(publicRoutes(deps, tokens))
    .use(
      new Elysia({ normalize: false })
        .onBeforeHandle(({ set }) => {
          Object.assign(set.headers, PRIVATE);
        })
        .use(authorRoutes(deps, tokens))
        .use(ownRoutes(deps, tokens))
        .use(staffRoutes(deps, tokens))
        .use(replyRoutes(deps, tokens)),
    );
}

function publicRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false }).use(auth(tokens)).get(
    '/products/:id/reviews',
    async ({ params, query, set }) => {
      const id = params.id as ProductId;
      const reviews = await readReviews(deps, id, query);
      shared(set, LIVES.list, `${CACHE_TAGS.reviews(id)},${CACHE_TAGS.product(id)}`);
      return reviews;
    },
    {
      access: 'public',
      params: ProductParams,
      query: ProductReviewsQuery,
      detail: operation({
        id: 'listProductReviews',
        summary: 'What buyers say of a product, a page at a time',
        description: 'The newest first, or by their rating; all of them, or those of one rating.',
        tag: 'Reviews',
        success: { status: 200, description: 'Published ones only.', schema: ProductReviews },
        failures: ['product_not_found'],
      }),
    },
  );
}

function authorRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .post(
      '/reviews',
      async ({ body, caller, request, set }) => {
        await countCostly('contributions', request, caller);
        set.status = CREATED;
        return writeReview(forRequest(deps, request), signedIn(caller), body);
      },
      {
        access: 'user',
        body: NewReview,
        detail: operation({
          id: 'writeReview',
          summary: 'Review a product that you have bought',
          description:
            'One for each product. It is shown once a moderator has approved it, or as the shop has it.',
          tag: 'Reviews',
          success: { ...OWN, status: CREATED },
          failures: ['unauthenticated', 'product_not_found', 'review_not_bought', 'review_exists'],
        }),
      },
    )
    .post(
      '/review-reports',
      async ({ body, caller, request, set }) => {
        await countCostly('contributions', request, caller);
        await reportReview(forRequest(deps, request), signedIn(caller), body);
        set.status = NO_CONTENT;
      },
      {
        access: 'user',
        body: NewReport,
        detail: operation({
          id: 'reportReview',
          summary: 'Complain of a review',
          description: 'A moderator looks at it. Once more is as good as once.',
          tag: 'Reviews',
          success: { status: NO_CONTENT, description: 'It is in the moderators’ queue.' },
          failures: ['unauthenticated', 'review_not_found'],
        }),
      },
    );
}

function ownRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/me/reviews', normalize: false })
    .use(auth(tokens))
    .get('', async ({ caller, query }) => listOwnReviews(deps, signedIn(caller), query), {
      access: 'user',
      query: OwnReviewsQuery,
      detail: operation({
        id: 'listOwnReviews',
        summary: 'What you have written, and what has become of it',
        description: 'With those that wait for a decision, and those that were rejected, with the reason.',
        tag: 'Reviews',
        success: { status: 200, description: 'The newest first.', schema: OwnReviewPage },
        failures: ['unauthenticated'],
      }),
    })
    .patch(
      '/:id',
      async ({ body, caller, params, request }) => {
        await countCostly('contributions', request, caller);
        const id = params.id as ReviewId;
        return changeReview(forRequest(deps, request), signedIn(caller), id, body);
      },
      {
        access: 'user',
        params: ReviewParams,
        body: ReviewChange,
        detail: operation({
          id: 'changeReview',
          summary: 'Change what you have written',
          description: 'A moderator looks at it anew.',
          tag: 'Reviews',
          success: OWN,
          failures: ['unauthenticated', 'review_not_found'],
        }),
      },
    )
    .delete(
      '/:id',
      async ({ caller, params, request, set }) => {
        await withdrawReview(forRequest(deps, request), signedIn(caller), params.id as ReviewId);
        set.status = NO_CONTENT;
      },
      {
        access: 'user',
        params: ReviewParams,
        detail: operation({
          id: 'withdrawReview',
          summary: 'Take back what you have written',
          description: "The product's rating is counted anew without it.",
          tag: 'Reviews',
          success: { status: NO_CONTENT, description: 'Nothing is left of it.' },
          failures: ['unauthenticated', 'review_not_found'],
        }),
      },
    );
}

function staffRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/reviews', normalize: false })
    .use(auth(tokens))
    .get('', async ({ caller, query }) => listQueue(deps, signedIn(caller), query), {
      access: 'reviews:moderate',
      query: OwnReviewsQuery,
      detail: operation({
        id: 'listReviewQueue',
        summary: 'Reviews that wait for a moderator',
        description: 'New and changed ones, and those that are complained of.',
        tag: 'Reviews',
        success: { status: 200, description: 'Those that wait longest first.', schema: ReviewQueue },
        failures: ['unauthenticated', 'forbidden'],
      }),
    })
    .post(
      '/:id/decision',
      async ({ body, caller, params, request }) =>
        decideReview(forRequest(deps, request), signedIn(caller), params.id as ReviewId, body),
      {
        access: 'reviews:moderate',
        params: ReviewParams,
        body: Decision,
        detail: operation({
          id: 'decideReview',
          summary: 'Approve a review, or reject it for a reason',
          description: 'Of the version that was read: what its author has changed meanwhile is not decided.',
          tag: 'Reviews',
          success: OWN,
          failures: [
            'unauthenticated',
            'forbidden',
            'review_not_found',
            'review_not_open',
            'version_conflict',
          ],
        }),
      },
    );
}

function replyRoutes(deps: Deps, tokens: AccessTokens) {
  const failures = ['unauthenticated', 'forbidden', 'review_not_found'] as const;
  return new Elysia({ prefix: '/reviews/:id/reply', normalize: false })
    .use(auth(tokens))
    .post(
      '',
      async ({ body, caller, params, request }) =>
        replyToReview(forRequest(deps, request), signedIn(caller), params.id as ReviewId, body.text),
      {
        access: 'reviews:reply',
        params: ReviewParams,
        body: NewReply,
        detail: operation({
          id: 'replyToReview',
          summary: 'Answer a review of your product',
          description: 'Shown at once, in place of the answer before.',
          tag: 'Reviews',
          success: OWN,
          failures: [...failures, 'review_not_open'],
        }),
      },
    )
    .delete(
      '',
      async ({ caller, params, request, set }) => {
        await removeReply(forRequest(deps, request), signedIn(caller), params.id as ReviewId);
        set.status = NO_CONTENT;
      },
      {
        access: 'reviews:reply',
        params: ReviewParams,
        detail: operation({
          id: 'removeReviewReply',
          summary: 'Take your answer to a review away',
          description: 'The review itself stays as it is.',
          tag: 'Reviews',
          success: { status: NO_CONTENT, description: 'There is none any more.' },
          failures,
        }),
      },
    );
}
