/** Checkout over HTTP. */

import { Elysia } from 'elysia';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth } from '#origin/http/auth.ts';
import { forRequest } from '#origin/http/context.ts';
import { IDEMPOTENCY_FAILURES, toResponse } from '#origin/http/idempotency.ts';
import { countCostly } from '#origin/http/limits.ts';
import { operation } from '#origin/http/openapi.ts';
import { IdempotencyHeader } from '#origin/http/schemas.ts';
import { Order } from '#origin/orders/service.ts';
import { CheckoutRequest, OrderToConfirm } from './model.ts';
import { checkOut } from './service.ts';

export function checkoutRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'checkout', prefix: '/api/v1', normalize: false }).use(auth(tokens)).post(
    '/checkout',
    async ({ body, caller, headers, request }) => {
      await countCostly('checkout', request, caller);
      return toResponse(await checkOut(forRequest(deps, request), caller, headers['idempotency-key'], body));
    },
    {
      access: 'anyone',
      headers: IdempotencyHeader,
      body: CheckoutRequest,
      detail: operation({
        id: 'checkOut',
        summary: 'Buy what is in the cart',
        description:
          'Charges what the `quote` says, or answers 409 with what has changed since. Where the shop ships to zones, the ' +
          'cart has its shipping method by then (`changeCart`). Where tax or shipping in the country go by region, the ' +
          'address has one, by code (ISO 3166-2, `NY`) or name. A guest sends the `Cart-Token` of the cart.',
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
            'quote_required',
            'currency_not_sold',
            'region_required',
            'postal_code_required',
            'shipping_zone_missing',
            'shipping_method_required',
            'weight_missing',
            'code_used_up',
            'total_not_chargeable',
            'order_cancelled',
          ] as const),
          ...(['checkout_in_progress', 'payments_unavailable'] as const),
          ...IDEMPOTENCY_FAILURES,
        ],
      }),
    },
  );
}
