/**
 * Who is calling, and whether they may. Every route declares its `access`; the check runs before the body is
 * validated, so that a stranger learns nothing of what a route expects.
 */

import { Elysia } from 'elysia';
import { assert } from '#lib/assert.ts';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import type { ApiKeyId, SessionId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { AccessTokens, Role } from './access-tokens.ts';
import { keyHolderOf, requireScope } from './key-holders.ts';

export type { AccessTokens, Role } from './access-tokens.ts';

export interface SignedIn {
  readonly kind: 'user';
  readonly userId: UserId;
  readonly role: Role;
  /** Absent where it was no access token that said who this is. */
  readonly sessionId?: SessionId;
  /** Where it was an API key that said who this is. */
  readonly apiKeyId?: ApiKeyId;
}

export interface Guest {
  readonly kind: 'guest';
  /** The secret that a guest's cart was made with, if the request carries one. */
  readonly cartToken: string | null;
}

export type Caller = SignedIn | Guest;

/**
 * `public` looks at no credentials. `anyone` takes guests, but refuses a bad token. The rest need a token,
 * with one of the roles: `merchant` is seller or admin.
 */
export type Access = 'public' | 'anyone' | 'user' | 'merchant' | 'admin';

const ROLES: Record<'user' | 'merchant' | 'admin', readonly Role[]> = {
  user: ['shopper', 'seller', 'admin'],
  merchant: ['seller', 'admin'],
  admin: ['admin'],
};

const NOBODY: Guest = { kind: 'guest', cartToken: null };

const callers = new WeakMap<Request, Caller>();

export function auth(tokens: AccessTokens) {
  return new Elysia({ name: 'auth', seed: tokens.keys.signing.kid }).macro({
    access: (access: Access) => ({
      detail: { 'x-access': access, security: security(access) },
      transform: async ({ request, route }) => {
        if (access === 'public') return;
        const holder = keyHolderOf(request);
        if (holder !== undefined) {
          callers.set(
            request,
            admit(access, request, requireScope(await holder, `${request.method} ${route}`)),
          );
          return;
        }
        const token = bearerToken(request);
        const claims = token === null ? null : ((await tokens.verify(token)) ?? false);
        callers.set(request, admit(access, request, claims));
      },
      resolve: ({ request }) => ({ caller: callers.get(request) ?? NOBODY }),
    }),
  });
}

interface DeclaredRoute {
  readonly method: string;
  readonly path: string;
  readonly hooks: { readonly detail?: object };
}

/** A misspelt `access` would leave a route open without a word: every one of the API must have declared it. */
export function requireDeclaredAccess(routes: readonly DeclaredRoute[]): void {
  for (const { method, path, hooks } of routes) {
    const declared = !path.startsWith('/api/') || 'x-access' in (hooks.detail ?? {});
    assert(declared, `${method} ${path} declares no access`);
  }
}

type Identity = Omit<SignedIn, 'kind'>;

/** `null` claims: no token was sent. `false`: one was, and it is worth nothing. */
function admit(access: Exclude<Access, 'public'>, request: Request, claims: Identity | false | null): Caller {
  if (claims === null && access === 'anyone') {
    return { kind: 'guest', cartToken: request.headers.get(CART_TOKEN_HEADER) };
  }
  if (!claims) throw new AppError('unauthenticated');
  const { userId, sessionId, apiKeyId, role } = claims;
  if (access !== 'anyone' && !ROLES[access].includes(role)) throw new AppError('forbidden');
  return {
    kind: 'user',
    userId,
    role,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(apiKeyId === undefined ? {} : { apiKeyId }),
  };
}

function bearerToken(request: Request): string | null {
  const header = request.headers.get('authorization');
  if (header === null) return null;
  const match = /^Bearer ([\w.~+/=-]+)$/i.exec(header);
  if (match?.[1] === undefined) throw new AppError('unauthenticated');
  return match[1];
}

/** How OpenAPI says it: nothing, a token or none, a token. */
function security(access: Access): Record<string, string[]>[] {
  if (access === 'public') return [];
  const token = { accessToken: [] };
  return access === 'anyone' ? [token, { cartToken: [] }, {}] : [token];
}

/** For routes whose access admits no guest. */
export function signedIn(caller: Caller): SignedIn {
  assert(caller.kind === 'user', 'a guest passed the access check of a route for users');
  return caller;
}
