/** Many logins at once: few are at work, few wait, the rest are told to come back, and reads go on beside them. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHasher } from '#origin/accounts/hasher.ts';
import { createPasswords } from '#origin/accounts/passwords.ts';
import { type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

test('of a hundred logins at once all are answered: by a session, or by 503 at once with Retry-After', async () => {
  const { email } = await shop.signIn();
  const limited = shop.beside({ passwords: createPasswords({ maxRunning: 1, maxWaiting: 4 }) });
  const body = { email, password: TEST_PASSWORD };
  const refusedAt: number[] = [];
  const doneAt: number[] = [];
  const startedAt = performance.now();
  const answers = await Promise.all(
    Array.from({ length: 100 }, async () => {
      const answer = await limited.call('/api/v1/auth/login', { method: 'POST', body });
      (answer.status === 200 ? doneAt : refusedAt).push(performance.now() - startedAt);
      return answer;
    }),
  );
  // Five, and whoever came when one of them had just been served.
  expect(doneAt.length).toBeWithin(5, 20);
  for (const answer of answers.filter(({ status }) => status !== 200)) {
    expectProblem(answer, 'unavailable');
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  }
  // Nobody who is refused has waited for those who are served.
  expect(Math.max(...refusedAt)).toBeLessThan(Math.max(...doneAt));
});

test('while there is no room a login is refused before anything is asked of Redis or the database', async () => {
  const { email } = await shop.signIn();
  const passwords = createPasswords({ maxRunning: 1, maxWaiting: 0 });
  const nothing = new Proxy({}, { get: () => expect.unreachable('it was asked') }) as never;
  const limits = { ...shop.deps.limits, logins: nothing };
  const full = shop.beside({ passwords, limits, db: nothing });
  const atWork = passwords.hash('correct horse battery');
  const body = { email, password: TEST_PASSWORD };
  expectProblem(await full.call('/api/v1/auth/login', { method: 'POST', body }), 'unavailable');
  await atWork;
});

test('no more than so many hash at the same time', async () => {
  const passwords = createPasswords({ maxRunning: 2, maxWaiting: 10 });
  const hash = await passwords.hash('correct horse battery');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, () => passwords.verify('correct horse battery', hash)),
  );
  const served = outcomes.filter(({ status }) => status === 'fulfilled');
  expect(served).toHaveLength(12);
});

test('a process for hashing that ends, or does not answer, is replaced by the next call', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hotshelf-hashing-'));
  const program = join(folder, 'hash.ts');
  const hasher = createHasher({ program, timeoutMs: 2_000 });
  await Bun.write(program, "process.on('message', () => process.exit(1));");
  await expect(hasher('a password', null)).rejects.toMatchObject({ code: 'unavailable' });
  await Bun.write(program, "process.on('message', () => {});");
  expect(await hasher('a password', null).catch(({ code }) => code)).toBe('unavailable');
  await Bun.write(program, "process.on('message', ({ id }) => process.send({ id, answered: 'made' }));");
  expect(await hasher('a password', null)).toBe('made');
  await rm(folder, { recursive: true });
});

test('a hash that is none is no match, and the next is held against its own', async () => {
  const passwords = createPasswords({ maxRunning: 1, maxWaiting: 4 });
  expect(await passwords.verify('correct horse battery', 'no hash at all')).toBeFalse();
  const hash = await passwords.hash('correct horse battery');
  expect(await passwords.verify('correct horse battery', hash)).toBeTrue();
});
