/** Accounts in the hands of admins: roles, keeping somebody out, taking an account away. */

import type { Transaction } from '#db/client.ts';
import type { UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import type { Deps } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { decodeCursor, encodeCursor } from '#origin/http/cursor.ts';
import { DEFAULT_PAGE_SIZE } from '#origin/http/schemas.ts';
import { announce, announceEpoch, endSessionsOf } from '#origin/sessions/service.ts';
import type { ManagedUser, UserChange, UserListQuery, UserPage } from './model.ts';
import * as store from './store.ts';

/** @throws {AppError} `invalid_input` for a cursor of another list */
export async function listUsers({ db }: Deps, query: UserListQuery): Promise<UserPage> {
  const { cursor, limit = DEFAULT_PAGE_SIZE, role } = query;
  const [createdAt, id] = cursor === undefined ? [] : decodeCursor(cursor, 'instant', 'uuid', 'users');
  const after = createdAt === undefined || id === undefined ? undefined : { createdAt, id };
  const rows = await store.listUsers(db, { role, limit: limit + 1, after });
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: shown.map(toUser),
    nextCursor: hasMore ? encodeCursor([last.createdAt.toISOString(), last.id, 'users']) : null,
  };
}

/** @throws {AppError} `user_not_found` */
export async function readUser({ db }: Deps, id: UserId): Promise<ManagedUser> {
  const row = await store.findUser(db, id);
  if (row === undefined) throw new AppError('user_not_found');
  return toUser(row);
}

/**
 * Gives a user another role, or keeps them out or lets them in again. Whatever is otherwise then ends their sessions.
 * @throws {AppError} `user_not_found`, `last_admin`, `forbidden` when the caller is no admin any more
 */
export async function changeUser(
  deps: Deps,
  admin: SignedIn,
  id: UserId,
  change: UserChange,
): Promise<ManagedUser> {
  const { changed, ended } = await deps.db.transaction(async (tx) => {
    const { user, admins } = await lockForChange(tx, admin, id);
    const { role = user.role, disabled = isDisabled(user) } = change;
    if (role === user.role && disabled === isDisabled(user)) return { changed: user, ended: [] };
    if (role !== 'admin' || disabled) requireAnotherAdmin(admins, id);
    const disabledAt = disabled ? (user.disabledAt ?? deps.clock.now()) : null;
    const changed = await store.updateUser(tx, id, { role, disabledAt });
    const sessions = await endSessionsOf(deps, tx, id);
    await recordChange(tx, admin, { before: user, after: changed });
    return { changed, ended: sessions };
  });
  announce(deps, ended);
  await announceEpoch(deps, id);
  return toUser(changed);
}

/**
 * Takes an account away: nobody logs in to it or sees it any more, and its sessions, API keys, mailed tokens and second
 * factor end. It is no erasure: who it was stays on the books with its orders, and so do its products, which are then in
 * the hands of the admins.
 * @throws {AppError} as {@link changeUser}
 */
export async function deleteUser(deps: Deps, admin: SignedIn, id: UserId): Promise<void> {
  const ended = await deps.db.transaction(async (tx) => {
    const { user, admins } = await lockForChange(tx, admin, id);
    requireAnotherAdmin(admins, id);
    const now = deps.clock.now();
    await store.updateUser(tx, id, { deletedAt: now });
    const sessions = await endSessionsOf(deps, tx, id);
    const apiKeysRevoked = await store.endCredentials(tx, id, now);
    const changes = { role: user.role, apiKeysRevoked };
    await recordAct(tx, admin, { action: 'user.deleted', object: { kind: 'user', id }, changes });
    return sessions;
  });
  announce(deps, ended);
}

interface Locked {
  readonly user: store.UserRow;
  readonly admins: ReadonlySet<UserId>;
}

/** The caller may have ceased to be an admin since their token was signed: that counts as of now. */
async function lockForChange(tx: Transaction, { userId }: SignedIn, id: UserId): Promise<Locked> {
  const admins = await store.lockAdmins(tx);
  if (!admins.has(userId)) throw new AppError('forbidden');
  const user = await store.lockUser(tx, id);
  if (user === undefined) throw new AppError('user_not_found');
  return { user, admins };
}

function requireAnotherAdmin(admins: ReadonlySet<UserId>, id: UserId): void {
  if (admins.has(id) && admins.size === 1) throw new AppError('last_admin');
}

async function recordChange(
  tx: Transaction,
  admin: SignedIn,
  { before, after }: { readonly before: store.UserRow; readonly after: store.UserRow },
): Promise<void> {
  const object = { kind: 'user', id: after.id };
  if (before.role !== after.role) {
    const changes = { from: before.role, to: after.role };
    await recordAct(tx, admin, { action: 'user.role_changed', object, changes });
  }
  if (isDisabled(before) !== isDisabled(after)) {
    const action = isDisabled(after) ? 'user.disabled' : 'user.enabled';
    await recordAct(tx, admin, { action, object });
  }
}

const isDisabled = ({ disabledAt }: Pick<store.UserRow, 'disabledAt'>): boolean => disabledAt !== null;

function toUser(row: store.UserRow): ManagedUser {
  const { id, email, name, role, createdAt } = row;
  return { id, email, name, role, disabled: isDisabled(row), createdAt: createdAt.toISOString() };
}
