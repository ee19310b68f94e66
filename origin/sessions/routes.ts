/** Sessions over HTTP. */

import { Elysia } from 'elysia';
import type { SessionId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { CLEARED_COOKIE, clientOf, presentedToken, transportOf } from '#origin/http/session-transport.ts';
import { tokenAnswers } from '#origin/http/token-answers.ts';
import { KeySet, RefreshRequest, SessionHeaders, SessionPage, SessionParams, Tokens } from './model.ts';
import * as sessions from './service.ts';

/** Keys change by restarts: whoever verifies our tokens asks again soon enough. */
const KEY_SET_HEADERS = { 'cache-control': 'public, max-age=300' };

/** ASVS 5.0.0, 7.5.2. */
const RECENT_LOGIN =
  'It takes a session that was logged in to within the last ten minutes; refreshing makes none younger. Log in again ' +
  'and use the new token: who has only got hold of a session puts nobody out of theirs.';

export interface SessionConfig {
  readonly tokens: AccessTokens;
  readonly origins: ReadonlySet<string>;
}

export function sessionRoutes(deps: Deps, config: SessionConfig) {
  return new Elysia({ name: 'sessions', normalize: false })
    .use(refreshRoute(deps, config))
    .use(logoutRoute(deps, config))
    .use(ownSessions(deps, config.tokens))
    .get(
      '/.well-known/jwks.json',
      ({ set }) => {
        Object.assign(set.headers, KEY_SET_HEADERS);
        return { keys: config.tokens.keys.published };
      },
      {
        detail: {
          ...operation({
            id: 'getKeySet',
            summary: 'The public keys of access tokens (RFC 7517)',
            description:
              "Whoever verifies access tokens by themselves takes the key that a token's `kid` names.",
            tag: 'Accounts',
            success: { status: 200, description: 'The keys.', schema: KeySet },
          }),
          security: [],
        },
      },
    );
}

/** The cookie is read where the client says that it uses one. */
function withCookie(documented: Parameters<typeof operation>[0]) {
  return { ...operation(documented), security: [{ sessionCookie: [] }, {}] };
}

function refreshRoute(deps: Deps, { tokens, origins }: SessionConfig) {
  return new Elysia({ prefix: '/api/v1/auth', normalize: false })
    .use(auth(tokens))
    .use(tokenAnswers(tokens.keys))
    .post(
      '/refresh',
      async ({ answerWith, body, request, set }) => {
        const transport = transportOf(request, origins);
        const token = presentedToken(request, transport, body.refreshToken);
        if (token === null) throw new AppError('refresh_token_invalid');
        const presented = { token, transport, client: clientOf(request) };
        const grant = await sessions.refresh(forRequest(deps, request), presented);
        return answerWith(set, grant, transport);
      },
      {
        access: 'public',
        headers: SessionHeaders,
        body: RefreshRequest,
        detail: withCookie({
          id: 'refresh',
          summary: 'Trade a refresh token for a new pair',
          description:
            'A token is good for one trade. One that comes again ends its session, on every device that holds it, ' +
            'and its user is told by email; unless the client that traded it sends it twice within ten seconds: ' +
            'the second answer has an access token alone.',
          tag: 'Accounts',
          success: { status: 200, description: 'A pair of tokens.', schema: Tokens },
          failures: ['refresh_token_invalid', 'csrf_refused'],
        }),
      },
    );
}

function logoutRoute(deps: Deps, { tokens, origins }: SessionConfig) {
  return new Elysia({ prefix: '/api/v1/auth', normalize: false }).use(auth(tokens)).post(
    '/logout',
    async ({ body, request, set }) => {
      const transport = transportOf(request, origins);
      const token = presentedToken(request, transport, body.refreshToken);
      if (token !== null) await sessions.logout(forRequest(deps, request), token);
      if (transport === 'cookie') set.headers['set-cookie'] = CLEARED_COOKIE;
      set.status = 204;
    },
    {
      access: 'public',
      headers: SessionHeaders,
      body: RefreshRequest,
      detail: withCookie({
        id: 'logout',
        summary: 'End the session of a refresh token',
        description: 'Its access tokens are worth nothing from then on.',
        tag: 'Accounts',
        success: { status: 204, description: 'It has ended.' },
        failures: ['csrf_refused'],
      }),
    },
  );
}

function ownSessions(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ prefix: '/api/v1/me/sessions', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .get(
      '',
      async ({ caller }) => {
        const { userId, sessionId } = signedIn(caller);
        return sessions.listSessions(deps, userId, sessionId);
      },
      {
        access: 'user',
        detail: operation({
          id: 'listSessions',
          summary: 'Where you are logged in, the last used first',
          description: 'Each with when it began and was last used, and which of them this is.',
          tag: 'Accounts',
          success: { status: 200, description: 'All of them.', schema: SessionPage },
          failures: ['unauthenticated'],
        }),
      },
    )
    .delete(
      '',
      async ({ caller, request, set }) => {
        await sessions.endAllSessions(forRequest(deps, request), signedIn(caller));
        set.status = 204;
      },
      {
        access: 'user',
        detail: operation({
          id: 'endAllSessions',
          summary: 'Log out everywhere, here included',
          description: RECENT_LOGIN,
          tag: 'Accounts',
          success: { status: 204, description: 'All have ended, within a second everywhere.' },
          failures: ['unauthenticated', 'login_too_old'],
        }),
      },
    )
    .delete(
      '/:id',
      async ({ caller, params, request, set }) => {
        await sessions.endSession(forRequest(deps, request), signedIn(caller), params.id as SessionId);
        set.status = 204;
      },
      {
        access: 'user',
        params: SessionParams,
        detail: operation({
          id: 'endSession',
          summary: 'End one of your sessions',
          description: `The one that asks ends at any time. For another: ${RECENT_LOGIN}`,
          tag: 'Accounts',
          success: { status: 204, description: 'It has ended, within a second everywhere.' },
          failures: ['unauthenticated', 'login_too_old', 'session_not_found'],
        }),
      },
    );
}
