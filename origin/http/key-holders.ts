/**
 * Who has sent an API key in place of an access token. The key is looked up while the request is on its way to its
 * route, whose access check then waits for what was found.
 */

import { Elysia } from 'elysia';
import type { ApiKeyId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Role } from './auth.ts';
import { type Scope, scopeOf } from './scopes.ts';

export interface KeyHolder {
  readonly userId: UserId;
  /** As the account has it now. */
  readonly role: Role;
  readonly apiKeyId: ApiKeyId;
  readonly scopes: ReadonlySet<Scope>;
}

/** Null for a key that is unknown, revoked or expired. */
export type FindKeyHolder = (key: string) => Promise<KeyHolder | null>;

export const API_KEY_PREFIX = 'hsk_';
const API_KEY = /^Bearer (hsk_\w+)$/i;

const holders = new WeakMap<Request, Promise<KeyHolder | null>>();

export function keyHolders(find: FindKeyHolder) {
  return new Elysia({ name: 'key-holders' }).onRequest(({ request }) => {
    const key = API_KEY.exec(request.headers.get('authorization') ?? '')?.[1];
    if (key === undefined) return;
    const holder = find(key);
    // A route that asks for nobody never waits for it.
    holder.catch(() => undefined);
    holders.set(request, holder);
  });
}

/** Undefined when no API key was sent. */
export function keyHolderOf(request: Request): Promise<KeyHolder | null> | undefined {
  return holders.get(request);
}

/** @param route method and pattern. @throws {AppError} `unauthenticated`; `forbidden` where the key has no scope */
export function requireScope(holder: KeyHolder | null, route: string): KeyHolder {
  if (holder === null) throw new AppError('unauthenticated', {}, { reason: 'unknown_api_key' });
  const scope = scopeOf(route);
  if (scope === undefined || !holder.scopes.has(scope)) {
    throw new AppError('forbidden', {}, { userId: holder.userId, reason: 'scope' });
  }
  return holder;
}
