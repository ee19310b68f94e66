/** Webhook endpoints over HTTP. */

import { Elysia } from 'elysia';
import type { WebhookEndpointId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import {
  Endpoint,
  EndpointChange,
  EndpointPage,
  EndpointParams,
  MadeEndpoint,
  NewEndpoint,
  NewSecret,
  Rotation,
} from './model.ts';
import * as endpoints from './service.ts';

export { WEBHOOKS, WEBHOOKS_TAG } from './document.ts';

const ENDPOINT = { status: 200, description: 'The endpoint.', schema: Endpoint };
const REFUSED = ['unauthenticated', 'forbidden'] as const;
const FAILURES = [...REFUSED, 'webhook_endpoint_not_found'] as const;

export function webhookEndpointRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'webhook-endpoints', prefix: '/api/v1/webhook-endpoints', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .post(
      '',
      async ({ body, caller, request, set }) => {
        set.status = 201;
        return endpoints.createEndpoint(forRequest(deps, request), signedIn(caller), body);
      },
      {
        access: 'webhooks:manage',
        body: NewEndpoint,
        detail: operation({
          id: 'createWebhookEndpoint',
          summary: 'Be told of events at a URL of yours',
          description:
            'Each event is signed by the secret as Standard Webhooks say. The URL is https, and of a public name.',
          tag: 'Webhooks',
          success: {
            ...{ status: 201, schema: MadeEndpoint },
            description: 'The endpoint, with the secret that is never shown again.',
          },
          failures: [...REFUSED, 'webhook_endpoints_full', 'webhook_url_taken'],
        }),
      },
    )
    .get('', async () => endpoints.listEndpoints(deps), {
      access: 'webhooks:manage',
      detail: operation({
        id: 'listWebhookEndpoints',
        summary: 'The endpoints of the shop',
        description: 'With the types that each is told of, and why one was disabled.',
        tag: 'Webhooks',
        success: { status: 200, description: 'All of them.', schema: EndpointPage },
        failures: REFUSED,
      }),
    })
    .get('/:id', async ({ params }) => endpoints.readEndpoint(deps, params.id as WebhookEndpointId), {
      access: 'webhooks:manage',
      params: EndpointParams,
      detail: operation({
        id: 'getWebhookEndpoint',
        summary: 'An endpoint, and whether it is well',
        description: 'One that fails for long is disabled, and its owner told by mail.',
        tag: 'Webhooks',
        success: ENDPOINT,
        failures: FAILURES,
      }),
    })
    .use(changes(deps, tokens));
}

function changes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'webhook-endpoint-changes', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .patch(
      '/:id',
      async ({ body, caller, params, request }) =>
        endpoints.changeEndpoint(
          forRequest(deps, request),
          signedIn(caller),
          params.id as WebhookEndpointId,
          body,
        ),
      {
        access: 'webhooks:manage',
        params: EndpointParams,
        body: EndpointChange,
        detail: operation({
          id: 'changeWebhookEndpoint',
          summary: 'Give an endpoint another URL or other types, or switch it off or on',
          description: 'One that is switched on again, or has another URL, is taken to be well.',
          tag: 'Webhooks',
          success: ENDPOINT,
          failures: [...FAILURES, 'webhook_url_taken'],
        }),
      },
    )
    .delete(
      '/:id',
      async ({ caller, params, request, set }) => {
        const id = params.id as WebhookEndpointId;
        await endpoints.deleteEndpoint(forRequest(deps, request), signedIn(caller), id);
        set.status = 204;
      },
      {
        access: 'webhooks:manage',
        params: EndpointParams,
        detail: operation({
          id: 'deleteWebhookEndpoint',
          summary: 'Take an endpoint away, and its log',
          description: 'What waits to be sent to it is not sent any more.',
          tag: 'Webhooks',
          success: { status: 204, description: 'Nothing more is sent to it.' },
          failures: FAILURES,
        }),
      },
    )
    .post(
      '/:id/secrets',
      async ({ body, caller, params, request, set }) => {
        set.status = 201;
        const id = params.id as WebhookEndpointId;
        return endpoints.rotateSecret(forRequest(deps, request), signedIn(caller), id, body);
      },
      {
        access: 'webhooks:manage',
        params: EndpointParams,
        body: Rotation,
        detail: operation({
          id: 'rotateWebhookSecret',
          summary: 'A new secret, with the old one beside it for a time',
          description: 'Meanwhile each message is signed by each: a receiver that knows one takes it.',
          tag: 'Webhooks',
          success: {
            status: 201,
            description: 'The new secret, which is never shown again.',
            schema: NewSecret,
          },
          failures: FAILURES,
        }),
      },
    );
}
