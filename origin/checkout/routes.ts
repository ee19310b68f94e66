/** Checkout over HTTP. */

import { Elysia } from 'elysia';
import { PROBLEM_CONTENT_TYPE } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { auth } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { Order } from '#origin/orders/service.ts';
import { CheckoutRequest, IdempotencyHeader, OrderToConfirm } from './model.ts';
import { checkOut } from './service.ts';

const FIRST_FAILURE_STATUS = 400;

export function checkoutRoutes(deps: Deps, jwtSecret: string) {
  return new Elysia({ name: 'checkout', prefix: '/api/v1', normalize: false }).use(auth(jwtSecret)).post(
    '/checkout',
    async ({ body, caller, headers, request }) => {
      const answer = await checkOut(forRequest(deps, request), caller, headers['idempotency-key'], body);
      const contentType = answer.status < FIRST_FAILURE_STATUS ? 'application/json' : PROBLEM_CONTENT_TYPE;
      return Response.json(answer.body, {
        status: answer.status,
        headers: { ...PRIVATE, 'content-type': contentType },
      });
    },
    {
      access: 'anyone',
      headers: IdempotencyHeader,
      body: CheckoutRequest,
      detail: operation({
        id: 'checkOut',
        summary: 'Buy what is in the cart',
        description: 'A guest sends the `Cart-Token` of the cart.',
        tag: 'Checkout',
        success: [
          { status: 200, description: 'The bank wants to see the shopper first.', schema: OrderToConfirm },
          { status: 201, description: 'The order.', schema: Order },
        ],
        failures: [
          ...([
            'unauthenticated',
            'card_declined',
            'cart_not_found',
            'payment_method_not_found',
            'cart_empty',
            'cart_completed',
          ] as const),
          ...([
            'variant_unavailable',
            'out_of_stock',
            'price_changed',
            'quote_invalid',
            'quote_expired',
            'quote_mismatch',
            'total_not_chargeable',
            'order_cancelled',
          ] as const),
          ...(['checkout_in_progress', 'idempotency_in_progress', 'idempotency_key_missing'] as const),
          ...(['idempotency_mismatch', 'payments_unavailable'] as const),
        ],
      }),
    },
  );
}
