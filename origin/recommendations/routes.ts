/** Recommendations over HTTP. */

import { Elysia } from 'elysia';
import { DEGRADED_HEADER, degradedField } from '#lib/degraded.ts';
import type { ProductId } from '#lib/ids.ts';
import { ProductParams, pricedIn } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth } from '#origin/http/auth.ts';
import { LIVES, PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { type HotReads, serve } from '#origin/http/hot-path.ts';
import { operation } from '#origin/http/openapi.ts';
import { Recommendations, RecommendationsQuery, Trending, TrendingQuery } from './model.ts';
import { besideRead, recommendFor, trendingRead } from './service.ts';

export function recommendationRoutes(deps: Deps, tokens: AccessTokens, hot: HotReads) {
  return new Elysia({ name: 'recommendations', prefix: '/api/v1', normalize: false })
    .use(auth(tokens))
    .use(reads(deps, tokens, hot))
    .get(
      '/recommendations',
      async ({ caller, query, request, set }) => {
        const { answer, degradation } = await recommendFor(forRequest(deps, request), caller, query);
        Object.assign(set.headers, PRIVATE);
        if (degradation !== null) set.headers[DEGRADED_HEADER] = degradedField(degradation);
        return answer;
      },
      {
        access: 'anyone',
        query: RecommendationsQuery,
        detail: operation({
          id: 'listRecommendations',
          summary: 'What you may like',
          description:
            'By what you have in your cart, have bought and have looked at; a guest, by the cart of the `Cart-Token`. Where little is ' +
            'known, what is trending in the category of the newest of them, or at all.',
          tag: 'Catalogue',
          success: { status: 200, description: 'The best first.', schema: Recommendations },
          failures: ['unauthenticated'],
          degrades: true,
        }),
      },
    );
}

function reads(deps: Deps, tokens: AccessTokens, hot: HotReads) {
  return new Elysia({ normalize: false })
    .use(auth(tokens))
    .get(
      '/products/:id/recommendations',
      (context) =>
        serve(hot, context, {
          read: besideRead(deps, context.params.id as ProductId, context.query),
          life: LIVES.list,
          route: context.route,
        }),
      {
        access: 'public',
        params: ProductParams,
        query: RecommendationsQuery,
        detail: operation({
          id: 'listProductRecommendations',
          summary: 'What goes with a product',
          description:
            'What is bought, or looked at, with it; where little is known, what is trending in its category, or at all.',
          tag: 'Catalogue',
          success: { status: 200, description: 'The best first.', schema: Recommendations },
          revalidates: true,
          failures: ['product_not_found'],
          degrades: true,
        }),
      },
    )
    .get(
      '/trending',
      async (context) =>
        serve(hot, context, {
          read: trendingRead(deps, await pricedIn(deps, context.query)),
          life: LIVES.list,
          route: context.route,
        }),
      {
        access: 'public',
        query: TrendingQuery,
        detail: operation({
          id: 'listTrending',
          summary: 'What many buy these days',
          description:
            'In all of the shop, or in a category. In a currency that is not the shop’s: of what has a price in it.',
          tag: 'Catalogue',
          success: { status: 200, description: 'The most bought first.', schema: Trending },
          failures: ['currency_not_sold'],
          revalidates: true,
          degrades: true,
        }),
      },
    );
}
