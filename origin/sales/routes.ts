/** Sales over HTTP: for sellers, and for admins. */

import { Elysia } from 'elysia';
import type { OrderId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { operation } from '#origin/http/openapi.ts';
import { Sale, SaleListQuery, SalePage, SaleParams } from './model.ts';
import { listSales, readSale } from './service.ts';

export function saleRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'sales', prefix: '/api/v1/sales', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .get('', async ({ caller, query }) => listSales(deps, signedIn(caller), query), {
      access: 'sales:read',
      query: SaleListQuery,
      detail: operation({
        id: 'listSales',
        summary: 'Paid orders with goods of yours, the newest first',
        description: 'Each with your lines only; admins see those of every seller.',
        tag: 'Orders',
        success: { status: 200, description: 'A page.', schema: SalePage },
        failures: ['unauthenticated', 'forbidden'],
      }),
    })
    .get(
      '/:orderId',
      async ({ caller, params }) => readSale(deps, signedIn(caller), params.orderId as OrderId),
      {
        access: 'sales:read',
        params: SaleParams,
        detail: operation({
          id: 'getSale',
          summary: 'Your lines of an order, and where they go',
          description: 'What others sold in the same order is not shown.',
          tag: 'Orders',
          success: { status: 200, description: 'The sale.', schema: Sale },
          failures: ['unauthenticated', 'forbidden', 'order_not_found'],
        }),
      },
    );
}
