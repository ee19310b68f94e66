/** The variants of a product over HTTP, for its seller and for admins. */

import { Elysia } from 'elysia';
import type { VariantId } from '#lib/ids.ts';
import * as catalog from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { sendWritten } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { VariantParams } from './model.ts';
import { addVariant, withdrawVariant } from './service.ts';

const CREATED = 201;
const PRODUCT = { description: 'The product under its new version.', schema: catalog.Product };

export function variantRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'variants', prefix: '/api/v1/products/:id/variants', normalize: false })
    .use(auth(tokens))
    .post(
      '',
      async ({ body, caller, headers, params, request, set }) => {
        const scope = forRequest(deps, request);
        const target = catalog.versionedProduct(params.id, headers['if-match']);
        await addVariant(scope, signedIn(caller), target, body);
        return sendWritten(set, await catalog.readWritten(scope, params.id), CREATED);
      },
      {
        access: 'products:write',
        params: catalog.ProductParams,
        headers: catalog.IfMatch,
        body: catalog.NewVariant,
        detail: operation({
          id: 'addVariant',
          summary: 'Add a variant to a product',
          description: 'It comes last; `changeProduct` moves it.',
          tag: 'Catalogue',
          success: { status: 201, ...PRODUCT },
          failures: [...catalog.CHANGE_FAILURES, 'sku_taken', 'variants_full'],
        }),
      },
    )
    .delete(
      '/:variantId',
      async ({ caller, headers, params, request, set }) => {
        const scope = forRequest(deps, request);
        const target = catalog.versionedProduct(params.id, headers['if-match']);
        await withdrawVariant(scope, signedIn(caller), target, params.variantId as VariantId);
        return sendWritten(set, await catalog.readWritten(scope, params.id));
      },
      {
        access: 'products:write',
        params: VariantParams,
        headers: catalog.IfMatch,
        detail: operation({
          id: 'withdrawVariant',
          summary: 'Take a variant off sale, for good',
          description:
            'Carts that have it are told; the last one of a product stays, for then the product goes.',
          tag: 'Catalogue',
          success: { status: 200, ...PRODUCT },
          failures: [...catalog.CHANGE_FAILURES, 'variant_not_found', 'last_variant'],
        }),
      },
    );
}
