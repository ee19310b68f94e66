/** The origin's configuration where it is about secrets and certificates: what is missing or wrong is told by name. */

import { expect, test } from 'bun:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSigningKey } from '#ops/local/secrets.ts';
import { originTls, readOriginConfig } from '#origin/config.ts';

const SECRET = 's'.repeat(32);
const COMPLETE = {
  DATABASE_URL: 'postgres://a:b@127.0.0.1/shop',
  REDIS_URL: 'redis://127.0.0.1',
  NATS_URL: 'nats://127.0.0.1',
  STRIPE_SECRET_KEY: 'sk_test_x',
  STRIPE_WEBHOOK_SECRET: 'whsec_x',
  QUOTE_SECRET: SECRET,
  FIELD_KEY: '0f'.repeat(32),
  EDGE_SECRET: SECRET,
  ACCESS_TOKEN_KEY: makeSigningKey(),
};

test('a field key of any other form is refused, and not repeated', () => {
  for (const key of ['', 'ab'.repeat(31), `${'ab'.repeat(32)}00`, 'AB'.repeat(32), 'zz'.repeat(32)]) {
    const read = () => readOriginConfig({ ...COMPLETE, FIELD_KEY: key });
    expect(read).toThrow('FIELD_KEY');
    if (key !== '') expect(read).not.toThrow(key);
  }
});

test('the origin has a certificate with its key, or neither', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hotshelf-config-'));
  const file = join(folder, 'a.pem');
  await writeFile(file, '-----BEGIN CERTIFICATE-----\n');
  const tlsOf = (given: object) => originTls(readOriginConfig({ ...COMPLETE, ...given }));
  expect(tlsOf({})).toBeNull();
  expect(() => tlsOf({ ORIGIN_TLS_CERT_FILE: file })).toThrow('ORIGIN_TLS_KEY_FILE is missing');
  expect(() => tlsOf({ ORIGIN_TLS_KEY_FILE: file })).toThrow('ORIGIN_TLS_CERT_FILE is missing');
  const absent = { ORIGIN_TLS_CERT_FILE: file, ORIGIN_TLS_KEY_FILE: join(folder, 'none') };
  expect(() => tlsOf(absent)).toThrow('cannot be read');
  await writeFile(join(folder, 'empty'), 'nothing');
  expect(() => tlsOf({ ...absent, ORIGIN_TLS_KEY_FILE: join(folder, 'empty') })).toThrow('no PEM');
  await rm(folder, { recursive: true });
});
