/** Which rights somebody has: those of their role, or a shopper's while these need a second factor that they lack. */

import type { AccountPolicy } from './account-policy.ts';
import type { Role } from './auth.ts';

export function grantedRole(
  { secondFactorRoles }: Pick<AccountPolicy, 'secondFactorRoles'>,
  { role, hasSecondFactor }: { readonly role: Role; readonly hasSecondFactor: boolean },
): Role {
  return hasSecondFactor || !secondFactorRoles.has(role) ? role : 'shopper';
}
