/** Tokens that are mailed. They are made when the mail is written, leave in it alone, and are kept as hashes. */

import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 32;

export function makeToken(): string {
  return `sn_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

/** The token has 256 random bits: a fast hash is enough to make a stolen table worthless. */
export function hashToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest();
}
