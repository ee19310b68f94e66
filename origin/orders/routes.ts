/** Orders over HTTP. */

import { Elysia } from 'elysia';
import type { OrderId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { operation } from '#origin/http/openapi.ts';
import { drawLifecycle } from './lifecycle.ts';
import { Order, OrderListQuery, OrderPage, OrderParams } from './model.ts';
import { listOrders, readOrder } from './read-order.ts';

/** The tag's own text: the life of an order, drawn from its table. */
export const ORDERS_TAG = {
  name: 'Orders',
  description: `What was bought, and its life:\n\n\`\`\`mermaid\n${drawLifecycle()}\n\`\`\`\n`,
};

export function orderRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'orders', prefix: '/api/v1/orders', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .get('', async ({ caller, query }) => listOrders(deps, signedIn(caller), query), {
      access: 'user',
      query: OrderListQuery,
      detail: operation({
        id: 'listOrders',
        summary: 'Your orders, the newest first',
        description: 'As a guest you have none: each order is read by its id.',
        tag: 'Orders',
        success: { status: 200, description: 'A page.', schema: OrderPage },
        failures: ['unauthenticated'],
      }),
    })
    .get('/:id', async ({ caller, params }) => readOrder(deps, caller, params.id as OrderId), {
      access: 'anyone',
      params: OrderParams,
      detail: operation({
        id: 'getOrder',
        summary: 'An order; a guest sends the Cart-Token it was bought with',
        description: 'With its payment, refunds, parcels, returns and timeline, as they are now.',
        tag: 'Orders',
        success: { status: 200, description: 'The order.', schema: Order },
        failures: ['unauthenticated', 'order_not_found'],
      }),
    });
}
