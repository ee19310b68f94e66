/** Who a person is to the shop. */

import type { Person, UserRow } from './store.ts';

export function personOf({ id, email, emailVerifiedAt }: UserRow): Person {
  return { userId: id, verifiedEmail: emailVerifiedAt === null ? null : email };
}
