/** The catalogue over HTTP: public reads for everybody, changes for sellers and admins. */

import { Elysia } from 'elysia';
import { CACHE_TAGS } from '#lib/edge-contract.ts';
import type { ProductId } from '#lib/ids.ts';
import { CategoryTree } from '#origin/categories/service.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { LIVES, sendMoved, sendWritten, shared } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { type HotReads, serve } from '#origin/http/hot-path.ts';
import { operation } from '#origin/http/openapi.ts';
import { closedObject } from '#origin/http/schemas.ts';
import { IfMatch, NewProduct, ProductChange } from './change-model.ts';
import {
  MovedProduct,
  Product,
  ProductListQuery,
  ProductPage,
  ProductParams,
  ProductQuery,
  RelatedProducts,
  SlugOrId,
} from './model.ts';
import * as catalog from './service.ts';

const CREATED = 201;
const NO_CONTENT = 204;

export function catalogRoutes(deps: Deps, tokens: AccessTokens, hot: HotReads) {
  return new Elysia({ name: 'catalog', normalize: false })
    .use(auth(tokens))
    .use(reads(deps, tokens, hot))
    .use(tree(deps, tokens))
    .use(related(deps, tokens, hot))
    .use(changes(deps, tokens));
}

function reads(deps: Deps, tokens: AccessTokens, hot: HotReads) {
  return new Elysia({ prefix: '/api/v1', normalize: false })
    .use(auth(tokens))
    .get(
      '/products/:id',
      async (context) => {
        const { id } = context.params;
        const { currency } = await catalog.pricedIn(deps, context.query);
        const read = catalog.productRead(deps, id, currency);
        const answer = await serve(hot, context, { read, life: LIVES.product, route: context.route });
        const moved = answer instanceof Response ? await catalog.movedFrom(deps, id) : null;
        if (moved === null) return answer;
        const query = new URLSearchParams(catalog.keyOf(currency)).toString();
        const location = `/api/v1/products/${encodeURIComponent(moved.slug)}${query === '' ? '' : `?${query}`}`;
        return sendMoved(moved, location, moved.id);
      },
      {
        access: 'public',
        params: SlugOrId,
        query: ProductQuery,
        detail: operation({
          id: 'getProduct',
          summary: 'A product, by slug or id',
          description:
            'With its variants, pictures and rating, at the prices in force now. A slug that it had before leads to the ' +
            'present one. In a currency that is not the shop’s: its variants that have a price in it; where none has, there ' +
            'is no such product.',
          tag: 'Catalogue',
          success: [
            { status: 200, description: 'The product.', schema: Product },
            {
              status: 308,
              description: 'By a slug of before: `Location` has the present one.',
              schema: MovedProduct,
            },
          ],
          revalidates: true,
          failures: ['product_not_found', 'currency_not_sold'],
        }),
      },
    )
    .get(
      '/products',
      async (context) =>
        serve(hot, context, {
          read: catalog.productListRead(deps, await catalog.pricedIn(deps, context.query)),
          life: LIVES.list,
          route: context.route,
        }),
      {
        access: 'public',
        query: ProductListQuery,
        detail: operation({
          id: 'listProducts',
          summary: 'Products on sale, a page at a time',
          description:
            'Filtered by category, price and attributes, in the order of `sort`. At the prices in force now, which order and filters follow within seconds. In a currency that is not the ' +
            'shop’s: what has a price in it, ordered and filtered by that.',
          tag: 'Catalogue',
          success: { status: 200, description: 'A page.', schema: ProductPage },
          revalidates: true,
          failures: ['currency_not_sold'],
        }),
      },
    );
}

function tree(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/api/v1', normalize: false }).use(auth(tokens)).get(
    '/categories',
    async ({ set }) => {
      const items = await catalog.readCategories(deps);
      shared(set, LIVES.categories, CACHE_TAGS.categories);
      return { items };
    },
    {
      access: 'public',
      query: closedObject({}),
      detail: operation({
        id: 'listCategories',
        summary: 'The tree of categories',
        description: 'Every category with those below it, in the order in which shoppers see them.',
        tag: 'Catalogue',
        success: { status: 200, description: 'The tree.', schema: CategoryTree },
        revalidates: true,
      }),
    },
  );
}

function related(deps: Deps, tokens: AccessTokens, hot: HotReads) {
  return new Elysia({ prefix: '/api/v1', normalize: false }).use(auth(tokens)).get(
    '/products/:id/related',
    (context) =>
      serve(hot, context, {
        read: catalog.relatedRead(deps, context.params.id as ProductId),
        life: LIVES.list,
        route: context.route,
      }),
    {
      access: 'public',
      params: ProductParams,
      query: closedObject({}),
      detail: operation({
        id: 'listRelatedProducts',
        summary: 'What its seller has put beside a product',
        description:
          'Picked by hand, with `changeProduct`. What goes with it by itself is in its recommendations.',
        tag: 'Catalogue',
        success: { status: 200, description: 'In the seller’s order.', schema: RelatedProducts },
        revalidates: true,
      }),
    },
  );
}

function changes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/api/v1', normalize: false })
    .use(auth(tokens))
    .post(
      '/products',
      async ({ body, caller, request, set }) => {
        const scope = forRequest(deps, request);
        const id = await catalog.createProduct(scope, signedIn(caller), body);
        return sendWritten(set, await catalog.readWritten(scope, id), CREATED);
      },
      {
        access: 'products:write',
        body: NewProduct,
        detail: operation({
          id: 'createProduct',
          summary: 'Make a product, and put it on sale now or later',
          description:
            'Without `publishAt` it is on sale at once; with null it is a draft, with a time it waits for that.',
          tag: 'Catalogue',
          success: { status: 201, description: 'The product.', schema: Product },
          failures: ['unauthenticated', 'forbidden', 'slug_taken', 'sku_taken'],
        }),
      },
    )
    .patch(
      '/products/:id',
      async ({ body, caller, headers, params, request, set }) => {
        const scope = forRequest(deps, request);
        const target = catalog.versionedProduct(params.id, headers['if-match']);
        await catalog.changeProduct(scope, signedIn(caller), target, body);
        return sendWritten(set, await catalog.readWritten(scope, params.id));
      },
      {
        access: 'products:write',
        params: ProductParams,
        headers: IfMatch,
        body: ProductChange,
        detail: operation({
          id: 'changeProduct',
          summary: 'Change a product as it was read',
          description:
            'Only what is given changes. `If-Match` names the version that was read: after another change it is 412.',
          tag: 'Catalogue',
          success: { status: 200, description: 'The product under its new version.', schema: Product },
          failures: [...catalog.CHANGE_FAILURES, 'variant_unavailable', 'slug_taken', 'sku_taken'],
        }),
      },
    )
    .delete(
      '/products/:id',
      async ({ caller, headers, params, request, set }) => {
        const target = catalog.versionedProduct(params.id, headers['if-match']);
        await catalog.withdrawProduct(forRequest(deps, request), signedIn(caller), target);
        set.status = NO_CONTENT;
      },
      {
        access: 'products:write',
        params: ProductParams,
        headers: IfMatch,
        detail: operation({
          id: 'withdrawProduct',
          summary: 'Take a product off sale',
          description: 'Nobody finds or buys it any more; orders that have it stay as they are.',
          tag: 'Catalogue',
          success: { status: 204, description: 'It is off sale.' },
          failures: catalog.CHANGE_FAILURES,
        }),
      },
    );
}
