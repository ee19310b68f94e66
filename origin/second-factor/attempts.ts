/**
 * One attempt at a code, right or wrong, with its factor locked. Wrong ones are spent for good: that outlives the
 * refusal, so an attempt commits whatever it comes to, and is refused afterwards.
 */

import type { Transaction } from '#db/client.ts';
import { after, inWholeSeconds, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { hashRecoveryCode } from './recovery-codes.ts';
import * as store from './store.ts';
import { stepOf, TOTP_CODE } from './totp.ts';

export type Outcome =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'throttled'; readonly until: Date };

/** Whoever mistypes is not made to wait; whoever guesses has some dozen codes a day, of a million. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 30 * SECOND_MS;
const LONGEST_WAIT_MS = 60 * MINUTE_MS;

export async function attempt(
  deps: Deps,
  tx: Transaction,
  factor: store.FactorRow,
  code: string,
): Promise<Outcome> {
  const now = deps.clock.now();
  const { userId, blockedUntil } = factor;
  if (blockedUntil !== null && blockedUntil > now) return { kind: 'throttled', until: blockedUntil };
  const step = TOTP_CODE.test(code) ? stepOf(secretOf(deps, factor), code, now) : null;
  const isRight = step === null ? await isRecovery(deps, tx, factor, code) : step > factor.lastStep;
  if (!isRight) return fail(deps, tx, factor);
  await store.updateFactor(tx, userId, {
    failures: 0,
    blockedUntil: null,
    ...(step === null ? {} : { lastStep: step }),
  });
  return { kind: 'right' };
}

function secretOf({ fields }: Deps, { userId, secret }: store.FactorRow): string {
  return fields.open('totpSecret', userId, secret);
}

async function isRecovery(
  deps: Deps,
  tx: Transaction,
  { userId }: store.FactorRow,
  code: string,
): Promise<boolean> {
  if (!(await store.useCode(tx, userId, hashRecoveryCode(code)))) return false;
  await emit(deps, tx, { name: 'account.recovery_code_used', data: { userId } });
  return true;
}

async function fail(deps: Deps, tx: Transaction, factor: store.FactorRow): Promise<Outcome> {
  const { userId } = factor;
  const failures = factor.failures + 1;
  await store.updateFactor(tx, userId, { failures, blockedUntil: waitAfter(failures, deps.clock.now()) });
  if (failures === FREE_FAILURES) {
    await emit(deps, tx, { name: 'account.second_factor_guessed', data: { userId } });
  }
  return { kind: 'wrong' };
}

function waitAfter(failures: number, now: Date): Date | null {
  if (failures < FREE_FAILURES) return null;
  return after(now, Math.min(FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES), LONGEST_WAIT_MS));
}

/** @throws {AppError} `second_factor_invalid`, `second_factor_throttled` */
export function requireRight({ clock }: Pick<Deps, 'clock'>, userId: UserId, outcome: Outcome): void {
  if (outcome.kind === 'wrong') throw new AppError('second_factor_invalid', {}, { userId });
  if (outcome.kind === 'throttled') {
    const waitMs = outcome.until.getTime() - clock.now().getTime();
    const extras = { retryAfterSeconds: inWholeSeconds(waitMs) };
    throw new AppError('second_factor_throttled', extras, { userId });
  }
}
