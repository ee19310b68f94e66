/** The second factor: set up, asked for at login and before what a stolen session must not do, and taken away. */

import type { SessionId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { confirmPassword, readOwner } from '#origin/credentials/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { announce, announceEpoch, endSessionsOf } from '#origin/sessions/service.ts';
import { attempt, type Outcome, requireRight } from './attempts.ts';
import type { Enrolment, Proof, RecoveryCodes, SecondFactor } from './model.ts';
import { hashRecoveryCode, newRecoveryCodes } from './recovery-codes.ts';
import * as store from './store.ts';
import { newSecret, uriOf } from './totp.ts';

export { PROOF_FAILURES, Proof } from './model.ts';

/**
 * For a login whose password was right. Passes whoever has no second factor.
 * @returns whether there was one
 * @throws {AppError} `second_factor_required`, `second_factor_invalid`, `second_factor_throttled`
 */
export async function checkSecondFactor(
  deps: Deps,
  userId: UserId,
  code: string | undefined,
): Promise<boolean> {
  if (!(await store.isEnabled(deps.db, userId))) return false;
  if (code === undefined) throw new AppError('second_factor_required', {}, { userId });
  const outcome = await deps.db.transaction<Outcome>(async (tx) => {
    const factor = await store.lockFactor(tx, userId);
    // Taken away a moment ago: whoever did that had a code.
    return factor?.enabledAt ? attempt(deps, tx, factor, code) : { kind: 'right' };
  });
  requireRight(deps, userId, outcome);
  return true;
}

/**
 * That it is the owner who asks, and not somebody with a session of theirs.
 * @throws {AppError} `password_wrong` and what {@link checkSecondFactor} refuses
 */
export async function confirmIdentity(deps: Deps, userId: UserId, { password, code }: Proof) {
  return confirmPassword(deps, userId, password, () => checkSecondFactor(deps, userId, code));
}

/** @throws {AppError} `unauthenticated` when the account has gone */
export async function readSecondFactor(deps: Deps, userId: UserId): Promise<SecondFactor> {
  const [{ role }, factor] = await Promise.all([readOwner(deps, userId), store.findFactor(deps.db, userId)]);
  const enabled = factor?.enabledAt != null;
  return {
    enabled,
    required: deps.accountPolicy.secondFactorRoles.has(role),
    recoveryCodesLeft: enabled ? await store.countCodes(deps.db, userId) : 0,
  };
}

/**
 * Makes a secret for an authenticator; nothing is asked for until {@link enable} has seen a code of it.
 * @throws {AppError} `password_wrong`, `second_factor_on`
 */
export async function enrol(deps: Deps, userId: UserId, password: string): Promise<Enrolment> {
  const { email } = await confirmPassword(deps, userId, password);
  const secret = newSecret();
  await deps.db.transaction(async (tx) => {
    const known = await store.lockFactor(tx, userId);
    if (known?.enabledAt) throw new AppError('second_factor_on');
    const sealed = deps.fields.seal('totpSecret', userId, secret);
    await store.beginFactor(tx, { userId, secret: sealed, createdAt: deps.clock.now() });
  });
  return { secret, uri: uriOf(secret, email) };
}

/**
 * From now on a login needs a code. Every session ends, for those had none.
 * @throws {AppError} `second_factor_off` before {@link enrol}, `second_factor_on`, and what a wrong code is refused with
 */
export async function enable(deps: Deps, userId: UserId, code: string): Promise<RecoveryCodes> {
  const codes = newRecoveryCodes();
  const ended: SessionId[] = [];
  const outcome = await deps.db.transaction<Outcome>(async (tx) => {
    const factor = await store.lockFactor(tx, userId);
    if (factor === undefined) throw new AppError('second_factor_off');
    if (factor.enabledAt !== null) throw new AppError('second_factor_on');
    const tried = await attempt(deps, tx, factor, code);
    if (tried.kind !== 'right') return tried;
    await store.updateFactor(tx, userId, { enabledAt: deps.clock.now() });
    await store.replaceCodes(tx, userId, codes.map(hashRecoveryCode));
    ended.push(...(await endSessionsOf(deps, tx, userId)));
    await emit(deps, tx, { name: 'account.second_factor_enabled', data: { userId } });
    return tried;
  });
  requireRight(deps, userId, outcome);
  announce(deps, ended);
  return { recoveryCodes: codes };
}

/** The old ones are worth nothing then. @throws {AppError} `second_factor_off` and what {@link confirmIdentity} refuses */
export async function renewRecoveryCodes(deps: Deps, userId: UserId, proof: Proof): Promise<RecoveryCodes> {
  await confirmIdentity(deps, userId, proof);
  const codes = newRecoveryCodes();
  await deps.db.transaction(async (tx) => {
    const factor = await store.lockFactor(tx, userId);
    if (!factor?.enabledAt) throw new AppError('second_factor_off');
    await store.replaceCodes(tx, userId, codes.map(hashRecoveryCode));
  });
  return { recoveryCodes: codes };
}

/**
 * Access tokens of whoever has more rights than a shopper are void from then on: what they said of a second factor holds
 * no longer, and the next one says what is left.
 * @throws {AppError} `second_factor_off` and what {@link confirmIdentity} refuses
 */
export async function removeSecondFactor(deps: Deps, userId: UserId, proof: Proof): Promise<void> {
  const { role } = await confirmIdentity(deps, userId, proof);
  await deps.db.transaction(async (tx) => {
    const factor = await store.lockFactor(tx, userId);
    if (!factor?.enabledAt) throw new AppError('second_factor_off');
    await store.deleteFactor(tx, userId);
    await emit(deps, tx, { name: 'account.second_factor_removed', data: { userId } });
    if (role === 'shopper') return;
    const object = { kind: 'user', id: userId };
    await recordAct(tx, { userId }, { action: 'second_factor.removed', object });
  });
  if (role !== 'shopper') await announceEpoch(deps, userId);
}
