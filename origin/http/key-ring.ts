/**
 * The keys of access tokens: one signs, that one and those beside it verify. A key is turned over without a refused
 * token in three steps, each with all processes restarted one after the other: make the next key known by its public
 * half; let it sign, with the old one's public half kept; after the life of a token, drop the old one.
 */

import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { ConfigError } from '#lib/config.ts';

/** Ed25519 as JOSE calls it, RFC 8037. */
export const ALGORITHM = 'EdDSA';

/** RFC 8037: 32 bytes each. */
const Bytes32 = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' });
const PublicHalf = Type.Object({ kty: Type.Literal('OKP'), crv: Type.Literal('Ed25519'), x: Bytes32 });
const PrivateKey = Type.Composite([PublicHalf, Type.Object({ d: Bytes32 })]);
const KeySet = Type.Object({ keys: Type.Array(PublicHalf, { maxItems: 10 }) });

type PublicHalf = Static<typeof PublicHalf>;

/** A public key as it is published, RFC 7517. */
export interface PublishedKey extends PublicHalf {
  readonly kid: string;
  readonly alg: typeof ALGORITHM;
  readonly use: 'sig';
}

export interface KeyRing {
  readonly signing: Static<typeof PrivateKey> & { readonly kid: string };
  /** The signing key's public half first. */
  readonly published: readonly PublishedKey[];
}

export interface KeyVariables {
  /** A private JWK; `npm run signing-key` makes one. */
  readonly ACCESS_TOKEN_KEY: string;
  /** A JWK Set with the public halves of keys that have signed, or are about to. */
  readonly ACCESS_TOKEN_KEYS_BESIDE?: string;
}

/** @throws {ConfigError} naming the variable whose key is none. */
export function createKeyRing({ ACCESS_TOKEN_KEY, ACCESS_TOKEN_KEYS_BESIDE }: KeyVariables): KeyRing {
  const key = parse('ACCESS_TOKEN_KEY', PrivateKey, ACCESS_TOKEN_KEY);
  if (publicHalfOf(key) !== key.x) throw notValid('ACCESS_TOKEN_KEY', 'its halves do not belong together');
  const beside =
    ACCESS_TOKEN_KEYS_BESIDE === undefined
      ? []
      : parse('ACCESS_TOKEN_KEYS_BESIDE', KeySet, ACCESS_TOKEN_KEYS_BESIDE).keys;
  const published = new Map([key, ...beside].map(publish).map((each) => [each.kid, each]));
  const { kty, crv, x, d } = key;
  return { signing: { kty, crv, x, d, kid: thumbprint(key) }, published: [...published.values()] };
}

/** Nothing but the public half, whatever else the key came with. */
function publish(key: PublicHalf): PublishedKey {
  const { kty, crv, x } = key;
  return { kty, crv, x, kid: thumbprint(key), alg: ALGORITHM, use: 'sig' };
}

/** RFC 7638: a key's name follows from the key, so that no two can share one. */
function thumbprint({ crv, kty, x }: PublicHalf): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}

function publicHalfOf({ kty, crv, x, d }: Static<typeof PrivateKey>): string | undefined {
  const privateKey = createPrivateKey({ key: { kty, crv, x, d }, format: 'jwk' });
  // Through PKCS #8, which holds the private half alone.
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  const alone = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return createPublicKey(alone).export({ format: 'jwk' }).x;
}

function parse<Schema extends typeof PrivateKey | typeof KeySet>(
  name: keyof KeyVariables,
  schema: Schema,
  text: string,
): Static<Schema> {
  const candidate = parseJson(text);
  if (!Value.Check(schema, candidate)) {
    throw notValid(name, schema === PrivateKey ? 'expected a private Ed25519 JWK' : 'expected a JWK Set');
  }
  return candidate;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function notValid(name: keyof KeyVariables, reason: string): ConfigError {
  return new ConfigError(`The environment variable ${name} is not valid: ${reason}.`);
}
