/** What an account's owner is told by mail. Here it is decided what; how it is worded is the worker's. */

import type { EventName } from '#lib/events.ts';
import type { EventId, UserId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { issueToken } from './mailed-tokens.ts';
import * as store from './store.ts';

export type LetterKind =
  | 'verify_email'
  | 'already_registered'
  | 'reset_password'
  | 'password_changed'
  | 'password_reset'
  | 'second_factor_enabled'
  | 'second_factor_removed'
  | 'second_factor_guessed'
  | 'recovery_code_used'
  | 'api_key_created';

export interface AccountLetter {
  readonly kind: LetterKind;
  readonly to: string;
  /** Proves that its reader reads this mail; null where there is nothing to prove. */
  readonly token: string | null;
}

interface Plan {
  readonly kind: LetterKind;
  readonly purpose?: store.Purpose;
}

const PLANS: Partial<Record<EventName, Plan>> = {
  'account.registered': { kind: 'verify_email', purpose: 'verify_email' },
  'account.verification_requested': { kind: 'verify_email', purpose: 'verify_email' },
  // A password is to be chosen anew: that of an account which a stranger has opened beforehand would be the stranger's.
  'account.registered_again': { kind: 'already_registered', purpose: 'reset_password' },
  'account.reset_requested': { kind: 'reset_password', purpose: 'reset_password' },
  'account.password_changed': { kind: 'password_changed' },
  'account.password_reset': { kind: 'password_reset' },
  'account.second_factor_enabled': { kind: 'second_factor_enabled' },
  'account.second_factor_removed': { kind: 'second_factor_removed' },
  'account.second_factor_guessed': { kind: 'second_factor_guessed' },
  'account.recovery_code_used': { kind: 'recovery_code_used' },
  'account.api_key_created': { kind: 'api_key_created' },
};

/** Null where nobody is to be told: there is no such account, or enough letters of its kind are under way. */
export async function letterFor(
  deps: Deps,
  event: { readonly id: EventId; readonly name: EventName; readonly userId: UserId },
): Promise<AccountLetter | null> {
  const plan = PLANS[event.name];
  const user = plan && (await store.findAddressee(deps.db, event.userId));
  if (plan === undefined || user === undefined) return null;
  const { kind, purpose } = plan;
  if (event.name === 'account.verification_requested' && user.emailVerifiedAt !== null) return null;
  if (purpose === undefined) return { kind, to: user.email, token: null };
  const token = await issueToken(deps, { userId: user.id, purpose, eventId: event.id });
  return token === null ? null : { kind, to: user.email, token };
}
