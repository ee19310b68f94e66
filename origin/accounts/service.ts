/** Accounts and sessions. Access tokens are signed by the routes; refresh tokens live here. */

import { createHash, randomBytes } from 'node:crypto';
import type { Queryable } from '#db/client.ts';
import { after, DAY_MS } from '#lib/clock.ts';
import type { TokenFamilyId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { requireGoodPassword } from '#origin/credentials/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { checkSecondFactor, grantedRole } from '#origin/second-factor/service.ts';
import type { Credentials, Registration, User } from './model.ts';
import * as store from './store.ts';

export { Email } from '#origin/credentials/service.ts';

/** Who a pair of tokens is for, and the refresh token of the pair. */
export interface Session {
  readonly user: User;
  readonly refreshToken: string;
}

const REFRESH_TOKEN_LIFE_MS = 7 * DAY_MS;
const REFRESH_TOKEN_BYTES = 32;

/**
 * Opens an account, unless the email has one. Which of the two it was is told to the owner of the email alone: the
 * answer is the same, of an account as it was asked for, and so is the work. Nobody who asks can look its id up.
 * @throws {AppError} `invalid_input` for a weak password
 */
export async function register(deps: Deps, { email, password, name }: Registration): Promise<User> {
  requireGoodPassword(password, { email, name });
  const passwordHash = await deps.passwords.hash(password);
  const asked = { id: deps.ids.next<UserId>(), email: email.toLowerCase(), name };
  await deps.db.transaction(async (tx) => {
    const known = await store.findUserByEmail(tx, asked.email);
    const made = await store.insertUser(tx, { ...asked, passwordHash, emailVerifiedAt: null });
    if (made !== undefined) {
      return emit(deps, tx, { name: 'account.registered', data: { userId: asked.id } });
    }
    // Somebody was quicker, by less than this transaction: what they have committed shows now.
    const owner = known ?? (await store.findUserByEmail(tx, asked.email));
    const userId = owner?.id ?? asked.id;
    return emit(deps, tx, { name: 'account.registered_again', data: { userId } });
  });
  return { ...asked, role: 'shopper' };
}

/**
 * @throws {AppError} `credentials_invalid`, whether the email or the password is wrong, or the email not verified yet:
 * else whoever registers with an email and logs in would learn whether it had an account. And what
 * {@link checkSecondFactor} refuses.
 */
export async function login(deps: Deps, { email, password, code }: Credentials): Promise<Session> {
  const row = await store.findUserByEmail(deps.db, email.toLowerCase());
  const matches = await deps.passwords.verify(password, row?.passwordHash);
  if (row === undefined || !matches || !isAdmitted(deps, row)) throw new AppError('credentials_invalid');
  await checkSecondFactor(deps, row.id, code);
  return openSession(deps, deps.db, row, deps.ids.next<TokenFamilyId>());
}

function isAdmitted({ accountPolicy }: Deps, { emailVerifiedAt }: store.UserRow): boolean {
  return emailVerifiedAt !== null || accountPolicy.emailVerification === 'optional';
}

/**
 * Trades a refresh token for a new one. One that was used before has been stolen, by one side or the other:
 * its whole family ends (RFC 9700, 4.14.2).
 * @throws {AppError} `refresh_token_invalid`
 */
export async function refresh(deps: Deps, refreshToken: string): Promise<Session> {
  const tokenHash = hashToken(refreshToken);
  const session = await deps.db.transaction(async (tx) => {
    const user = await store.lockOwner(tx, tokenHash);
    if (user === undefined) return null;
    const now = deps.clock.now();
    const used = await store.useRefreshToken(tx, tokenHash, now);
    if (used !== undefined) return openSession(deps, tx, user, used.familyId);
    const known = await store.findRefreshToken(tx, tokenHash);
    if (known?.usedAt) {
      await store.revokeFamily(tx, known.familyId, now);
      deps.log.warn('a used refresh token came again; its family has ended', { userId: user.id });
    }
    return null;
  });
  if (session === null) throw new AppError('refresh_token_invalid');
  return session;
}

/** Ends the session that the token belongs to; a token that is not known has no session to end. */
export async function logout(deps: Deps, refreshToken: string): Promise<void> {
  const tokenHash = hashToken(refreshToken);
  await deps.db.transaction(async (tx) => {
    await store.lockOwner(tx, tokenHash);
    const known = await store.findRefreshToken(tx, tokenHash);
    if (known !== undefined) await store.revokeFamily(tx, known.familyId, deps.clock.now());
  });
}

/** @throws {AppError} `unauthenticated` when the account has gone since the token was signed */
export async function readUser(deps: Deps, userId: UserId): Promise<User> {
  const row = await store.findUser(deps.db, userId);
  if (row === undefined) throw new AppError('unauthenticated');
  return toUser(row);
}

async function openSession(
  deps: Deps,
  db: Queryable,
  row: store.UserRow,
  familyId: TokenFamilyId,
): Promise<Session> {
  const refreshToken = `rt_${randomBytes(REFRESH_TOKEN_BYTES).toString('base64url')}`;
  const issuedAt = deps.clock.now();
  await store.insertRefreshToken(db, {
    tokenHash: hashToken(refreshToken),
    userId: row.id,
    familyId,
    issuedAt,
    expiresAt: after(issuedAt, REFRESH_TOKEN_LIFE_MS),
  });
  const role = await grantedRole(deps, db, row);
  return { user: { ...toUser(row), role }, refreshToken };
}

/** The token has 256 random bits: a fast hash is enough to make a stolen table worthless. */
function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}

function toUser({ id, email, name, role }: store.UserRow): User {
  return { id, email, name, role };
}
