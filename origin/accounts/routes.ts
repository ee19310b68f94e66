/** Accounts over HTTP. */

import { Elysia } from 'elysia';
import type { Deps } from '#origin/deps.ts';
import { ACCESS_TOKEN_LIFE_SECONDS, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { Credentials, RefreshRequest, Registration, TokenPair, User } from './model.ts';
import * as accounts from './service.ts';

export function accountRoutes(deps: Deps, jwtSecret: string) {
  return new Elysia({ name: 'accounts', prefix: '/api/v1', normalize: false })
    .use(auth(jwtSecret))
    .post(
      '/auth/register',
      async ({ body, request, set }) => {
        Object.assign(set, { status: 201, headers: PRIVATE });
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
    .use(sessionRoutes(deps, jwtSecret))
    .get(
      '/me',
      async ({ caller, set }) => {
        Object.assign(set.headers, PRIVATE);
        return accounts.readUser(deps, signedIn(caller).userId);
      },
      {
        access: 'user',
        detail: operation({
          id: 'getMe',
          summary: 'Who the access token is for',
          tag: 'Accounts',
          success: { status: 200, description: 'The account.', schema: User },
          failures: ['unauthenticated'],
        }),
      },
    );
}

function sessionRoutes(deps: Deps, jwtSecret: string) {
  return new Elysia({ prefix: '/auth', normalize: false })
    .use(auth(jwtSecret))
    .post(
      '/login',
      async ({ accessToken, body, request, set }) => {
        Object.assign(set.headers, PRIVATE);
        const { user, refreshToken } = await accounts.login(forRequest(deps, request), body);
        const signed = await accessToken.sign({ sub: user.id, role: user.role });
        return { accessToken: signed, refreshToken, expiresIn: ACCESS_TOKEN_LIFE_SECONDS };
      },
      {
        access: 'public',
        body: Credentials,
        detail: operation({
          id: 'login',
          summary: 'Log in',
          tag: 'Accounts',
          success: { status: 200, description: 'A pair of tokens.', schema: TokenPair },
          failures: [
            'credentials_invalid',
            'second_factor_required',
            'second_factor_invalid',
            'second_factor_throttled',
          ],
        }),
      },
    )
    .post(
      '/refresh',
      async ({ accessToken, body, request, set }) => {
        Object.assign(set.headers, PRIVATE);
        const { user, refreshToken } = await accounts.refresh(forRequest(deps, request), body.refreshToken);
        const signed = await accessToken.sign({ sub: user.id, role: user.role });
        return { accessToken: signed, refreshToken, expiresIn: ACCESS_TOKEN_LIFE_SECONDS };
      },
      {
        access: 'public',
        body: RefreshRequest,
        detail: operation({
          id: 'refresh',
          summary: 'Trade a refresh token for a new pair',
          tag: 'Accounts',
          success: { status: 200, description: 'A pair of tokens.', schema: TokenPair },
          failures: ['refresh_token_invalid'],
        }),
      },
    )
    .post(
      '/logout',
      async ({ body, request, set }) => {
        await accounts.logout(forRequest(deps, request), body.refreshToken);
        set.status = 204;
      },
      {
        access: 'public',
        body: RefreshRequest,
        detail: operation({
          id: 'logout',
          summary: 'End the session of a refresh token',
          tag: 'Accounts',
          success: { status: 204, description: 'It has ended.' },
        }),
      },
    );
}
