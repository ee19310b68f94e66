/** What the shop's owner decides of accounts, from the configuration. */

import type { SharedConfig } from '#origin/config.ts';
import type { Role } from './auth.ts';

export interface AccountPolicy {
  readonly emailVerification: 'required' | 'optional';
  /** Whose rights need a second factor. */
  readonly secondFactorRoles: ReadonlySet<Role>;
}

export function accountPolicy(
  config: Pick<SharedConfig, 'EMAIL_VERIFICATION' | 'SECOND_FACTOR_ROLES'>,
): AccountPolicy {
  const roles = (['seller', 'admin'] as const).filter((role) =>
    config.SECOND_FACTOR_ROLES?.split(',').includes(role),
  );
  return {
    emailVerification: config.EMAIL_VERIFICATION ?? 'required',
    secondFactorRoles: new Set(roles),
  };
}
