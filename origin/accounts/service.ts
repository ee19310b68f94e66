/** Accounts: who is who. What a log-in opens is a session (origin/sessions). */

import type { UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { SecurityDetails } from '#lib/security-events.ts';
import {
  deleteTokens,
  findUserByEmail,
  readOwner,
  requireGoodPassword,
  throttled,
} from '#origin/credentials/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { checkSecondFactor } from '#origin/second-factor/service.ts';
import type { Proven } from '#origin/sessions/service.ts';
import type { Credentials, Me, Preferences, Registration, User } from './model.ts';
import * as store from './store.ts';

export { Email } from '#origin/credentials/service.ts';

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
    const known = await findUserByEmail(tx, asked.email);
    const made = await store.insertUser(tx, { ...asked, passwordHash, emailVerifiedAt: null });
    if (made !== undefined) {
      return emit(deps, tx, { name: 'account.registered', data: { userId: asked.id } });
    }
    // Somebody was quicker, by less than this transaction: what they have committed shows now.
    const owner = known ?? (await findUserByEmail(tx, asked.email));
    const userId = owner?.id ?? asked.id;
    // Two want it, and the mail to come lets its owner in by a password of their own: the proof of the first is over.
    if (owner?.emailVerifiedAt === null) await deleteTokens(tx, userId, 'verify_email');
    return emit(deps, tx, { name: 'account.registered_again', data: { userId } });
  });
  return { ...asked, role: 'shopper' };
}

/**
 * Guesses are slowed down.
 * @throws {AppError} `credentials_invalid`, whether the email or the password is wrong, or the email not verified yet:
 * else whoever registers with an email and logs in would learn whether it had an account. And what
 * {@link checkSecondFactor} and {@link throttled} refuse.
 */
export async function authenticate(deps: Deps, { email, password, code }: Credentials): Promise<Proven> {
  deps.passwords.requireRoom();
  return throttled(deps, email, async () => {
    const row = await findUserByEmail(deps.db, email.toLowerCase());
    const matches = await deps.passwords.verify(password, row?.passwordHash);
    if (row === undefined) throw invalid({ reason: 'unknown_account' });
    if (!matches) throw invalid({ userId: row.id, reason: 'wrong_password' });
    if (!isAdmitted(deps, row)) throw invalid({ userId: row.id, reason: 'unverified_email' });
    const byCode = await checkSecondFactor(deps, row.id, code);
    return { userId: row.id, passwordHash: row.passwordHash, byCode };
  });
}

const invalid = (inside: SecurityDetails) => new AppError('credentials_invalid', {}, inside);

function isAdmitted({ accountPolicy }: Deps, { emailVerifiedAt }: store.UserRow): boolean {
  return emailVerifiedAt !== null || accountPolicy.emailVerification === 'optional';
}

/** @throws {AppError} `unauthenticated` when the account has gone since the token was signed */
export async function readMe(deps: Deps, userId: UserId): Promise<Me> {
  return toMe(await readOwner(deps, userId));
}

/** When somebody has consented is kept, for as long as they do. @throws {AppError} `unauthenticated` as {@link readMe} */
export async function changePreferences(
  deps: Deps,
  userId: UserId,
  { cartReminders }: Preferences,
): Promise<Me> {
  const row = await store.setCartReminders(deps.db, userId, cartReminders ? deps.clock.now() : null);
  if (row === undefined) throw new AppError('unauthenticated');
  return toMe(row);
}

function toMe({ id, email, name, role, cartRemindersSince }: store.UserRow): Me {
  return { id, email, name, role, cartReminders: cartRemindersSince !== null };
}
