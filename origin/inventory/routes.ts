/** Stock over HTTP: for the seller of a variant, and for admins. */

import { Elysia } from 'elysia';
import type { VariantId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { IDEMPOTENCY_FAILURES, toResponse } from '#origin/http/idempotency.ts';
import { operation } from '#origin/http/openapi.ts';
import { IdempotencyHeader } from '#origin/http/schemas.ts';
import { adjustStock, readHistory, setLowAt } from './adjust-stock.ts';
import { listStock } from './list-stock.ts';
import {
  Stock,
  StockAdjustment,
  StockByLocation,
  StockHistory,
  StockListQuery,
  StockPage,
  StockParams,
  StockSettings,
  StockTransfer,
} from './model.ts';
import { transferStock } from './transfer-stock.ts';

const STOCK = { status: 200, description: 'The stock as it is then.', schema: Stock };
const LOCATION_FAILURES = [
  'stock_location_not_found',
  'stock_location_inactive',
  'stock_not_at_location',
] as const;
const FAILURES = ['unauthenticated', 'forbidden', 'variant_not_found'] as const;

export function inventoryRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'inventory', prefix: '/api/v1/inventory', normalize: false })
    .use(auth(tokens))
    .post(
      '/adjustments',
      async ({ body, caller, headers, request }) => {
        const key = headers['idempotency-key'];
        return toResponse(await adjustStock(forRequest(deps, request), signedIn(caller), key, body));
      },
      {
        access: 'stock:write',
        headers: IdempotencyHeader,
        body: StockAdjustment,
        detail: operation({
          id: 'adjustStock',
          summary: 'Receive units, or correct a count',
          description: 'Never below what orders have reserved.',
          tag: 'Inventory',
          success: STOCK,
          failures: [...[...FAILURES, ...LOCATION_FAILURES, ...IDEMPOTENCY_FAILURES], 'stock_reserved'],
        }),
      },
    )
    .post(
      '/transfers',
      async ({ body, caller, headers, request }) => {
        const key = headers['idempotency-key'];
        return toResponse(await transferStock(forRequest(deps, request), signedIn(caller), key, body));
      },
      {
        access: 'stock:write',
        headers: IdempotencyHeader,
        body: StockTransfer,
        detail: operation({
          id: 'transferStock',
          summary: 'Take units from one location to another',
          description: 'What can be sold stays as it is.',
          tag: 'Inventory',
          success: { status: 200, description: 'Where the stock lies then.', schema: StockByLocation },
          failures: [...FAILURES, ...LOCATION_FAILURES, ...IDEMPOTENCY_FAILURES],
        }),
      },
    )
    .use(variantRoutes(deps, tokens));
}

function variantRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'inventory-variants', normalize: false })
    .use(auth(tokens))
    .get(
      '',
      async ({ caller, query }) =>
        Response.json(await listStock(deps, signedIn(caller), query), { headers: PRIVATE }),
      {
        access: 'stock:read',
        query: StockListQuery,
        detail: operation({
          id: 'listStock',
          summary: 'The stock of your variants',
          description:
            'Of the products that are yours; of all, for admins. On hand, promised, and left to sell.',
          tag: 'Inventory',
          success: { status: 200, description: 'A page.', schema: StockPage },
          failures: ['unauthenticated', 'forbidden'],
        }),
      },
    )
    .get(
      '/:variantId',
      async ({ caller, params }) =>
        Response.json(await readHistory(deps, signedIn(caller), params.variantId as VariantId), {
          headers: PRIVATE,
        }),
      {
        access: 'stock:read',
        params: StockParams,
        detail: operation({
          id: 'getStock',
          summary: "A variant's stock, and what has moved it of late",
          description: 'Every receipt, sale, return and correction is among its movements.',
          tag: 'Inventory',
          success: { status: 200, description: 'The stock.', schema: StockHistory },
          failures: FAILURES,
        }),
      },
    )
    .patch(
      '/:variantId',
      async ({ body, caller, params }) => {
        const variantId = params.variantId as VariantId;
        return Response.json(await setLowAt(deps, signedIn(caller), variantId, body.lowAt), {
          headers: PRIVATE,
        });
      },
      {
        access: 'stock:write',
        params: StockParams,
        body: StockSettings,
        detail: operation({
          id: 'setLowStock',
          summary: 'Say when the stock of a variant is low',
          description: 'From that many down it counts as low, and `stock.ran_low` is told once.',
          tag: 'Inventory',
          success: STOCK,
          failures: FAILURES,
        }),
      },
    );
}
