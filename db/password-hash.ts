/** Password hashes by argon2id at OWASP's figures: https://cheatsheetseries.owasp.org (Password Storage). */

const ARGON2ID = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const;

export function hashPassword(password: string): Promise<string> {
  return Bun.password.hash(password, ARGON2ID);
}
