/**
 * Payments over HTTP: where Stripe tells us of them, and what becomes of an order's money. The webhook's signature
 * is over the raw body, which is never parsed before it.
 */

import { Elysia, t } from 'elysia';
import type { OrderId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { IDEMPOTENCY_FAILURES, toResponse } from '#origin/http/idempotency.ts';
import { operation } from '#origin/http/openapi.ts';
import { IdempotencyHeader } from '#origin/http/schemas.ts';
import { Order, OrderParams } from '#origin/orders/service.ts';
import { CancelBody, OrderPayment, RefundBody } from './model.ts';
import { askCancellation, askRefund } from './requests.ts';
import { receiveWebhook, refreshPayment } from './service.ts';

export interface WebhookConfig {
  readonly tokens: AccessTokens;
  readonly webhookSecret: string;
}

const SignedEvent = t.String({
  description: 'A Stripe event, byte for byte as Stripe signed it.',
  examples: [
    '{"id":"evt_1","object":"event","type":"charge.updated","data":{"object":{"id":"ch_1","object":"charge","payment_intent":"pi_1"}}}',
  ],
});

const StripeSignature = t.Object({
  'stripe-signature': t.Optional(
    t.String({ maxLength: 2_000, description: 'Required.', examples: ['t=1767225600,v1=5257a869e7ecebed'] }),
  ),
});

const Received = t.Object({ received: t.Boolean() }, { examples: [{ received: true }] });

export function paymentRoutes(deps: Deps, { tokens, webhookSecret }: WebhookConfig) {
  return new Elysia({ name: 'payments', prefix: '/api/v1', normalize: false })
    .use(auth(tokens))
    .use(orderPaymentRoutes(deps, tokens))
    .post(
      '/webhooks/stripe',
      async ({ body, headers, request }) => {
        await receiveWebhook(forRequest(deps, request), {
          rawBody: body,
          signature: headers['stripe-signature'] ?? '',
          secret: webhookSecret,
        });
        return { received: true };
      },
      {
        access: 'public',
        parse: 'text',
        body: SignedEvent,
        headers: StripeSignature,
        detail: operation({
          id: 'receiveStripeWebhook',
          summary: 'For Stripe: what happened to a payment',
          description:
            'Believed by its signature alone, taken once however often it comes, and in any order.',
          tag: 'Checkout',
          success: { status: 200, description: 'It has been taken in.', schema: Received },
          failures: ['webhook_signature_invalid', 'payments_unavailable'],
        }),
      },
    );
}

function orderPaymentRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'order-payments', prefix: '/orders', normalize: false })
    .use(auth(tokens))
    .post(
      '/:id/payment',
      async ({ caller, params, request }) => {
        const order = await refreshPayment(forRequest(deps, request), caller, params.id as OrderId);
        return Response.json(order, { headers: PRIVATE });
      },
      {
        access: 'anyone',
        params: OrderParams,
        detail: operation({
          id: 'refreshPayment',
          summary: 'Back from the bank: how the payment stands at this moment',
          description: 'Asks the payment provider. A guest sends the `Cart-Token` the order was bought with.',
          tag: 'Orders',
          success: { status: 200, description: 'The order as it is then.', schema: OrderPayment },
          failures: ['unauthenticated', 'order_not_found', 'payments_unavailable'],
        }),
      },
    )
    .use(cancellation(deps, tokens))
    .use(refund(deps, tokens));
}

function cancellation(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'order-cancellation', normalize: false }).use(auth(tokens)).post(
    '/:id/cancel',
    async ({ body, caller, headers, params, request }) =>
      toResponse(
        await askCancellation(forRequest(deps, request), caller, {
          orderId: params.id as OrderId,
          idempotencyKey: headers['idempotency-key'],
          body: body?.reason ?? '',
        }),
      ),
    {
      access: 'anyone',
      params: OrderParams,
      headers: IdempotencyHeader,
      body: CancelBody,
      detail: operation({
        id: 'cancelOrder',
        summary: 'Cancel an order before its goods leave',
        description:
          'What was paid goes back. A guest sends the `Cart-Token`; an admin may cancel any order.',
        tag: 'Orders',
        success: { status: 200, description: 'The cancelled order.', schema: Order },
        failures: [
          ...(['unauthenticated', 'order_not_found', 'order_not_cancellable'] as const),
          ...(['payment_in_progress', 'payments_unavailable'] as const),
          ...IDEMPOTENCY_FAILURES,
        ],
      }),
    },
  );
}

function refund(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'order-refunds', normalize: false }).use(auth(tokens)).post(
    '/:id/refunds',
    async ({ body, caller, headers, params, request }) =>
      toResponse(
        await askRefund(forRequest(deps, request), signedIn(caller), {
          orderId: params.id as OrderId,
          idempotencyKey: headers['idempotency-key'],
          body,
        }),
      ),
    {
      access: 'orders:refund',
      params: OrderParams,
      headers: IdempotencyHeader,
      body: RefundBody,
      detail: operation({
        id: 'refundOrder',
        summary: "Give an order's money back, in whole or in part",
        description:
          'An amount, up to `payment.refundable`; or all that is left and pays for no replacement. The refund may be ' +
          'pending for a while; once all is back, what was not packed is on sale again.',
        tag: 'Orders',
        success: { status: 200, description: 'The order, with the refund in it.', schema: Order },
        failures: [
          ...(['unauthenticated', 'forbidden', 'order_not_found', 'nothing_to_refund'] as const),
          ...(['refund_too_large', 'refund_refused', 'payments_unavailable'] as const),
          ...IDEMPOTENCY_FAILURES,
        ],
      }),
    },
  );
}
