/** Passwords, codes and mailed tokens are guessed nowhere faster than at the login. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { codeOf, signUpWithSecondFactor, wrongCode } from '#test/support/authenticator.ts';
import { openMailbox } from '#test/support/mailbox.ts';
import { type Answer, type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { startRedis, type TestRedis } from '#test/support/redis-server.ts';

const ACCOUNT_FREE = 3;
const TOKENS_FREE = 8;
const WRONG = 'not the password';

let redis: TestRedis;
let shop: OriginUnderTest;
beforeAll(async () => {
  redis = await startRedis();
  shop = await openOrigin({
    REDIS_URL: redis.url,
    LIMIT_MAILED_TOKENS_PER_HOUR: TOKENS_FREE,
    LIMIT_LOGIN_FAILURES_PER_ACCOUNT: ACCOUNT_FREE,
  });
});
afterAll(async () => {
  await shop.close();
  await redis.close();
});

let lastAddress = 0;
const nextAddress = () => {
  lastAddress += 1;
  return `10.2.${lastAddress >> 8}.${lastAddress & 255}`;
};

const post = (path: string, body: object, more: { token?: string; ip?: string } = {}) =>
  shop.call(`/api/v1${path}`, { method: 'POST', body, ip: nextAddress(), ...more });
const login = (email: string, more: { password?: string; code?: string } = {}, ip = nextAddress()) =>
  post('/auth/login', { email, password: TEST_PASSWORD, ...more }, { ip });

async function logIn(email: string, code: string): Promise<string> {
  const { status, body } = await login(email, { code });
  expect(status).toBe(200);
  return body.accessToken;
}

/** Each with a password, as whoever holds the session may send it. */
const PLACES: readonly (readonly [path: string, bodyWith: (password: string) => object])[] = [
  ['/me/password', (password) => ({ currentPassword: password, newPassword: 'a lamp in every window' })],
  ['/me/second-factor', (password) => ({ password })],
  ['/me/second-factor/recovery-codes', (password) => ({ password })],
  ['/me/second-factor/removal', (password) => ({ password })],
  ['/me/export', (password) => ({ password })],
  ['/me/erasure', (password) => ({ password })],
  ['/api-keys', (password) => ({ name: 'Key', scopes: ['orders:read'], expiresInDays: 1, password })],
];

describe('whoever has stolen a session', () => {
  test.each(PLACES)('guesses no password by %s, from however many addresses', async (path, bodyWith) => {
    const { token, email } = await shop.signIn();
    for (let tries = 0; tries <= ACCOUNT_FREE; tries += 1) {
      expectProblem(await post(path, bodyWith(WRONG), { token }), 'password_wrong');
    }
    const refused = await post(path, bodyWith(WRONG), { token });
    expectProblem(refused, 'rate_limited');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expectProblem(await post(path, bodyWith(TEST_PASSWORD), { token }), 'rate_limited');
    expectProblem(await login(email), 'rate_limited');
  });

  test('has no guesses of its own beside those of the login', async () => {
    const { token, email } = await shop.signIn();
    for (let tries = 0; tries <= ACCOUNT_FREE; tries += 1) await login(email, { password: WRONG });
    expectProblem(await post('/me/export', { password: WRONG }, { token }), 'rate_limited');
  });

  test('guesses no code by proofs either', async () => {
    const { email, secret } = await signUpWithSecondFactor(shop);
    const token = await logIn(email, codeOf(secret));
    const proof = { password: TEST_PASSWORD, code: wrongCode(secret) };
    for (let tries = 0; tries <= ACCOUNT_FREE; tries += 1) {
      expectProblem(await post('/me/export', proof, { token }), 'second_factor_invalid');
    }
    expectProblem(await post('/me/export', proof, { token }), 'rate_limited');
  });
});

describe('a code', () => {
  test('that is wrong is a failure of the login, though the password was right', async () => {
    const { email, secret } = await signUpWithSecondFactor(shop);
    for (let tries = 0; tries <= ACCOUNT_FREE; tries += 1) {
      expectProblem(await login(email, { code: wrongCode(secret) }), 'second_factor_invalid');
    }
    expectProblem(await login(email, { code: wrongCode(secret) }), 'rate_limited');
  });

  test('that was not given is none', async () => {
    const { email, secret } = await signUpWithSecondFactor(shop);
    for (let tries = 0; tries < 3 * ACCOUNT_FREE; tries += 1) {
      expectProblem(await login(email), 'second_factor_required');
    }
    await logIn(email, codeOf(secret));
  });
});

test('whoever has reset the password logs in from there, whatever strangers do', async () => {
  const { email } = await shop.signIn();
  for (let tries = 0; tries <= ACCOUNT_FREE; tries += 1) await login(email, { password: WRONG });
  const home = nextAddress();
  expectProblem(await login(email, {}, home), 'rate_limited');
  await post('/auth/password-reset', { email });
  const token = await openMailbox(shop.deps).lastToken(email);
  const password = 'a lamp in every window';
  const reset = (ip: string) => post('/auth/password-reset/confirmation', { token, password }, { ip });
  expect((await reset(home)).status).toBe(204);
  expectProblem(await login(email, { password }), 'rate_limited');
  expect((await login(email, { password }, home)).status).toBe(200);
});

describe('of mailed tokens, an address', () => {
  const spend = async (ask: (ip: string) => Promise<Answer>, ip: string, status: number) => {
    const answers = [];
    for (let times = 0; times < TOKENS_FREE; times += 1) answers.push((await ask(ip)).status);
    expect(answers).toEqual(answers.map(() => status));
    expectProblem(await ask(ip), 'rate_limited');
    expect((await ask(nextAddress())).status).toBe(status);
  };

  test.each(['/auth/email-verification', '/auth/password-reset'])('asks at %s for so many', async (path) => {
    const email = 'somebody@test.example';
    await spend((ip) => post(path, { email }, { ip }), nextAddress(), 202);
  });

  test.each([
    ['/auth/email-verification', { password: TEST_PASSWORD }],
    ['/auth/password-reset', { password: 'a lamp in every window' }],
  ])('guesses at %s as many', async (path, more) => {
    const guess = { token: 'pr_a-guess', ...more };
    await spend((ip) => post(`${path}/confirmation`, guess, { ip }), nextAddress(), 400);
  });
});
