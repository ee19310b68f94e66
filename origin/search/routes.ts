/** Search over HTTP. */

import { Elysia } from 'elysia';
import { CACHE_TAGS } from '#lib/edge-contract.ts';
import type { Deps } from '#origin/deps.ts';
import { auth } from '#origin/http/auth.ts';
import { LIVES, shared } from '#origin/http/caching.ts';
import { operation } from '#origin/http/openapi.ts';
import { SearchPage, SearchQuery } from './model.ts';
import { searchProducts } from './service.ts';

export function searchRoutes(deps: Deps, jwtSecret: string) {
  return new Elysia({ name: 'search', prefix: '/api/v1', normalize: false }).use(auth(jwtSecret)).get(
    '/search',
    async ({ query, set }) => {
      const page = await searchProducts(deps, query);
      shared(set, LIVES.list, CACHE_TAGS.lists);
      return page;
    },
    {
      access: 'public',
      query: SearchQuery,
      detail: operation({
        id: 'searchProducts',
        summary: 'Products by words, the most relevant first',
        tag: 'Search',
        success: { status: 200, description: 'A page of matches.', schema: SearchPage },
      }),
    },
  );
}
