/** Checking a password, in a time that does not tell whether there is such a user. */

import { hashPassword } from '#db/password-hash.ts';

/** What an unknown user's password is held against, so that the answer takes as long as a known user's. */
let nobodysHash: Promise<string> | undefined;

export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  nobodysHash ??= hashPassword(crypto.randomUUID());
  const matches = await Bun.password.verify(password, hash ?? (await nobodysHash));
  return matches && hash !== undefined;
}
