/** Search over HTTP. */

import { Elysia } from 'elysia';
import { pricedIn } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth } from '#origin/http/auth.ts';
import { LIVES } from '#origin/http/caching.ts';
import { type HotReads, serve } from '#origin/http/hot-path.ts';
import { operation } from '#origin/http/openapi.ts';
import { SearchPage, SearchQuery, Suggestions, SuggestQuery } from './model.ts';
import { searchRead, suggestionsRead } from './service.ts';

export function searchRoutes(deps: Deps, tokens: AccessTokens, hot: HotReads) {
  return new Elysia({ name: 'search', prefix: '/api/v1', normalize: false })
    .use(auth(tokens))
    .get(
      '/search',
      async (context) =>
        serve(hot, context, {
          read: searchRead(deps, await pricedIn(deps, context.query)),
          life: LIVES.list,
          route: context.route,
        }),
      {
        access: 'public',
        query: SearchQuery,
        detail: operation({
          id: 'searchProducts',
          summary: 'Products by words, the most relevant first',
          description:
            'Finds words in names, vendors, categories, tags, descriptions and options, whatever their accents ' +
            'and endings, with slips of typing forgiven; and SKUs exactly. Where no product has all words, those ' +
            'that have most of them are found. Of more than 1,000 hits the most popular 1,000 are ranked. Where search ' +
            'has failed: the last good answer, or else the newest products within category and prices. In a currency ' +
            'that is not the shop’s: the hits that have a price in it, so that a page may be short although others ' +
            'follow; `minPrice` and `maxPrice` are of that currency, `sort` goes by the prices of the shop’s, and ' +
            'prices are not among the facets.',
          tag: 'Search',
          success: { status: 200, description: 'A page of hits.', schema: SearchPage },
          failures: ['currency_not_sold'],
          revalidates: true,
          degrades: true,
        }),
      },
    )
    .get(
      '/search/suggest',
      (context) =>
        serve(hot, context, {
          read: suggestionsRead(deps, context.query),
          life: LIVES.list,
          route: context.route,
        }),
      {
        access: 'public',
        query: SuggestQuery,
        detail: operation({
          id: 'suggestSearches',
          summary: 'What a query may become, as one types',
          description:
            'Categories, vendors, words and products that begin with what was typed, the popular first.',
          tag: 'Search',
          success: { status: 200, description: 'Up to ten suggestions.', schema: Suggestions },
          revalidates: true,
          degrades: true,
        }),
      },
    );
}
