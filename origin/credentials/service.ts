/**
 * Passwords, and the proof that an account's owner reads its mail. What a stranger may ask is answered the same, after
 * the same work, whether there is such an account or not.
 */

import type { Transaction } from '#db/client.ts';
import type { SessionId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { announce, endSessionsOf } from '#origin/sessions/service.ts';
import { ownerOf, redeemToken } from './mailed-tokens.ts';
import type { PasswordChange, PasswordReset, Verification } from './model.ts';
import { requireGoodPassword } from './password-rules.ts';
import * as store from './store.ts';
import { throttled, welcome } from './throttle.ts';

export { type AccountLetter, letterFor } from './letters.ts';
export { Email, KnownPassword, NewPassword } from './model.ts';
export { requireGoodPassword } from './password-rules.ts';
export { deleteTokens, findUserByEmail } from './store.ts';
export { throttled } from './throttle.ts';

/** Mails the proof once more, to whoever has yet to give it. */
export async function askVerification(deps: Deps, email: string): Promise<void> {
  await askByMail(deps, email, 'account.verification_requested');
}

/**
 * The password as well: anybody can open an account with an email that is not theirs, and its owner who confirms it
 * would let them in.
 * @throws {AppError} `link_invalid`; `password_wrong`, `rate_limited`, which leave the token good
 */
export async function verifyEmail(deps: Deps, { token, password }: Verification): Promise<void> {
  const purpose = 'verify_email';
  const { id: userId } = await ownerOf(deps, token, purpose);
  const { passwordHash } = await confirmPassword(deps, userId, password);
  await deps.db.transaction(async (tx) => {
    const locked = await redeemToken(deps, tx, { token, purpose, userId });
    if (locked.passwordHash !== passwordHash) throw new AppError('password_wrong');
    await store.setVerified(tx, userId, deps.clock.now());
  });
}

export async function askReset(deps: Deps, email: string): Promise<void> {
  await askByMail(deps, email, 'account.reset_requested');
}

/** For nobody's email an event is written, too, of nobody's id: so asking takes no less. */
async function askByMail(
  deps: Deps,
  email: string,
  name: 'account.reset_requested' | 'account.verification_requested',
): Promise<void> {
  const user = await store.findUserByEmail(deps.db, email.toLowerCase());
  const userId = user?.id ?? deps.ids.next<UserId>();
  await deps.db.transaction((tx) => emit(deps, tx, { name, data: { userId } }));
}

/**
 * The password of whoever was mailed the token, who has thereby shown that the email is theirs, too. Strangers' guesses
 * keep them no longer from logging in from where they are. API keys end with the sessions: whoever knew the password
 * that is lost may have made one (OWASP ASVS 5.0.0, 7.4.3). What was set before the email was proven may be a
 * stranger's, and is void.
 * @throws {AppError} `link_invalid`; `invalid_input` for a weak password, which leaves the token good
 */
export async function resetPassword(deps: Deps, { token, password }: PasswordReset): Promise<void> {
  const purpose = 'reset_password';
  const user = await ownerOf(deps, token, purpose);
  requireGoodPassword(password, user);
  const passwordHash = await deps.passwords.hash(password);
  const ended = await deps.db.transaction(async (tx) => {
    const locked = await redeemToken(deps, tx, { token, purpose, userId: user.id });
    if (locked.emailVerifiedAt === null) await voidUnproven(deps, tx, locked);
    await store.setVerified(tx, user.id, deps.clock.now());
    const sessions = await replacePassword(deps, tx, { userId: user.id, passwordHash });
    await emit(deps, tx, { name: 'account.password_reset', data: { userId: user.id } });
    await revokeApiKeys(deps, tx, user);
    return sessions;
  });
  announce(deps, ended);
  await welcome(deps, user.email);
}

/** Stripe keeps the cards, which nobody can pay with any more, until its customer is deleted. */
async function voidUnproven(deps: Deps, tx: Transaction, { id: userId, role }: store.UserRow): Promise<void> {
  if (!(await store.voidUnproven(tx, userId))) return;
  await emit(deps, tx, { name: 'account.second_factor_removed', data: { userId } });
  if (role === 'shopper') return;
  const object = { kind: 'user', id: userId };
  await recordAct(tx, { userId }, { action: 'second_factor.removed', object });
}

/**
 * Every other session ends: whoever knew the old password is out. API keys go on, for nothing was lost, and the mail of
 * it says so.
 * @throws {AppError} `password_wrong`, `invalid_input`
 */
export async function changePassword(
  deps: Deps,
  { userId, sessionId }: SignedIn,
  { currentPassword, newPassword }: PasswordChange,
): Promise<void> {
  const user = await confirmPassword(deps, userId, currentPassword);
  requireGoodPassword(newPassword, user, '/newPassword');
  const passwordHash = await deps.passwords.hash(newPassword);
  const ended = await deps.db.transaction(async (tx) => {
    const locked = await store.lockUser(tx, userId);
    // It was changed or reset meanwhile: the password that was confirmed is none any more.
    if (locked?.passwordHash !== user.passwordHash) throw new AppError('password_wrong');
    await emit(deps, tx, { name: 'account.password_changed', data: { userId } });
    return replacePassword(deps, tx, { userId, passwordHash, except: sessionId });
  });
  announce(deps, ended);
}

interface Replacement {
  readonly userId: UserId;
  readonly passwordHash: string;
  /** The session of whoever changes it. */
  readonly except?: SessionId | undefined;
}

async function replacePassword(
  deps: Deps,
  tx: Transaction,
  { userId, passwordHash, except }: Replacement,
): Promise<SessionId[]> {
  await store.setPassword(tx, userId, passwordHash);
  await store.deleteTokens(tx, userId, 'reset_password');
  return endSessionsOf(deps, tx, userId, except);
}

/** On record one by one where the account has privileges, as when their owner revokes them. */
async function revokeApiKeys(
  deps: Deps,
  tx: Transaction,
  { id: userId, role }: store.UserRow,
): Promise<void> {
  const ids = await store.revokeApiKeys(tx, userId, deps.clock.now());
  if (role === 'shopper') return;
  for (const id of ids) {
    await recordAct(tx, { userId }, { action: 'api_key.revoked', object: { kind: 'api_key', id } });
  }
}

/** Not as the token has it, but as it is. @throws {AppError} `unauthenticated` when the account has gone */
export async function readOwner(deps: Deps, userId: UserId): Promise<store.UserRow> {
  const user = await store.findUser(deps.db, userId);
  if (user === undefined) throw new AppError('unauthenticated');
  return user;
}

/**
 * That whoever holds the session also knows the password: before what a stolen session must not do. Guesses are slowed
 * down as those at a login are, together with them.
 * @param furtherProof what is asked for beside a password that was right; to fail it is to fail the attempt
 * @throws {AppError} `password_wrong`, `rate_limited`; `unauthenticated` when the account has gone
 */
export async function confirmPassword(
  deps: Deps,
  userId: UserId,
  password: string,
  furtherProof: () => Promise<unknown> = async () => {},
): Promise<store.UserRow> {
  const user = await readOwner(deps, userId);
  return throttled(deps, user.email, async () => {
    if (!(await deps.passwords.verify(password, user.passwordHash))) throw new AppError('password_wrong');
    await furtherProof();
    return user;
  });
}

/** A chore: tokens that nobody has used in time. */
export async function forgetExpiredTokens({ db, clock }: Pick<Deps, 'db' | 'clock'>): Promise<void> {
  await store.deleteExpiredTokens(db, clock.now());
}
