/** The log of webhooks over HTTP: reading it, sending again, and trying an endpoint out. */

import { Elysia } from 'elysia';
import type { WebhookDeliveryId, WebhookEndpointId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { sendTest } from './fan-out.ts';
import { listDeliveries, readDelivery } from './log.ts';
import {
  Delivery,
  DeliveryDetails,
  DeliveryListQuery,
  DeliveryPage,
  DeliveryParams,
  EndpointParams,
  Replayed,
  ReplayOrder,
} from './model.ts';
import { replayDelivery, replayRange } from './replay.ts';

const FAILURES = ['unauthenticated', 'forbidden', 'webhook_endpoint_not_found'] as const;
const SENDING = [...FAILURES, 'webhook_endpoint_disabled'] as const;

export function webhookDeliveryRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'webhook-deliveries', prefix: '/api/v1/webhook-endpoints', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .get(
      '/:id/deliveries',
      async ({ params, query }) => listDeliveries(deps, params.id as WebhookEndpointId, query),
      {
        access: 'webhooks:manage',
        params: EndpointParams,
        query: DeliveryListQuery,
        detail: operation({
          id: 'listWebhookDeliveries',
          summary: 'What was sent to an endpoint, the newest event first',
          description: 'It goes back 30 days.',
          tag: 'Webhooks',
          success: { status: 200, description: 'A page.', schema: DeliveryPage },
          failures: FAILURES,
        }),
      },
    )
    .get(
      '/:id/deliveries/:deliveryId',
      async ({ params }) =>
        readDelivery(deps, params.id as WebhookEndpointId, params.deliveryId as WebhookDeliveryId),
      {
        access: 'webhooks:manage',
        params: DeliveryParams,
        detail: operation({
          id: 'getWebhookDelivery',
          summary: 'A delivery: what is sent, and what each attempt met with',
          description: 'The status and the time that each attempt took, and when the next one is due.',
          tag: 'Webhooks',
          success: { status: 200, description: 'The delivery.', schema: DeliveryDetails },
          failures: [...FAILURES, 'webhook_delivery_not_found'],
        }),
      },
    )
    .use(sending(deps, tokens));
}

function sending(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'webhook-sending', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
      set.status = 202;
    })
    .post('/:id/test', async ({ params }) => sendTest(deps, params.id as WebhookEndpointId), {
      access: 'webhooks:manage',
      params: EndpointParams,
      detail: operation({
        id: 'sendTestWebhook',
        summary: 'Try an endpoint out, by an event of the type `webhook.test`',
        description: 'It goes the way of every other: its delivery tells what came of it.',
        tag: 'Webhooks',
        success: { status: 202, description: 'The delivery that is to be made.', schema: Delivery },
        failures: SENDING,
      }),
    })
    .post(
      '/:id/deliveries/:deliveryId/replay',
      async ({ caller, params, request }) =>
        replayDelivery(
          forRequest(deps, request),
          signedIn(caller),
          params.id as WebhookEndpointId,
          params.deliveryId as WebhookDeliveryId,
        ),
      {
        access: 'webhooks:manage',
        params: DeliveryParams,
        detail: operation({
          id: 'replayWebhookDelivery',
          summary: 'Send it again now, with the same `webhook-id`',
          description: 'A receiver that keeps the ids takes it for the same event.',
          tag: 'Webhooks',
          success: { status: 202, description: 'The delivery that is to be made.', schema: Delivery },
          failures: [...SENDING, 'webhook_delivery_not_found'],
        }),
      },
    )
    .post(
      '/:id/replay',
      async ({ body, caller, params, request }) =>
        replayRange(forRequest(deps, request), signedIn(caller), params.id as WebhookEndpointId, body),
      {
        access: 'webhooks:manage',
        params: EndpointParams,
        body: ReplayOrder,
        detail: operation({
          id: 'replayWebhooks',
          summary: 'Send again what failed, or was missed, in a time',
          description: 'Up to 10,000 of them; each has the `webhook-id` that it had.',
          tag: 'Webhooks',
          success: { status: 202, description: 'How many are to be sent.', schema: Replayed },
          failures: [...SENDING, 'webhook_replay_too_large'],
        }),
      },
    );
}
