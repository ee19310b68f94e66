/** Accounts over HTTP, for admins. */

import { Elysia } from 'elysia';
import type { UserId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type AccessTokens, auth, signedIn } from '#origin/http/auth.ts';
import { PRIVATE } from '#origin/http/caching.ts';
import { forRequest } from '#origin/http/context.ts';
import { operation } from '#origin/http/openapi.ts';
import { ManagedUser, UserChange, UserListQuery, UserPage, UserParams } from './model.ts';
import * as users from './service.ts';

const USER = { status: 200, description: 'The account.', schema: ManagedUser };
const FAILURES = ['unauthenticated', 'forbidden', 'user_not_found'] as const;

export function userRoutes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'users', prefix: '/api/v1/users', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .get('', async ({ query }) => users.listUsers(deps, query), {
      access: 'users:read',
      query: UserListQuery,
      detail: operation({
        id: 'listUsers',
        summary: 'Accounts, the newest first',
        description: 'Of every role, or of one; those that are kept out are among them.',
        tag: 'Accounts',
        success: { status: 200, description: 'A page.', schema: UserPage },
        failures: ['unauthenticated', 'forbidden'],
      }),
    })
    .get('/:id', async ({ params }) => users.readUser(deps, params.id as UserId), {
      access: 'users:read',
      params: UserParams,
      detail: operation({
        id: 'getUser',
        summary: 'An account',
        description: 'Its role, and whether it is kept out.',
        tag: 'Accounts',
        success: USER,
        failures: FAILURES,
      }),
    })
    .use(changes(deps, tokens));
}

function changes(deps: Deps, tokens: AccessTokens) {
  return new Elysia({ name: 'user-changes', normalize: false })
    .use(auth(tokens))
    .onBeforeHandle(({ set }) => {
      Object.assign(set.headers, PRIVATE);
    })
    .patch(
      '/:id',
      async ({ body, caller, params, request }) =>
        users.changeUser(forRequest(deps, request), signedIn(caller), params.id as UserId, body),
      {
        access: 'users:write',
        params: UserParams,
        body: UserChange,
        detail: operation({
          id: 'changeUser',
          summary: 'Give a user another role, or keep them out',
          description: 'Ends all their sessions.',
          tag: 'Accounts',
          success: USER,
          failures: [...FAILURES, 'last_admin'],
        }),
      },
    )
    .delete(
      '/:id',
      async ({ caller, params, request, set }) => {
        await users.deleteUser(forRequest(deps, request), signedIn(caller), params.id as UserId);
        set.status = 204;
      },
      {
        access: 'users:write',
        params: UserParams,
        detail: operation({
          id: 'deleteUser',
          summary: 'Take an account away',
          description:
            'Ends its sessions, API keys, mailed tokens and second factor, and nobody logs in to it again. It is no ' +
            'erasure: the name, the email, which stays taken, the orders with their addresses, the carts and the saved ' +
            'cards are kept, and so are the products of a seller, in the hands of the admins.',
          tag: 'Accounts',
          success: { status: 204, description: 'It is gone.' },
          failures: [...FAILURES, 'last_admin'],
        }),
      },
    );
}
