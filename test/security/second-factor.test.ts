/** The second factor: codes that were used, guessed or stolen, and who has rights without one. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { recoveryCodes, secondFactors } from '#db/schema/second-factor.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import type { UserId } from '#lib/ids.ts';
import { checkSecondFactor } from '#origin/second-factor/service.ts';
import { stepOf } from '#origin/second-factor/totp.ts';
import { codeOf, type Guarded, signUpWithSecondFactor, wrongCode } from '#test/support/authenticator.ts';
import { openMailbox } from '#test/support/mailbox.ts';
import { type OriginUnderTest, openOrigin, type Reachable, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin({ SECOND_FACTOR_ROLES: 'admin' });
});
afterAll(async () => {
  await shop.close();
});

const login = (email: string, code?: string, on: Reachable = shop) =>
  on.call('/api/v1/auth/login', {
    method: 'POST',
    body: { email, password: TEST_PASSWORD, ...(code === undefined ? {} : { code }) },
  });
const factor = (token: string, path: string, body: object) =>
  shop.call(`/api/v1/me/second-factor${path}`, { method: 'POST', token, body });
const rowOf = async ({ userId }: Pick<Guarded, 'userId'>) => {
  const rows = await shop.deps.db.select().from(secondFactors);
  return rows.find((row) => row.userId === userId);
};
const later = (ms: number) => shop.beside({ clock: { now: () => new Date(Date.now() + ms) } });

test('codes are those of RFC 6238, appendix B', () => {
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  expect(stepOf(secret, '287082', new Date(59_000))).toBe(1);
  expect(stepOf(secret, '081804', new Date(1_111_111_109_000))).toBe(37_037_036);
  expect(stepOf(secret, '353130', new Date(20_000_000_000_000))).toBe(666_666_666);
  expect(stepOf(secret, '287082', new Date(59_000 + 2 * 30_000))).toBeNull();
});

describe('with a second factor', () => {
  test('the password alone does not log in, a code does', async () => {
    const { email, secret } = await signUpWithSecondFactor(shop);
    expectProblem(await login(email), 'second_factor_required');
    expectProblem(await login(email, wrongCode(secret)), 'second_factor_invalid');
    expect((await login(email, codeOf(secret))).status).toBe(200);
  });

  test('a code is asked for after the password only: it does not tell whether that was right', async () => {
    const { email, secret } = await signUpWithSecondFactor(shop);
    const body = { email, password: 'not the password', code: codeOf(secret) };
    expectProblem(await shop.call('/api/v1/auth/login', { method: 'POST', body }), 'credentials_invalid');
  });

  test('a code works once, and none of a step before it works after', async () => {
    const { email, secret } = await signUpWithSecondFactor(shop);
    const [earlier, code] = [codeOf(secret, 0), codeOf(secret, 1)];
    expect((await login(email, code)).status).toBe(200);
    expectProblem(await login(email, code), 'second_factor_invalid');
    expectProblem(await login(email, earlier), 'second_factor_invalid');
  });

  test('a code that comes at many places at once works at one', async () => {
    const { email, secret } = await signUpWithSecondFactor(shop);
    const code = codeOf(secret);
    const answers = await Promise.all(Array.from({ length: 4 }, () => login(email, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('every session that was opened before has ended', async () => {
    const { email, token } = await shop.signIn();
    const { body: session } = await login(email);
    const { body } = await factor(token, '', { password: TEST_PASSWORD });
    expect((await factor(token, '/confirmation', { code: codeOf(body.secret) })).status).toBe(200);
    const { refreshToken } = session;
    const refreshed = await shop.call('/api/v1/auth/refresh', { method: 'POST', body: { refreshToken } });
    expectProblem(refreshed, 'refresh_token_invalid');
  });

  test('the secret is sealed at rest, and never shown again', async () => {
    const guarded = await signUpWithSecondFactor(shop);
    const row = await rowOf(guarded);
    expect(Buffer.from(row?.secret ?? []).toString('latin1')).not.toContain(guarded.secret);
    const { body } = await login(guarded.email, codeOf(guarded.secret));
    const again = await factor(body.accessToken, '', { password: TEST_PASSWORD });
    expectProblem(again, 'second_factor_on');
    expect(shop.logs.join('\n')).not.toContain(guarded.secret);
  });
});

describe('guessing codes', () => {
  test('is slowed after five, more with each, and told to the owner; the right code waits as well', async () => {
    const mailbox = openMailbox(shop.deps);
    const { email, secret } = await signUpWithSecondFactor(shop);
    for (let guess = 0; guess < 5; guess += 1) {
      expectProblem(await login(email, wrongCode(secret)), 'second_factor_invalid');
    }
    const throttled = await login(email, codeOf(secret));
    expectProblem(throttled, 'second_factor_throttled');
    expect(Number(throttled.headers.get('retry-after'))).toBeWithin(20, 31);
    const told = (await mailbox.mailsTo(email)).map(({ subject }) => subject);
    expect(told).toEqual(['Your second factor is on', 'Somebody knows your password']);
    const after = later(31_000);
    expectProblem(await login(email, wrongCode(secret), after), 'second_factor_invalid');
    const slower = await login(email, codeOf(secret, 1), after);
    expectProblem(slower, 'second_factor_throttled');
    expect(Number(slower.headers.get('retry-after'))).toBeWithin(50, 61);
    expect((await login(email, codeOf(secret, 4), later(2 * MINUTE_MS))).status).toBe(200);
  });

  test('is slowed however many guess at once', async () => {
    const guarded = await signUpWithSecondFactor(shop);
    const code = wrongCode(guarded.secret);
    const answers = await Promise.all(Array.from({ length: 12 }, () => login(guarded.email, code)));
    const looked = answers.filter(({ body }) => body.code === 'second_factor_invalid');
    expect(looked).toHaveLength(5);
    expect((await rowOf(guarded))?.failures).toBe(5);
  });

  test('at the very same moment gains nothing: attempts take turns', async () => {
    const { userId, secret } = await signUpWithSecondFactor(shop);
    const check = (code: string) => checkSecondFactor(shop.deps, userId as UserId, code);
    const guesses = Array.from({ length: 12 }, () => check(wrongCode(secret)));
    const outcomes = await Promise.allSettled(guesses);
    const codes = outcomes.map((each) => (each.status === 'rejected' ? each.reason.code : 'right'));
    expect(codes.filter((code) => code === 'second_factor_invalid')).toHaveLength(5);
    const other = await signUpWithSecondFactor(shop);
    const same = Array.from({ length: 6 }, () =>
      checkSecondFactor(shop.deps, other.userId as UserId, codeOf(other.secret)),
    );
    const taken = (await Promise.allSettled(same)).filter(({ status }) => status === 'fulfilled');
    expect(taken).toHaveLength(1);
  });

  test('by who does not know the password hinders nobody', async () => {
    const { email, secret } = await signUpWithSecondFactor(shop);
    for (let guess = 0; guess < 8; guess += 1) {
      const body = { email, password: 'not the password', code: wrongCode(secret) };
      expectProblem(await shop.call('/api/v1/auth/login', { method: 'POST', body }), 'credentials_invalid');
    }
    expect((await login(email, codeOf(secret))).status).toBe(200);
  });
});

describe('a recovery code', () => {
  test('stands in for a code once, however it is typed, and its use is told', async () => {
    const mailbox = openMailbox(shop.deps);
    const { email, recoveryCodes: codes } = await signUpWithSecondFactor(shop);
    expect(new Set(codes).size).toBe(10);
    const [first = '', second = ''] = codes;
    expect((await login(email, first.toLowerCase().replaceAll('-', ' '))).status).toBe(200);
    expectProblem(await login(email, first), 'second_factor_invalid');
    const answers = await Promise.all(Array.from({ length: 4 }, () => login(email, second)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const told = (await mailbox.mailsTo(email)).map(({ subject }) => subject);
    expect(told).toEqual([
      'Your second factor is on',
      'A recovery code was used',
      'A recovery code was used',
    ]);
  });

  test('is kept as a hash, is nobody else’s, and ends with the next set', async () => {
    const ada = await signUpWithSecondFactor(shop);
    const eve = await signUpWithSecondFactor(shop);
    const [code = ''] = ada.recoveryCodes;
    expectProblem(await login(eve.email, code), 'second_factor_invalid');
    const rows = await shop.deps.db.select().from(recoveryCodes);
    for (const { codeHash } of rows) expect(codeHash).toHaveLength(32);
    const { body } = await login(ada.email, codeOf(ada.secret));
    const proof = { password: TEST_PASSWORD, code: codeOf(ada.secret, 1) };
    const renewed = await factor(body.accessToken, '/recovery-codes', proof);
    expect(renewed.status).toBe(200);
    expectProblem(await login(ada.email, code), 'second_factor_invalid');
    expect((await login(ada.email, renewed.body.recoveryCodes[0])).status).toBe(200);
  });
});

describe('a stolen session', () => {
  test('turns no second factor on or off: it takes the password, and a code', async () => {
    const stolen = await shop.signIn();
    expectProblem(await factor(stolen.token, '', { password: 'a guess' }), 'password_wrong');
    const { email, secret, userId } = await signUpWithSecondFactor(shop);
    const { body } = await login(email, codeOf(secret));
    const remove = (proof: object) => factor(body.accessToken, '/removal', proof);
    expectProblem(await remove({ password: 'a guess', code: codeOf(secret, 1) }), 'password_wrong');
    expectProblem(await remove({ password: TEST_PASSWORD }), 'second_factor_required');
    expectProblem(await remove({ password: TEST_PASSWORD, code: codeOf(secret) }), 'second_factor_invalid');
    expect((await remove({ password: TEST_PASSWORD, code: codeOf(secret, 1) })).status).toBe(204);
    expect(await rowOf({ userId })).toBeUndefined();
    expect((await login(email)).status).toBe(200);
  });
});

describe('where admins need a second factor', () => {
  const refund = (token: string) =>
    shop.call(`/api/v1/orders/${crypto.randomUUID()}/refunds`, { method: 'POST', token, body: {} });

  test('one without has the rights of a shopper, and says so; with one, those of an admin', async () => {
    const { token } = await shop.signIn('admin');
    expectProblem(await refund(token), 'forbidden');
    const { body: status } = await shop.call('/api/v1/me/second-factor', { token });
    expect(status).toEqual({ enabled: false, required: true, recoveryCodesLeft: 0 });
    const { email, secret } = await signUpWithSecondFactor(shop, 'admin');
    const { body } = await login(email, codeOf(secret));
    expect((await refund(body.accessToken)).status).not.toBe(403);
    const { refreshToken } = body;
    const next = await shop.call('/api/v1/auth/refresh', { method: 'POST', body: { refreshToken } });
    expect((await refund(next.body.accessToken)).status).not.toBe(403);
  });

  test('a seller, of whom none is asked, has theirs without', async () => {
    const { token } = await shop.signIn('seller');
    const answer = await shop.call('/api/v1/products', { method: 'POST', token, body: {} });
    expectProblem(answer, 'invalid_input');
  });
});

test('a secret that was moved to another account opens nothing', async () => {
  const ada = await signUpWithSecondFactor(shop);
  const eve = await signUpWithSecondFactor(shop);
  const secret = (await rowOf(eve))?.secret ?? new Uint8Array();
  await shop.deps.db
    .update(secondFactors)
    .set({ secret })
    .where(eq(secondFactors.userId, (await rowOf(ada))?.userId ?? (ada.userId as never)));
  expect((await login(ada.email, codeOf(eve.secret))).status).toBe(500);
});
