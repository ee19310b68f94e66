/** Password hashes by argon2id at OWASP's figures: https://cheatsheetseries.owasp.org (Password Storage). */

const ARGON2ID = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const;

export function hashPassword(password: string): Promise<string> {
  return Bun.password.hash(password, ARGON2ID);
}

/** What an unknown user's password is held against, so that the answer takes as long as a known user's. */
let nobodysHash: Promise<string> | undefined;

export async function verifyPassword(password: string, hash: string | undefined): Promise<boolean> {
  nobodysHash ??= hashPassword(crypto.randomUUID());
  const matches = await Bun.password.verify(password, hash ?? (await nobodysHash));
  return matches && hash !== undefined;
}
