/** The tree of categories over HTTP, for admins; `listCategories` of the catalogue shows it to everybody. */

import { Elysia } from 'elysia';
import type { CategoryId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { Category, CategoryChange, CategoryParams, CategoryRemoval, NewCategory } from './model.ts';
import { changeCategory, createCategory, removeCategory } from './service.ts';

const CREATED = 201;
const NO_CONTENT = 204;
const CATEGORY = { description: 'The category.', schema: Category };

export function categoryRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'categories', prefix: '/api/v1/categories', normalize: false })
    .use(auth(tokens))
    .post(
      '',
      async ({ body, caller, request }) => {
        const category = await createCategory(forRequest(deps, request), signedIn(caller), body);
        return Response.json(category, { status: CREATED, headers: PRIVATE });
      },
      {
        access: 'categories:write',
        body: NewCategory,
        detail: operation({
          id: 'createCategory',
          summary: 'Add a category to the tree',
          description: 'Below `parent`, or at the top; its slug is what products and filters name.',
          tag: 'Catalogue',
          success: { status: CREATED, ...CATEGORY },
          failures: [
            'unauthenticated',
            'forbidden',
            'category_taken',
            'category_misplaced',
            'categories_full',
          ],
        }),
      },
    )
    .patch(
      '/:id',
      async ({ body, caller, params, request }) => {
        const scope = forRequest(deps, request);
        const category = await changeCategory(scope, signedIn(caller), params.id as CategoryId, body);
        return Response.json(category, { headers: PRIVATE });
      },
      {
        access: 'categories:write',
        params: CategoryParams,
        body: CategoryChange,
        detail: operation({
          id: 'changeCategory',
          summary: 'Rename or move a category, with all below it',
          description: 'Its products are told of it a moment later, in lists, search and their own answers.',
          tag: 'Catalogue',
          success: { status: 200, ...CATEGORY },
          failures: [
            'unauthenticated',
            'forbidden',
            'category_not_found',
            'category_taken',
            'category_misplaced',
          ],
        }),
      },
    )
    .use(removal(deps, tokens));
}

function removal(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'category-removal', normalize: false }).use(auth(tokens)).delete(
    '/:id',
    async ({ caller, params, query, request, set }) => {
      const scope = forRequest(deps, request);
      await removeCategory(scope, signedIn(caller), params.id as CategoryId, query.moveTo);
      set.status = NO_CONTENT;
    },
    {
      access: 'categories:write',
      params: CategoryParams,
      query: CategoryRemoval,
      detail: operation({
        id: 'removeCategory',
        summary: 'Take a category out of the tree',
        description:
          'One without products, or one whose products go to another; never one with others below it.',
        tag: 'Catalogue',
        success: { status: NO_CONTENT, description: 'It is gone.' },
        failures: ['unauthenticated', 'forbidden', 'category_not_found', 'category_not_empty'],
      }),
    },
  );
}
