/** Where Stripe tells us of payments. The signature is over the raw body, which is never parsed before it. */

import { Elysia, t } from 'elysia';
import type { Deps } from '#origin/deps.ts';
import { auth } from '#origin/http/auth.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { receiveWebhook } from './service.ts';

export interface WebhookConfig {
  readonly jwtSecret: string;
  readonly webhookSecret: string;
}

const SignedEvent = t.String({
  description: 'A Stripe event, byte for byte as Stripe signed it.',
  examples: ['{"id":"evt_1","object":"event","type":"payment_intent.succeeded","data":{}}'],
});

const Received = t.Object({ received: t.Boolean() }, { examples: [{ received: true }] });

export function paymentRoutes(deps: Deps, { jwtSecret, webhookSecret }: WebhookConfig) {
  return new Elysia({ name: 'payments', prefix: '/api/v1', normalize: false }).use(auth(jwtSecret)).post(
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
      headers: t.Object({ 'stripe-signature': t.Optional(t.String({ maxLength: 2_000 })) }),
      detail: operation({
        id: 'receiveStripeWebhook',
        summary: 'For Stripe: what happened to a payment',
        tag: 'Checkout',
        success: { status: 200, description: 'It has been taken in.', schema: Received },
        failures: ['webhook_signature_invalid', 'payments_unavailable'],
      }),
    },
  );
}
