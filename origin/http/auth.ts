/**
 * Who is calling, and whether they may. Every route declares its `access`; the check runs before the body is
 * validated, so that a stranger learns nothing of what a route expects.
 */

import { Elysia } from 'elysia';
import { assert } from '#lib/assert.ts';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import type { ApiKeyId, SessionId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { NO_CREDENTIALS } from '#lib/security-events.ts';
import type { AccessTokens, TokenFault } from './access-tokens.ts';
import { keyHolderOf, requireScope } from './key-holders.ts';
import { countUser } from './limits.ts';
import { type Access, isAccess, may, OUTSIDE_THE_API, type Role } from './permissions.ts';

export type { AccessTokens } from './access-tokens.ts';
export type { Role } from './permissions.ts';

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

const NOBODY: Guest = { kind: 'guest', cartToken: null };

const callers = new WeakMap<Request, Caller>();
/** The checks that the macro has made: a route is guarded by one of these, and by nothing that looks like one. */
const guards = new WeakSet<object>();

function guard<Check extends object>(check: Check): Check {
  guards.add(check);
  return check;
}

export function auth(tokens: AccessTokens) {
  return new Elysia({ name: 'auth', seed: tokens.keys.signing.kid }).macro({
    access: (access: Access) => ({
      detail: { 'x-access': access, security: security(access) },
      transform: guard(async ({ request, route }: { readonly request: Request; readonly route: string }) => {
        if (access === 'public') return;
        const identity = identityOf(request, route, tokens);
        const caller = admit(access, request, identity instanceof Promise ? await identity : identity);
        callers.set(request, caller);
        const counted = countUser(request, caller);
        if (counted !== null) await counted;
      }),
      resolve: ({ request }) => ({ caller: callers.get(request) ?? NOBODY }),
    }),
  });
}

type Guarded = Exclude<Access, 'public'>;

type Identity = Omit<SignedIn, 'kind'>;
/** `null`: nothing was sent that says who calls. A fault: something was, and it is worth nothing. */
type Found = Identity | TokenFault | null;

/** What is known already is given at once: each wait takes a request some time, and most requests have no need to. */
function identityOf(request: Request, route: string, tokens: AccessTokens): Found | Promise<Found> {
  const holder = keyHolderOf(request);
  if (holder !== undefined) return holder.then((found) => requireScope(found, `${request.method} ${route}`));
  const header = request.headers.get('authorization');
  return header === null ? null : tokens.verify(header);
}

interface DeclaredRoute {
  readonly method: string;
  readonly path: string;
  readonly hooks: { readonly detail?: object; readonly transform?: unknown };
}

/**
 * A misspelt or forgotten `access` would leave a route open without a word: each one has declared a line of the table,
 * and carries the check that the macro made of it, or is known to be no part of the API.
 */
export function requireDeclaredAccess(routes: readonly DeclaredRoute[]): void {
  for (const { method, path, hooks } of routes) {
    if (OUTSIDE_THE_API.has(path)) {
      assert(method === 'GET', `${method} ${path} is outside the API and does more than read`);
      continue;
    }
    const access = (hooks.detail as { readonly 'x-access'?: unknown } | undefined)?.['x-access'];
    assert(isAccess(access) && isGuarded(hooks.transform), `${method} ${path} declares no access`);
  }
}

/** Elysia keeps a hook as the function, wrapped, or in a list of either. */
function isGuarded(hook: unknown): boolean {
  if (Array.isArray(hook)) return hook.some(isGuarded);
  if (typeof hook !== 'object' && typeof hook !== 'function') return false;
  return hook !== null && (guards.has(hook) || ('fn' in hook && isGuarded(hook.fn)));
}

function admit(access: Guarded, request: Request, claims: Found): Caller {
  if (claims === null && access === 'anyone') {
    return { kind: 'guest', cartToken: request.headers.get(CART_TOKEN_HEADER) };
  }
  if (claims === null) throw new AppError('unauthenticated', {}, NO_CREDENTIALS);
  if (typeof claims === 'string') throw new AppError('unauthenticated', {}, { reason: claims });
  const { userId, sessionId, apiKeyId, role } = claims;
  if (access !== 'anyone' && !may({ role }, access)) {
    throw new AppError('forbidden', {}, { userId, reason: access });
  }
  if (apiKeyId !== undefined) return { kind: 'user', userId, role, apiKeyId };
  return sessionId === undefined ? { kind: 'user', userId, role } : { kind: 'user', userId, role, sessionId };
}

/** How OpenAPI says it: nothing, a token or none, a token. */
function security(access: Access): Record<string, string[]>[] {
  if (access === 'public') return [];
  const token = { accessToken: [] };
  return access === 'anyone' ? [token, { cartToken: [] }, {}] : [token];
}

/** Whom the access check of a request has let in; undefined before it, and where there is none. */
export function callerOf(request: Request): Caller | undefined {
  return callers.get(request);
}

/** For routes whose access admits no guest. */
export function signedIn(caller: Caller): SignedIn {
  assert(caller.kind === 'user', 'a guest passed the access check of a route for users');
  return caller;
}
