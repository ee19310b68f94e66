/** Rights that rest on a second factor end with it, and with the day it becomes required: on tokens that are out, too. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { SECOND_MS } from '#lib/clock.ts';
import { createDeps, type RunningDeps } from '#origin/deps.ts';
import { codeOf, signUpWithSecondFactor } from '#test/support/authenticator.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin, type Reachable, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { me, refresh } from '#test/support/sessions.ts';
import { claimsOf, forge } from '#test/support/tokens.ts';

const WITHIN_MS = SECOND_MS;

let shop: OriginUnderTest;
/** The shop as its owner has it from now on. */
let strict: Reachable;
let second: RunningDeps;
let elsewhere: Reachable;
beforeAll(async () => {
  shop = await openOrigin();
  const accountPolicy = {
    emailVerification: 'optional',
    secondFactorRoles: new Set(['admin'] as const),
  } as const;
  strict = shop.beside({ accountPolicy });
  second = createDeps(shop.config, 'hotshelf-test-2', shop.deps.log);
  elsewhere = shop.beside({ ...second.deps, accountPolicy });
});
afterAll(async () => {
  await second.close();
  await shop.close();
});

const users = (at: Reachable, token: string) => at.call('/api/v1/users', { token });

async function guardedAdmin() {
  const { email, userId, secret } = await signUpWithSecondFactor(shop, 'admin');
  const body = { email, password: TEST_PASSWORD, code: codeOf(secret) };
  const { body: tokens } = await strict.call('/api/v1/auth/login', { method: 'POST', body });
  return { userId, secret, token: tokens.accessToken as string, refreshToken: tokens.refreshToken as string };
}

describe('once admins need a second factor', () => {
  test('a token that was given to one without is a shopper’s', async () => {
    const { token } = await shop.signIn('admin');
    expect((await users(shop, token)).status).toBe(200);
    expectProblem(await users(strict, token), 'forbidden');
    expect((await me(strict, token)).status).toBe(200);
  });

  test('a token that does not say is a shopper’s', async () => {
    const { userId } = await shop.signIn('admin');
    const token = forge(userId, { claims: { role: 'admin' } });
    expect((await users(shop, token)).status).toBe(200);
    expectProblem(await users(strict, token), 'forbidden');
  });

  test('a token of one with a second factor is an admin’s', async () => {
    expect((await users(strict, (await guardedAdmin()).token)).status).toBe(200);
  });
});

describe('a second factor that is gone', () => {
  test('takes its tokens along, within a second everywhere; the session goes on as a shopper’s', async () => {
    const { secret, token, refreshToken } = await guardedAdmin();
    expect((await users(elsewhere, token)).status).toBe(200);
    const body = { password: TEST_PASSWORD, code: codeOf(secret, 1) };
    const removed = await strict.call('/api/v1/me/second-factor/removal', { method: 'POST', token, body });
    expect(removed.status).toBe(204);
    for (const process of [strict, elsewhere]) {
      const isVoid = async () => (await users(process, token)).status === 401;
      await eventually('the token is void', isVoid, WITHIN_MS);
    }
    const next = await refresh(strict, refreshToken);
    expect(claimsOf(next.body.accessToken)).toMatchObject({ role: 'shopper', factors: 1 });
  });

  test('does so, too, when somebody takes it away by hand in the database', async () => {
    const { userId, token } = await guardedAdmin();
    expect((await users(elsewhere, token)).status).toBe(200);
    await shop.deps.db.execute(sql`delete from second_factors where user_id = ${userId}`);
    await eventually(
      'the token is void',
      async () => (await users(elsewhere, token)).status === 401,
      WITHIN_MS,
    );
  });

  test('of a shopper voids nothing, for no right rested on it', async () => {
    const { email, secret, userId } = await signUpWithSecondFactor(shop);
    const credentials = { email, password: TEST_PASSWORD, code: codeOf(secret) };
    const { body } = await shop.call('/api/v1/auth/login', { method: 'POST', body: credentials });
    await shop.deps.db.execute(sql`delete from second_factors where user_id = ${userId}`);
    const rows = await shop.deps.db.execute(sql`select access_epoch from users where id = ${userId}`);
    expect(rows[0]).toEqual({ access_epoch: 0 });
    expect((await me(shop, body.accessToken)).status).toBe(200);
  });
});
