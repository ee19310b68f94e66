/** Mailed tokens and passwords: what a thief of a link, a session or the database gets, and what two at once do. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { listAudit } from '#db/audit-log.ts';
import { accountTokens } from '#db/schema/account-tokens.ts';
import { users } from '#db/schema/accounts.ts';
import { outbox } from '#db/schema/messaging.ts';
import { DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import type { UserId } from '#lib/ids.ts';
import { resetPassword, verifyEmail } from '#origin/credentials/service.ts';
import { codeOf, signUpWithSecondFactor } from '#test/support/authenticator.ts';
import { type Mailbox, openMailbox } from '#test/support/mailbox.ts';
import { type Answer, type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';

let shop: OriginUnderTest;
let mailbox: Mailbox;
beforeAll(async () => {
  shop = await openOrigin({ EMAIL_VERIFICATION: 'required' });
  mailbox = openMailbox(shop.deps);
});
afterAll(async () => {
  await shop.close();
});

const NEW_PASSWORD = 'a lamp in every window';
const auth = (verb: string, body: object): Promise<Answer> =>
  shop.call(`/api/v1/auth/${verb}`, { method: 'POST', body });
const login = (email: string, password = TEST_PASSWORD) => auth('login', { email, password });
const reset = (token: string, password = NEW_PASSWORD) =>
  auth('password-reset/confirmation', { token, password });
const verify = (token: string, password = TEST_PASSWORD) =>
  auth('email-verification/confirmation', { token, password });
const later = (ms: number) => ({ ...shop.deps, clock: { now: () => new Date(Date.now() + ms) } });
const subjects = async (email: string) => (await mailbox.mailsTo(email)).map(({ subject }) => subject);

async function register() {
  const email = `ada-${crypto.randomUUID()}@test.example`;
  const { status, body } = await auth('register', { email, password: TEST_PASSWORD, name: 'Ada' });
  expect(status).toBe(201);
  return { email, id: body.id };
}

async function resetTokenFor(email: string) {
  expect((await auth('password-reset', { email })).status).toBe(202);
  return mailbox.lastToken(email);
}

describe('the proof of an email', () => {
  test('lets its owner in, and works once', async () => {
    const { email } = await register();
    expectProblem(await login(email), 'credentials_invalid');
    const token = await mailbox.lastToken(email);
    expect((await verify(token)).status).toBe(204);
    expect((await login(email)).status).toBe(200);
    expectProblem(await verify(token), 'link_invalid');
  });

  test('is worth nothing after a day, and can be asked for again', async () => {
    const { email } = await register();
    const token = await mailbox.lastToken(email);
    await expect(verifyEmail(later(DAY_MS), { token, password: TEST_PASSWORD })).rejects.toThrow(
      'no longer good',
    );
    await auth('email-verification', { email });
    const second = await mailbox.lastToken(email);
    expect(second).not.toBe(token);
    expect((await verify(second)).status).toBe(204);
    expectProblem(await verify(token), 'link_invalid');
    await auth('email-verification', { email });
    expect(await subjects(email)).toHaveLength(2);
  });

  test('sets no password, and a token that does proves nothing else', async () => {
    const { email } = await register();
    const proof = await mailbox.lastToken(email);
    expectProblem(await reset(proof), 'link_invalid');
    const token = await resetTokenFor(email);
    expectProblem(await verify(token), 'link_invalid');
    expect((await verify(proof)).status).toBe(204);
  });

  test('does not make a stranger’s password that of an account which was opened in one’s name', async () => {
    const { email } = await register();
    const strangers = await mailbox.lastToken(email);
    await auth('register', { email, password: 'the choice of its owner', name: 'Ada' });
    expectProblem(await verify(strangers), 'link_invalid');
    const token = await mailbox.lastToken(email);
    expect((await reset(token, 'the choice of its owner')).status).toBe(204);
    expectProblem(await login(email), 'credentials_invalid');
    expect((await login(email, 'the choice of its owner')).status).toBe(200);
  });

  test('of somebody who does not know the account’s password leaves it unproven, and the token good', async () => {
    const { email } = await register();
    const token = await mailbox.lastToken(email);
    expectProblem(await verify(token, 'the choice of its owner'), 'password_wrong');
    expectProblem(await login(email), 'credentials_invalid');
    expect((await verify(token)).status).toBe(204);
  });

  test('by a new password voids what was set before it: the second factor, cards, consents and links', async () => {
    const { email, userId, secret } = await signUpWithSecondFactor(shop);
    const proven = await auth('login', { email, password: TEST_PASSWORD, code: codeOf(secret) });
    const token = proven.body.accessToken;
    const card = { paymentMethodId: 'pm_card_visa' };
    expect((await shop.call('/api/v1/payment-methods', { method: 'POST', token, body: card })).status).toBe(
      201,
    );
    await shop.call('/api/v1/me', { method: 'PATCH', token, body: { cartReminders: true } });
    const wishes = await shop.call('/api/v1/wish-lists', { method: 'POST', token, body: { name: 'Wishes' } });
    const sharing = `/api/v1/wish-lists/${wishes.body.id}/sharing`;
    const shared = `/api/v1/shared-wish-lists/${(await shop.call(sharing, { method: 'POST', token })).body.token}`;
    expect((await shop.call(shared)).status).toBe(200);
    await shop.deps.db
      .update(users)
      .set({ emailVerifiedAt: null })
      .where(eq(users.id, userId as UserId));
    expect((await reset(await resetTokenFor(email))).status).toBe(204);
    const { status, body } = await login(email, NEW_PASSWORD);
    expect(status).toBe(200);
    const owner = { token: body.accessToken };
    expect((await shop.call('/api/v1/payment-methods', owner)).body.items).toBeEmpty();
    expect((await shop.call('/api/v1/me', owner)).body.cartReminders).toBeFalse();
    expectProblem(await shop.call(shared), 'wish_list_not_found');
    expect(await subjects(email)).toContain('Your second factor is off');
  });
});

describe('a token that sets a new password', () => {
  test('ends every session, replaces the password, tells the owner, and works once', async () => {
    const { email, token: accessToken } = await shop.signIn();
    const sessions = await Promise.all([login(email), login(email)]);
    const token = await resetTokenFor(email);
    expect((await reset(token)).status).toBe(204);
    for (const { body } of sessions) {
      expectProblem(await auth('refresh', { refreshToken: body.refreshToken }), 'refresh_token_invalid');
    }
    expectProblem(await login(email), 'credentials_invalid');
    expect((await login(email, NEW_PASSWORD)).status).toBe(200);
    expectProblem(await reset(token, 'yet another good password'), 'link_invalid');
    expect(await subjects(email)).toEqual(['A new password', 'Your password was reset']);
    expectProblem(await shop.call('/api/v1/me', { token: accessToken }), 'unauthenticated');
  });

  test('ends the account’s API keys, which whoever knew the old password may have made; a change leaves them', async () => {
    const { email, userId, token } = await shop.signIn('seller');
    const asked = { name: 'Key', scopes: ['orders:read'], expiresInDays: 1, password: TEST_PASSWORD };
    const { body: key } = await shop.call('/api/v1/api-keys', { method: 'POST', token, body: asked });
    const orders = () => shop.call('/api/v1/orders', { token: key.key });
    const change = { currentPassword: TEST_PASSWORD, newPassword: 'the password after that' };
    const changed = await shop.call('/api/v1/me/password', { method: 'POST', token, body: change });
    expect(changed.status).toBe(204);
    expect((await orders()).status).toBe(200);
    expect((await reset(await resetTokenFor(email))).status).toBe(204);
    expectProblem(await orders(), 'unauthenticated');
    const acts = await listAudit(shop.deps.db, { object: { kind: 'api_key', id: key.id }, limit: 10 });
    expect(acts[0]).toMatchObject({ action: 'api_key.revoked', actorId: userId });
  });

  test('that is used by many at once sets one password', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { email } = await shop.signIn();
      const token = await resetTokenFor(email);
      const tries = Array.from({ length: 6 }, (_, at) => `the good password number ${at} of six`);
      const answers = await Promise.all(tries.map((password) => reset(token, password)));
      const won = tries.filter((_, at) => answers[at]?.status === 204);
      expect(won).toHaveLength(1);
      for (const answer of answers) if (answer.status !== 204) expectProblem(answer, 'link_invalid');
      expect((await login(email, won[0])).status).toBe(200);
    }
  });

  test('that is used by many at the very same moment sets one password', async () => {
    const { email } = await shop.signIn();
    const token = await resetTokenFor(email);
    const all = 6;
    const meeting = Promise.withResolvers<void>();
    let arrived = 0;
    const hash = async (password: string) => {
      arrived += 1;
      if (arrived === all) meeting.resolve();
      await meeting.promise;
      return `hash of ${password}`;
    };
    const deps = { ...shop.deps, passwords: { ...shop.deps.passwords, hash } };
    const outcomes = await Promise.allSettled(
      Array.from({ length: all }, (_, at) =>
        resetPassword(deps, { token, password: `the good password number ${at} of six` }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('makes the others that are under way worth nothing', async () => {
    const { email } = await shop.signIn();
    const tokens = [await resetTokenFor(email), await resetTokenFor(email)] as const;
    expect((await reset(tokens[0])).status).toBe(204);
    expectProblem(await reset(tokens[1]), 'link_invalid');
  });

  test('is worth nothing after half an hour', async () => {
    const { email } = await shop.signIn();
    const token = await resetTokenFor(email);
    const late = resetPassword(later(30 * MINUTE_MS), { token, password: NEW_PASSWORD });
    await expect(late).rejects.toThrow('no longer good');
    expect((await login(email)).status).toBe(200);
  });

  test('stays good when the password is weak', async () => {
    const { email } = await shop.signIn();
    const token = await resetTokenFor(email);
    for (const weak of ['passwordpassword', email, 'hotshelfhotshelf', 'short']) {
      expectProblem(await reset(token, weak), 'invalid_input');
    }
    expect((await reset(token)).status).toBe(204);
  });

  test('is in the mail alone: neither in the database nor in an event nor in the logs', async () => {
    const { email, userId } = await shop.signIn();
    const token = await resetTokenFor(email);
    const rows = await shop.deps.db.select().from(accountTokens).where(eq(accountTokens.userId, userId));
    expect(rows).toHaveLength(1);
    const digest = new Bun.CryptoHasher('sha256').update(token).digest();
    expect(Buffer.from(rows[0]?.tokenHash ?? []).equals(digest)).toBeTrue();
    const events = JSON.stringify(await shop.deps.db.select().from(outbox));
    expect(events).not.toContain(token);
    expect(events).not.toContain('@test.example');
    expect(shop.logs.join('\n')).not.toContain(token);
  });

  test.each(['', 'pr_', 'pr_unknown', "' or 1=1 --", '\u0000', 'x'.repeat(10_000)])(
    'is not guessed by %o',
    async (token) => {
      const { status } = await reset(token);
      expect(status).toBe(400);
    },
  );
});

describe('a password', () => {
  const change = (token: string, currentPassword: string, newPassword: string) =>
    shop.call('/api/v1/me/password', { method: 'POST', token, body: { currentPassword, newPassword } });

  test('is changed by who knows it, which ends every other session and is told', async () => {
    const { email, token } = await shop.signIn();
    const session = await login(email);
    expectProblem(await change(token, 'not the old password', NEW_PASSWORD), 'password_wrong');
    expectProblem(await change(token, TEST_PASSWORD, 'passwordpassword'), 'invalid_input');
    expect((await change(token, TEST_PASSWORD, NEW_PASSWORD)).status).toBe(204);
    const { refreshToken, accessToken } = session.body;
    expectProblem(await auth('refresh', { refreshToken }), 'refresh_token_invalid');
    expectProblem(await shop.call('/api/v1/me', { token: accessToken }), 'unauthenticated');
    expect((await shop.call('/api/v1/me', { token })).status).toBe(200);
    expect((await login(email, NEW_PASSWORD)).status).toBe(200);
    expect(await subjects(email)).toEqual(['Your password was changed']);
  });

  test('that was changed by one is not changed by another who knew the old one', async () => {
    const { email, token } = await shop.signIn();
    const choices = Array.from({ length: 5 }, (_, at) => `the good password number ${at} of five`);
    const answers = await Promise.all(choices.map((choice) => change(token, TEST_PASSWORD, choice)));
    const won = choices.filter((_, at) => answers[at]?.status === 204);
    expect(won).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 204) expectProblem(answer, 'password_wrong');
    expect((await login(email, won[0])).status).toBe(200);
  });

  test('is the same however its letters are composed', async () => {
    const { email, token } = await shop.signIn();
    const composed = 'Ångström und Käsefüße';
    expect((await change(token, TEST_PASSWORD, composed.normalize('NFD'))).status).toBe(204);
    expect((await login(email, composed.normalize('NFC'))).status).toBe(200);
  });

  test('of an account that was erased lets nobody in', async () => {
    const { email, userId } = await shop.signIn();
    await shop.deps.db.update(users).set({ erasedAt: new Date() }).where(eq(users.id, userId));
    expectProblem(await login(email), 'credentials_invalid');
  });
});
