/** Accounts over HTTP. */

import { Elysia } from 'elysia';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { countCostly } from '#origin/http/limits.ts';
import { operation } from '#origin/http/openapi.ts';
import { clientOf, presentedToken, transportOf } from '#origin/http/session-transport.ts';
import { tokenAnswers } from '#origin/http/token-answers.ts';
import { LoginHeaders, logout, openSession, Tokens } from '#origin/sessions/service.ts';
import { Credentials, Me, Preferences, Registration, User } from './model.ts';
import * as accounts from './service.ts';

export interface AccountConfig {
  readonly tokens: AccessTokens;
  /** Whose pages may log in with a cookie. */
  readonly origins: ReadonlySet<string>;
}

export function accountRoutes(deps: Deps, config: AccountConfig) {
  return new Elysia({ name: 'accounts', prefix: '/api/v1', normalize: false })
    .use(auth(config.tokens))
    .post(
      '/auth/register',
      async ({ body, request, set }) => {
        Object.assign(set, { status: 201, headers: PRIVATE });
        await countCostly('register', request, null);
        return accounts.register(forRequest(deps, request), body);
      },
      {
        access: 'public',
        body: Registration,
        detail: operation({
          id: 'register',
          summary: 'Open an account',
          tag: 'Accounts',
          description:
            'Where the email has an account already, the answer is the same and nothing is opened: an email tells its ' +
            'owner. Otherwise the email has a token that proves it to be yours.',
          success: { status: 201, description: 'The account, as it was asked for.', schema: User },
        }),
      },
    )
    .use(loginRoute(deps, config))
    .use(ownAccount(deps, config.tokens));
}

function ownAccount(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/me', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .get('', async ({ caller }) => accounts.readMe(deps, signedIn(caller).userId), {
      access: 'user',
      detail: operation({
        id: 'getMe',
        summary: 'Who the access token is for',
        description: 'With its role, which says what it may do here.',
        tag: 'Accounts',
        success: { status: 200, description: 'The account.', schema: Me },
        failures: ['unauthenticated'],
      }),
    })
    .patch('', async ({ body, caller }) => accounts.changePreferences(deps, signedIn(caller).userId, body), {
      access: 'user',
      body: Preferences,
      detail: operation({
        id: 'changePreferences',
        summary: 'Say what you want to be written to about',
        description: 'Every such email has a link that ends them, too.',
        tag: 'Accounts',
        success: { status: 200, description: 'The account.', schema: Me },
        failures: ['unauthenticated'],
      }),
    });
}

function loginRoute(deps: Deps, { tokens, origins }: AccountConfig) {
  return new Elysia({ prefix: '/auth', normalize: false })
    .use(auth(tokens))
    .use(tokenAnswers(tokens.keys))
    .post(
      '/login',
      async ({ answerWith, body, request, set }) => {
        const transport = transportOf(request, origins);
        const forThis = forRequest(deps, request);
        const proven = await accounts.authenticate(forThis, body);
        const cartToken = request.headers.get(CART_TOKEN_HEADER);
        const opened = { transport, client: clientOf(request), cartToken };
        const grant = await openSession(forThis, proven, opened);
        // Its cookie makes way for the new one: nobody could end it later.
        const replaced = transport === 'cookie' ? presentedToken(request, transport, undefined) : null;
        if (replaced !== null) await logout(forThis, replaced);
        return answerWith(set, grant, transport);
      },
      {
        access: 'public',
        headers: LoginHeaders,
        body: Credentials,
        detail: operation({
          id: 'login',
          summary: 'Log in',
          description:
            'The access token goes into `Authorization: Bearer`. Whoever has a second factor sends a `code` as well.',
          tag: 'Accounts',
          success: { status: 200, description: 'A pair of tokens.', schema: Tokens },
          failures: [
            'credentials_invalid',
            'second_factor_required',
            'second_factor_invalid',
            'second_factor_throttled',
            'csrf_refused',
          ],
        }),
      },
    );
}
