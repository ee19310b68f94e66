/** Many logins at once: few are at work, few wait, the rest are told to come back, and reads go on beside them. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
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
