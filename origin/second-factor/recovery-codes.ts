/** Codes on paper for whoever has lost the authenticator: each stands in for it once. */

import { createHash, randomBytes } from 'node:crypto';

const CODES = 10;
/** 120 bits: past what anybody guesses, so a fast hash is enough to make a stolen table worthless. */
const CODE_BYTES = 15;
const GROUP = /.{6}/g;
/** Crockford's base32: no letter is taken for a digit. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BITS = 5;

export function newRecoveryCodes(): string[] {
  return Array.from({ length: CODES }, newCode);
}

function newCode(): string {
  let bits = BigInt(`0x${randomBytes(CODE_BYTES).toString('hex')}`);
  let text = '';
  for (let digit = 0; digit < (CODE_BYTES * 8) / BITS; digit += 1) {
    text += ALPHABET.charAt(Number(bits & 31n));
    bits >>= BigInt(BITS);
  }
  return (text.match(GROUP) ?? []).join('-');
}

/** However it was typed: small letters, without the dashes, O for 0, I and L for 1. */
export function hashRecoveryCode(code: string): Uint8Array {
  const plain = code
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  return createHash('sha256').update(plain).digest();
}
