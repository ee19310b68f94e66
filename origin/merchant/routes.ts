/** One's own products over HTTP, for sellers and admins. */

import { Elysia } from 'elysia';
import type { ProductId } from '#lib/ids.ts';
import * as catalog from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { IDEMPOTENCY_FAILURES, toResponse } from '#origin/http/idempotency.ts';
import { operation } from '#origin/http/openapi.ts';
import { IdempotencyHeader } from '#origin/http/schemas.ts';
import { changeMany } from './bulk-change.ts';
import { BulkChange, BulkOutcome, MerchantPage, MerchantProduct, MerchantQuery } from './model.ts';
import { listOwn, readOwn } from './service.ts';

export function merchantRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'merchant', prefix: '/api/v1/merchant/products', normalize: false })
    .use(auth(tokens))
    .get(
      '',
      async ({ caller, query }) =>
        Response.json(await listOwn(deps, signedIn(caller), query), { headers: PRIVATE }),
      {
        access: 'products:write',
        query: MerchantQuery,
        detail: operation({
          id: 'listOwnProducts',
          summary: 'Your products, drafts and all, the newest first',
          description: 'For an admin everybody’s.',
          tag: 'Catalogue',
          success: { status: 200, description: 'A page.', schema: MerchantPage },
          failures: ['unauthenticated', 'forbidden'],
        }),
      },
    )
    .get(
      '/:id',
      async ({ caller, params }) => {
        const { product, etag } = await readOwn(deps, signedIn(caller), params.id as ProductId);
        return Response.json(product, { headers: { ...PRIVATE, etag } });
      },
      {
        access: 'products:write',
        params: catalog.ProductParams,
        detail: operation({
          id: 'getOwnProduct',
          summary: 'A product of yours, whatever its state',
          description: 'With the `ETag` that a change of it takes.',
          tag: 'Catalogue',
          success: { status: 200, description: 'The product.', schema: MerchantProduct },
          failures: ['unauthenticated', 'forbidden', 'product_not_found'],
        }),
      },
    )
    .post(
      '/changes',
      async ({ body, caller, headers, request }) => {
        const scope = forRequest(deps, request);
        return toResponse(await changeMany(scope, signedIn(caller), headers['idempotency-key'], body));
      },
      {
        access: 'products:write',
        headers: IdempotencyHeader,
        body: BulkChange,
        detail: operation({
          id: 'changeManyProducts',
          summary: 'Change up to a hundred products',
          description:
            'Each by itself: one that is refused holds up no other. Prices, variants and pictures are changed one ' +
            'product at a time.',
          tag: 'Catalogue',
          success: {
            status: 200,
            description: 'What has become of each, in their order.',
            schema: BulkOutcome,
          },
          failures: ['unauthenticated', 'forbidden', ...IDEMPOTENCY_FAILURES],
        }),
      },
    );
}
