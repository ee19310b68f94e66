/** The keys of access tokens as configuration: what is none stops the start by its variable's name. */

import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { ConfigError } from '#lib/config.ts';
import { makeSigningKey } from '#ops/local/secrets.ts';
import { createKeyRing, type KeyVariables } from '#origin/http/key-ring.ts';

const ACCESS_TOKEN_KEY = makeSigningKey();
const { kty, crv, x, d } = JSON.parse(ACCESS_TOKEN_KEY);
const other = JSON.parse(makeSigningKey());
const set = (...keys: readonly object[]) => JSON.stringify({ keys });

test('a key is named by its thumbprint, and published by its public half alone', () => {
  const { signing, published } = createKeyRing({
    ACCESS_TOKEN_KEY: JSON.stringify({ ...JSON.parse(ACCESS_TOKEN_KEY), kid: 'mine' }),
    ACCESS_TOKEN_KEYS_BESIDE: set(other),
  });
  const kid = createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url');
  expect(signing).toEqual({ kty, crv, x, d, kid });
  expect(published).toHaveLength(2);
  expect(published[0]).toEqual({ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' });
  expect(JSON.stringify(published)).not.toContain(other.d);
});

test('RFC 8037’s key has RFC 8037’s thumbprint', () => {
  const { signing } = createKeyRing({
    ACCESS_TOKEN_KEY: JSON.stringify({
      ...{ kty: 'OKP', crv: 'Ed25519', d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' },
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    }),
  });
  expect(signing.kid).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
});

test('a key that is listed twice is published once', () => {
  const { published } = createKeyRing({ ACCESS_TOKEN_KEY, ACCESS_TOKEN_KEYS_BESIDE: set({ kty, crv, x }) });
  expect(published).toHaveLength(1);
});

describe('a key that is none', () => {
  test.each<[string, KeyVariables, string]>([
    ['no JSON', { ACCESS_TOKEN_KEY: 'secret' }, 'ACCESS_TOKEN_KEY'],
    ['a public key', { ACCESS_TOKEN_KEY: JSON.stringify({ kty, crv, x }) }, 'ACCESS_TOKEN_KEY'],
    ['another curve', { ACCESS_TOKEN_KEY: JSON.stringify({ kty, crv: 'X25519', x, d }) }, 'ACCESS_TOKEN_KEY'],
    ['halves of two', { ACCESS_TOKEN_KEY: JSON.stringify({ kty, crv, x: other.x, d }) }, 'ACCESS_TOKEN_KEY'],
    [
      'no set',
      { ACCESS_TOKEN_KEY, ACCESS_TOKEN_KEYS_BESIDE: JSON.stringify([other]) },
      'ACCESS_TOKEN_KEYS_BESIDE',
    ],
    [
      'a secret',
      { ACCESS_TOKEN_KEY, ACCESS_TOKEN_KEYS_BESIDE: set({ kty: 'oct', k: 'x' }) },
      'ACCESS_TOKEN_KEYS_BESIDE',
    ],
  ])('%s is refused, by name and without being repeated', (_what, variables, name) => {
    const parse = () => createKeyRing(variables);
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(`The environment variable ${name} is not valid`);
    expect(parse).not.toThrow(d);
  });
});
