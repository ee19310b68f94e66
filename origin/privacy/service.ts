/** One's own data: to take away, and to have taken out. Both take more than a session: the owner proves to be there. */

import type { UserId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { confirmIdentity, type Proof } from '#origin/second-factor/service.ts';
import { erasePerson } from './erase.ts';
import { collect } from './export.ts';
import type { PersonalData } from './model.ts';

export { deleteStripeCustomer } from './erase.ts';

/** From the primary: what was written a moment ago is in it. @throws {AppError} what {@link confirmIdentity} refuses */
export async function exportOwnData(deps: Deps, userId: UserId, proof: Proof): Promise<PersonalData> {
  const user = await confirmIdentity(deps, userId, proof);
  return collect(deps, user);
}

/** @throws {AppError} what {@link confirmIdentity} and {@link erasePerson} refuse */
export async function eraseOneself(deps: Deps, userId: UserId, proof: Proof): Promise<void> {
  await confirmIdentity(deps, userId, proof);
  await erasePerson(deps, userId);
}
