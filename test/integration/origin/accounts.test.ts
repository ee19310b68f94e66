/** Accounts: what a thief of a password or of the database gets. Sessions have tests of their own. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { users } from '#db/schema/accounts.ts';
import { outbox } from '#db/schema/messaging.ts';
import * as accounts from '#origin/accounts/service.ts';
import { type Answer, type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

const auth = (verb: string, body: unknown): Promise<Answer> =>
  shop.call(`/api/v1/auth/${verb}`, { method: 'POST', body });
const refresh = (refreshToken: string) => auth('refresh', { refreshToken });
const newEmail = () => `ada-${crypto.randomUUID()}@test.example`;

async function register(email = newEmail()) {
  const { status, body } = await auth('register', { email, password: TEST_PASSWORD, name: 'Ada' });
  expect(status).toBe(201);
  return { id: body.id, email };
}

async function login(email: string) {
  const { status, body } = await auth('login', { email, password: TEST_PASSWORD });
  expect(status).toBe(200);
  return body as { accessToken: string; refreshToken: string; expiresIn: number };
}

describe('an account', () => {
  test('is opened, logged into, and tells who it is for', async () => {
    const { id, email } = await register();
    const { accessToken, expiresIn } = await login(email);
    const { status, body, headers } = await shop.call('/api/v1/me', { token: accessToken });
    expect(status).toBe(200);
    expect(body).toEqual({ id, email, name: 'Ada', role: 'shopper', cartReminders: false });
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(expiresIn).toBe(900);
  });

  test('is one, however its email is spelt', async () => {
    const { id, email } = await register();
    const again = await auth('register', {
      email: email.toUpperCase(),
      password: 'another password altogether',
      name: 'Eve',
    });
    expect(again.status).toBe(201);
    const { accessToken } = await login(email.toUpperCase());
    expect((await shop.call('/api/v1/me', { token: accessToken })).body).toMatchObject({ id, name: 'Ada' });
    expect(await shop.deps.db.$count(users, eq(users.email, email))).toBe(1);
  });

  test('is opened once by many at the same time', async () => {
    const email = newEmail();
    const body = { email, password: TEST_PASSWORD, name: 'Ada' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => auth('register', body)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(await shop.deps.db.$count(users, eq(users.email, email))).toBe(1);
    const opened = (await shop.deps.db.select().from(outbox)).filter(({ data }) =>
      answers.some(({ body: { id } }) => id === (data as { userId?: string }).userId),
    );
    expect(opened.map(({ name }) => name).toSorted()).toEqual([
      'account.registered',
      ...Array(7).fill('account.registered_again'),
    ]);
  });

  test('keeps its password as argon2id, at no less than what OWASP asks for', async () => {
    const { email } = await register();
    const [row] = await shop.deps.db.select().from(users).where(eq(users.email, email));
    expect(row?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  test('is not told from none by a wrong password', async () => {
    const { email } = await register();
    const wrong = await auth('login', { email, password: 'not the password' });
    const unknown = await auth('login', { email: newEmail(), password: 'not the password' });
    expectProblem(wrong, 'credentials_invalid');
    expect(unknown.body).toEqual(wrong.body);
    expect(Object.fromEntries(unknown.headers)).toEqual(Object.fromEntries(wrong.headers));
  });
});

test('no password, token, hash or email of these tests is in the logs, even of what failed', async () => {
  const { email, id } = await register();
  const { accessToken, refreshToken } = await login(email);
  await refresh(refreshToken);
  await refresh(refreshToken);
  await refresh('rt_unknown');
  const broken = { ...shop.deps, ids: { next: <Id>() => 'no-uuid' as Id } };
  const failing = accounts.register(broken, {
    email: newEmail(),
    password: TEST_PASSWORD,
    name: 'Grace Hopper',
  });
  const failure = await failing.catch((error: unknown) => error);
  shop.deps.log.error('a request failed unexpectedly', { error: failure });
  const logs = shop.logs.join('\n');
  expect(logs).toContain('Failed query: insert into');
  const [row] = await shop.deps.db.select().from(users).where(eq(users.id, id));
  for (const secret of [
    TEST_PASSWORD,
    accessToken,
    refreshToken,
    row?.passwordHash ?? '',
    '$argon2id$',
    '@test.example',
    'Grace Hopper',
  ]) {
    expect(logs).not.toContain(secret);
  }
});
