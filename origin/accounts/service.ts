/** Accounts: who is who. What a log-in opens is a session (origin/sessions). */

import { hashPassword } from '#db/password-hash.ts';
import type { UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import type { Credentials, Registration, User } from './model.ts';
import { verifyPassword } from './passwords.ts';
import * as store from './store.ts';

export { Email } from './model.ts';

/** @throws {AppError} `email_taken` */
export async function register(deps: Deps, { email, password, name }: Registration): Promise<User> {
  const passwordHash = await hashPassword(password);
  const row = await store.insertUser(deps.db, {
    id: deps.ids.next<UserId>(),
    email: email.toLowerCase(),
    name,
    passwordHash,
  });
  if (row === undefined) throw new AppError('email_taken');
  return toUser(row);
}

/** @throws {AppError} `credentials_invalid`, whether the email or the password is wrong */
export async function authenticate(deps: Deps, { email, password }: Credentials): Promise<User> {
  const row = await store.findUserByEmail(deps.db, email.toLowerCase());
  const matches = await verifyPassword(password, row?.passwordHash);
  if (row === undefined || !matches) throw new AppError('credentials_invalid');
  return toUser(row);
}

/** @throws {AppError} `unauthenticated` when the account has gone since the token was signed */
export async function readUser(deps: Deps, userId: UserId): Promise<User> {
  const row = await store.findUser(deps.db, userId);
  if (row === undefined) throw new AppError('unauthenticated');
  return toUser(row);
}

function toUser({ id, email, name, role }: store.UserRow): User {
  return { id, email, name, role };
}
