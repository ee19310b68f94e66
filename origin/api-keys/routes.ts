/** API keys over HTTP. */

import { Elysia } from 'elysia';
import type { ApiKeyId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { PROOF_FAILURES } from '#origin/second-factor/service.ts';
import { ApiKeyPage, ApiKeyParams, MadeApiKey, NewApiKey } from './model.ts';
import { createApiKey, listApiKeys, revokeApiKey } from './service.ts';

export function apiKeyRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'api-keys', prefix: '/api/v1/api-keys', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .post(
      '',
      async ({ body, caller, request, set }) => {
        set.status = 201;
        return createApiKey(forRequest(deps, request), signedIn(caller).userId, body);
      },
      {
        access: 'user',
        body: NewApiKey,
        detail: operation({
          id: 'createApiKey',
          summary: 'Make a key for a program of yours',
          description: 'It may do what its scopes say, as far as you may. An email tells you of it.',
          tag: 'Accounts',
          success: { status: 201, description: 'The key, which is never shown again.', schema: MadeApiKey },
          failures: [...PROOF_FAILURES, 'api_keys_full'],
        }),
      },
    )
    .get('', async ({ caller }) => listApiKeys(deps, signedIn(caller).userId), {
      access: 'user',
      detail: operation({
        id: 'listApiKeys',
        summary: 'Your API keys, by how they begin',
        description: 'The key itself was shown when it was made, and never is again.',
        tag: 'Accounts',
        success: { status: 200, description: 'All that are not revoked.', schema: ApiKeyPage },
        failures: ['unauthenticated'],
      }),
    })
    .delete(
      '/:id',
      async ({ caller, params, request, set }) => {
        await revokeApiKey(forRequest(deps, request), signedIn(caller).userId, params.id as ApiKeyId);
        set.status = 204;
      },
      {
        access: 'user',
        params: ApiKeyParams,
        detail: operation({
          id: 'revokeApiKey',
          summary: 'Revoke a key, from its next request on',
          description: 'It cannot be taken back: make another key for what used it.',
          tag: 'Accounts',
          success: { status: 204, description: 'It is worth nothing.' },
          failures: ['unauthenticated', 'api_key_not_found'],
        }),
      },
    );
}
