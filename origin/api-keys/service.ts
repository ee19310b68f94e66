/** Keys of integrators: made by an account's owner, for as little as they need, and for as long. */

import { createHash, randomBytes } from 'node:crypto';
import { after, DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import type { ApiKeyId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { grantedRole } from '#origin/http/granted-role.ts';
import { API_KEY_PREFIX, type KeyHolder } from '#origin/http/key-holders.ts';
import { isScope } from '#origin/http/scopes.ts';
import { confirmIdentity } from '#origin/second-factor/service.ts';
import type { ApiKey, ApiKeyPage, MadeApiKey, NewApiKey } from './model.ts';
import * as store from './store.ts';

const MAX_KEYS = 20;
const KEY_BYTES = 32;
const SHOWN_CHARACTERS = API_KEY_PREFIX.length + 8;
const USE_NOTED_EVERY_MS = 60 * MINUTE_MS;

/**
 * The key is in this answer and nowhere else. A stolen session makes none: the owner has to prove that it is they.
 * @throws {AppError} `api_keys_full` and what {@link confirmIdentity} refuses
 */
export async function createApiKey(deps: Deps, userId: UserId, asked: NewApiKey): Promise<MadeApiKey> {
  const { name, scopes, expiresInDays, ...proof } = asked;
  const proven = await confirmIdentity(deps, userId, proof);
  const key = `${API_KEY_PREFIX}${randomBytes(KEY_BYTES).toString('hex')}`;
  const createdAt = deps.clock.now();
  const row: store.ApiKeyRow = {
    id: deps.ids.next<ApiKeyId>(),
    userId,
    name,
    prefix: key.slice(0, SHOWN_CHARACTERS),
    keyHash: hashKey(key),
    scopes,
    createdAt,
    expiresAt: after(createdAt, expiresInDays * DAY_MS),
    lastUsedAt: null,
    revokedAt: null,
  };
  await deps.db.transaction(async (tx) => {
    const owner = await store.lockUser(tx, userId);
    if (owner === undefined) throw new AppError('unauthenticated');
    // It was reset meanwhile, which has ended the account's keys: whoever knew the old one makes none.
    if (owner.passwordHash !== proven.passwordHash) throw new AppError('password_wrong');
    const keys = await store.listOfUser(tx, userId);
    if (keys.length >= MAX_KEYS) throw new AppError('api_keys_full', { maxApiKeys: MAX_KEYS });
    await store.insertKey(tx, row);
    await emit(deps, tx, { name: 'account.api_key_created', data: { userId } });
    if (owner.role === 'shopper') return;
    const changes = { scopes, expiresAt: row.expiresAt.toISOString() };
    await recordAct(tx, { userId }, { action: 'api_key.created', object: objectOf(row.id), changes });
  });
  return { ...toApiKey(row), key };
}

export async function listApiKeys(deps: Deps, userId: UserId): Promise<ApiKeyPage> {
  const rows = await store.listOfUser(deps.db, userId);
  return { items: rows.map(toApiKey), nextCursor: null };
}

/** @throws {AppError} `api_key_not_found`, also for somebody else's; `unauthenticated` when the account has gone */
export async function revokeApiKey(deps: Deps, userId: UserId, id: ApiKeyId): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const owner = await store.lockUser(tx, userId);
    if (owner === undefined) throw new AppError('unauthenticated');
    if (!(await store.revoke(tx, userId, id, deps.clock.now()))) throw new AppError('api_key_not_found');
    if (owner.role === 'shopper') return;
    await recordAct(tx, { userId }, { action: 'api_key.revoked', object: objectOf(id) });
  });
}

/** Asked anew for each request: a key that is revoked is worth nothing from the next one on. */
export async function findKeyHolder(deps: Deps, key: string): Promise<KeyHolder | null> {
  const now = deps.clock.now();
  const row = await store.findLive(deps.db, hashKey(key), now);
  if (row === undefined) return null;
  const notSince = after(now, -USE_NOTED_EVERY_MS);
  if (row.lastUsedAt === null || row.lastUsedAt < notSince)
    await store.noteUse(deps.db, row.id, now, notSince);
  const role = grantedRole(deps.accountPolicy, row);
  return { userId: row.userId, role, apiKeyId: row.id, scopes: new Set(row.scopes.filter(isScope)) };
}

const objectOf = (id: ApiKeyId) => ({ kind: 'api_key', id });

/** The key has 256 random bits: a fast hash is enough to make a stolen table worthless. */
function hashKey(key: string): Uint8Array {
  return createHash('sha256').update(key).digest();
}

function toApiKey({ id, name, prefix, scopes, createdAt, expiresAt, lastUsedAt }: store.ApiKeyRow): ApiKey {
  return {
    id,
    name,
    prefix,
    scopes,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}
