/** The prices of a variant over HTTP, for its seller and for admins. */

import { Elysia } from 'elysia';
import type { ProductId, VariantId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { NewOwnPrice, PriceChange, PriceRule, RuleListQuery } from '#origin/price-rules/service.ts';
import { VariantPricePage, VariantPriceParams, VariantPricesParams } from './model.ts';
import { changePrice, endPrice, listPrices, setPrice } from './service.ts';

const CREATED = 201;
const FAILURES = ['unauthenticated', 'forbidden', 'product_not_found', 'variant_not_found'] as const;
const AS_IT_IS = { description: 'As it is then.', schema: PriceRule };

const variantOf = ({ id, variantId }: typeof VariantPricesParams.static) => ({
  productId: id as ProductId,
  variantId: variantId as VariantId,
});

export function variantPriceRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'variant-prices', normalize: false })
    .use(onAll(deps, tokens))
    .use(onOne(deps, tokens));
}

function onAll(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/api/v1/products/:id/variants/:variantId/prices', normalize: false })
    .use(auth(tokens))
    .get(
      '',
      async ({ caller, params, query, request }) =>
        Response.json(
          await listPrices(forRequest(deps, request), signedIn(caller), variantOf(params), query),
          { headers: PRIVATE },
        ),
      {
        access: 'products:write',
        params: VariantPricesParams,
        query: RuleListQuery,
        detail: operation({
          id: 'listVariantPrices',
          summary: 'The prices of a variant in the price lists, also those that have ended',
          description:
            'In the shop’s currency the variant’s own price counts beside them, unless one of them is in force for ' +
            'everybody and any quantity.',
          tag: 'Pricing',
          success: { status: 200, description: 'A page, the oldest first.', schema: VariantPricePage },
          failures: FAILURES,
        }),
      },
    )
    .post(
      '',
      async ({ body, caller, params, request }) => {
        const made = await setPrice(forRequest(deps, request), signedIn(caller), variantOf(params), body);
        return Response.json(made, { status: CREATED, headers: PRIVATE });
      },
      {
        access: 'products:write',
        params: VariantPricesParams,
        body: NewOwnPrice,
        detail: operation({
          id: 'setVariantPrice',
          summary: 'Set a price of a variant, for now or for later',
          description:
            'From `validFrom`, or now, until `validUntil`, if there is one. Of the prices that are in force for a ' +
            'quantity the lowest counts; two of one kind, currency and quantity are never in force at once. A sale ' +
            'that has no `compareAtPrice` is compared with what the variant costs without it.',
          tag: 'Pricing',
          success: { status: 201, ...AS_IT_IS },
          failures: [...FAILURES, 'currency_not_sold', 'price_window_overlaps', 'prices_full'],
        }),
      },
    );
}

function onOne(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/api/v1/products/:id/variants/:variantId/prices', normalize: false })
    .use(auth(tokens))
    .patch(
      '/:priceId',
      async ({ body, caller, params, request }) => {
        const name = { ...variantOf(params), priceId: params.priceId };
        const changed = await changePrice(forRequest(deps, request), signedIn(caller), name, body);
        return Response.json(changed, { headers: PRIVATE });
      },
      {
        access: 'products:write',
        params: VariantPriceParams,
        body: PriceChange,
        detail: operation({
          id: 'changeVariantPrice',
          summary: 'Change a price of a variant',
          description: 'Carts that have seen it before are told; orders keep what they were placed at.',
          tag: 'Pricing',
          success: { status: 200, ...AS_IT_IS },
          failures: [...FAILURES, 'price_rule_not_found', 'price_window_overlaps', 'prices_full'],
        }),
      },
    )
    .delete(
      '/:priceId',
      async ({ caller, params, request }) => {
        const name = { ...variantOf(params), priceId: params.priceId };
        return Response.json(await endPrice(forRequest(deps, request), signedIn(caller), name), {
          headers: PRIVATE,
        });
      },
      {
        access: 'products:write',
        params: VariantPriceParams,
        detail: operation({
          id: 'endVariantPrice',
          summary: 'End a price of a variant now',
          description: 'One that has not begun never does. What was sold by it stays as it is.',
          tag: 'Pricing',
          success: { status: 200, ...AS_IT_IS },
          failures: [...FAILURES, 'price_rule_not_found'],
        }),
      },
    );
}
