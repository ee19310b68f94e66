/** Wherever a password is tried, guessing is slowed down: by the account, and by the address that it comes from. */

import { createHash } from 'node:crypto';
import { inWholeSeconds } from '#lib/clock.ts';
import { AppError, type ProblemCode } from '#lib/problems.ts';
import type { LoginPlace } from '#origin/adapters/login-throttle.ts';
import type { Deps } from '#origin/deps.ts';

/** What a guess is refused with. A code that was not given is none: the login that asks for it goes on. */
const FAILURES: ReadonlySet<ProblemCode> = new Set([
  'credentials_invalid',
  'password_wrong',
  'second_factor_invalid',
]);

/**
 * Tries a password unless its account or its address has to wait. What the attempt refuses is a failure that counts.
 * @param account the email as it was given; whether there is such an account makes no difference
 * @throws {AppError} `rate_limited`
 */
export async function throttled<T>(deps: Deps, account: string, attempt: () => Promise<T>): Promise<T> {
  const { logins } = deps.limits;
  const place = placeOf(deps, account);
  const waitMs = await logins.begin(place);
  if (waitMs > 0) {
    const retryAfterSeconds = inWholeSeconds(waitMs);
    throw new AppError('rate_limited', { retryAfterSeconds }, { reason: 'passwords' });
  }
  try {
    const outcome = await attempt();
    await logins.succeeded(place);
    return outcome;
  } catch (error) {
    const isFailure = error instanceof AppError && FAILURES.has(error.code);
    if (!isFailure) await logins.undone(place);
    throw error;
  }
}

/** The account's owner has shown to be there, other than by the password. */
export async function welcome(deps: Deps, account: string): Promise<void> {
  await deps.limits.logins.welcome(placeOf(deps, account));
}

function placeOf({ clientAddress }: Deps, account: string): LoginPlace {
  const hash = createHash('sha256').update(account.toLowerCase()).digest('base64url');
  return { account: hash, address: clientAddress };
}
