/** The local stack's secrets are random, kept, and for their owner only. */

import { afterAll, expect, test } from 'bun:test';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSecrets } from '#ops/local/secrets.ts';

const parent = await mkdtemp(join(tmpdir(), 'secrets-'));
afterAll(() => rm(parent, { recursive: true, force: true }));

test('a second start has the same secrets, another checkout has others', async () => {
  const first = await loadSecrets(join(parent, 'one'));
  expect(await loadSecrets(join(parent, 'one'))).toEqual(first);
  const other = await loadSecrets(join(parent, 'two'));
  for (const [name, value] of Object.entries(first))
    expect(Object.entries(other)).not.toContainEqual([name, value]);
});

test('nobody but the owner may read them', async () => {
  await loadSecrets(join(parent, 'one'));
  expect((await stat(join(parent, 'one', 'secrets.json'))).mode & 0o777).toBe(0o600);
});

test('each is long enough for what checks it', async () => {
  const secrets = await loadSecrets(join(parent, 'one'));
  for (const value of Object.values(secrets)) expect(value.length).toBeGreaterThanOrEqual(32);
  expect(secrets.stripeWebhookSecret).toStartWith('whsec_');
});
