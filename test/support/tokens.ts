/** Access tokens as an attacker makes them: like ours, but for what a test spoils. */

import { createHash, createPrivateKey, sign as signEd25519 } from 'node:crypto';
import { TEST_CONFIG } from './origin.ts';

export interface Jwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly d: string;
}

export interface Forgery {
  readonly header?: object;
  readonly claims?: object;
  /** Whose signature it bears; the shop's own, if it is left out. */
  readonly key?: Jwk;
  /** Makes the signature in another way. */
  readonly sign?: (signed: string) => string;
}

const LIFE_SECONDS = 900;
export const SHOP_KEY: Jwk = JSON.parse(TEST_CONFIG.ACCESS_TOKEN_KEY);

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** RFC 7638. */
export function kidOf({ crv, kty, x }: Jwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}

/** A token for the user that would be good but for what the forgery changes; a claim of `undefined` is left out. */
export function forge(userId: string, { header, claims, key = SHOP_KEY, sign }: Forgery = {}): string {
  const seconds = Math.floor(Date.now() / 1_000);
  const signed = [
    encode({ alg: 'EdDSA', kid: kidOf(key), typ: 'at+jwt', ...header }),
    encode({
      ...{ sub: userId, sid: crypto.randomUUID(), role: 'shopper', epoch: 0, jti: crypto.randomUUID() },
      ...{ iss: 'hotshelf', aud: 'hotshelf-api', iat: seconds, exp: seconds + LIFE_SECONDS, ...claims },
    }),
  ].join('.');
  return `${signed}.${(sign ?? signWith(key))(signed)}`;
}

function signWith(key: Jwk): (signed: string) => string {
  const privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' });
  return (signed) => signEd25519(null, Buffer.from(signed), privateKey).toString('base64url');
}

/** The same token with other claims under the old signature. */
export function withClaims(token: string, changed: object): string {
  const [header, claims = '', signature] = token.split('.');
  const before = JSON.parse(Buffer.from(claims, 'base64url').toString());
  return [header, encode({ ...before, ...changed }), signature].join('.');
}

export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

export function headerOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
}
