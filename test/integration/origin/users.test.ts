/** Accounts in the hands of admins. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { listAudit } from '#db/audit-log.ts';
import { resetPassword } from '#origin/credentials/service.ts';
import { openMailbox } from '#test/support/mailbox.ts';
import { type Call, type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

type Account = Awaited<ReturnType<OriginUnderTest['signIn']>>;

let shop: OriginUnderTest;
let admin: Account;
beforeAll(async () => {
  shop = await openOrigin();
  admin = await shop.signIn('admin');
});
afterAll(async () => {
  await shop.close();
});

const asAdmin = (path: string, call: Call = {}) =>
  shop.call(`/api/v1/users${path}`, { token: admin.token, ...call });
const change = (id: string, body: object, token = admin.token) =>
  asAdmin(`/${id}`, { method: 'PATCH', body, token });
const remove = (id: string, token = admin.token) => asAdmin(`/${id}`, { method: 'DELETE', token });
const login = ({ email }: Account, password = TEST_PASSWORD) =>
  shop.call('/api/v1/auth/login', { method: 'POST', body: { email, password } });
const refresh = (refreshToken: string) =>
  shop.call('/api/v1/auth/refresh', { method: 'POST', body: { refreshToken } });
const actsOn = async (id: string) =>
  (await listAudit(shop.deps.db, { object: { kind: 'user', id }, limit: 10 })).map(
    ({ action, actorId, changes }) => ({ action, actorId, changes }),
  );

test('a page of accounts shows the newest first, of one role if asked, and none twice', async () => {
  const sellers: string[] = [];
  for (let count = 0; count < 5; count += 1) sellers.push((await shop.signIn('seller')).userId);
  const seen: string[] = [];
  let cursor = '';
  do {
    const { body } = await asAdmin(`?role=seller&limit=2${cursor}`);
    seen.push(...body.items.map(({ id }: { id: string }) => id));
    cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
  } while (cursor !== '');
  expect(seen).toEqual(sellers.toReversed());
  for (const query of ['?limit=0', '?role=owner', '?cursor=x', '?email=a']) {
    expectProblem(await asAdmin(query), 'invalid_input');
  }
});

test('an account says who it is and whether it is kept out, and nothing secret', async () => {
  const { userId, email } = await shop.signIn();
  const { body, headers } = await asAdmin(`/${userId}`);
  expect(body).toEqual({
    ...{ id: userId, email, name: 'Test', role: 'shopper', disabled: false },
    createdAt: expect.any(String),
  });
  expect(headers.get('cache-control')).toContain('no-store');
  expectProblem(await asAdmin('/01890a5d-ac96-774b-bcce-b302099a8057'), 'user_not_found');
});

describe('another role', () => {
  test('is what the next token says, and ends the sessions of the old one', async () => {
    const user = await shop.signIn();
    const session = await login(user);
    expect((await change(user.userId, { role: 'seller' })).body).toMatchObject({ role: 'seller' });
    expectProblem(await refresh(session.body.refreshToken), 'refresh_token_invalid');
    const { body } = await login(user);
    expect((await shop.call('/api/v1/inventory', { token: body.accessToken })).status).toBe(200);
    expect(await actsOn(user.userId)).toEqual([
      { action: 'user.role_changed', actorId: admin.userId, changes: { from: 'shopper', to: 'seller' } },
    ]);
  });

  test('that they have already changes nothing: no session ends, and nothing is on record', async () => {
    const user = await shop.signIn();
    const session = await login(user);
    expect((await change(user.userId, { role: 'shopper', disabled: false })).status).toBe(200);
    expect((await refresh(session.body.refreshToken)).status).toBe(200);
    expect(await actsOn(user.userId)).toEqual([]);
  });

  test.each([
    {},
    { role: 'owner' },
    { role: null },
    { disabled: 'yes' },
    { role: 'admin', email: 'a@b.example' },
  ])('%o is refused', async (body) => {
    const { userId } = await shop.signIn();
    expectProblem(await change(userId, body), 'invalid_input');
    expect((await asAdmin(`/${userId}`)).body.role).toBe('shopper');
  });
});

test('what a change does not name stays as it is: an admin who is kept out is an admin still', async () => {
  const { userId } = await shop.signIn('admin');
  expect((await change(userId, { disabled: true })).body).toMatchObject({ role: 'admin', disabled: true });
  expect((await change(userId, { role: 'seller' })).body).toMatchObject({ role: 'seller', disabled: true });
  const { body } = await asAdmin('?limit=100');
  const roles = new Set(body.items.map(({ role }: { role: string }) => role));
  expect(roles).toEqual(new Set(['admin', 'seller', 'shopper']));
});

test('whoever is kept out has no session and gets none, until they are let in again', async () => {
  const user = await shop.signIn();
  const session = await login(user);
  expect((await change(user.userId, { disabled: true })).body).toMatchObject({ disabled: true });
  expectProblem(await refresh(session.body.refreshToken), 'refresh_token_invalid');
  expectProblem(await login(user), 'credentials_invalid');
  expectProblem(await shop.call('/api/v1/me', { token: user.token }), 'unauthenticated');
  expect((await change(user.userId, { disabled: false })).body).toMatchObject({ disabled: false });
  expect((await login(user)).status).toBe(200);
  expect((await actsOn(user.userId)).map(({ action }) => action)).toEqual(['user.enabled', 'user.disabled']);
});

test('an account that was taken away is not there: no login, no list, no second time; its email stays taken', async () => {
  const user = await shop.signIn();
  const session = await login(user);
  expect((await remove(user.userId)).status).toBe(204);
  expectProblem(await refresh(session.body.refreshToken), 'refresh_token_invalid');
  expectProblem(await login(user), 'credentials_invalid');
  expectProblem(await asAdmin(`/${user.userId}`), 'user_not_found');
  expectProblem(await change(user.userId, { role: 'admin' }), 'user_not_found');
  expectProblem(await remove(user.userId), 'user_not_found');
  const { body } = await asAdmin('?limit=100');
  expect(body.items.map(({ id }: { id: string }) => id)).not.toContain(user.userId);
  const registration = { email: user.email, password: 'correct horse battery', name: 'Ada' };
  await shop.call('/api/v1/auth/register', { method: 'POST', body: registration });
  expectProblem(await login(user, registration.password), 'credentials_invalid');
});

test('whoever is kept out or taken away has no key, no link and no second factor that works', async () => {
  const mailbox = openMailbox(shop.deps);
  const password = 'a lamp in every window';
  const post = (path: string, body: object, token?: string) =>
    shop.call(`/api/v1${path}`, { method: 'POST', body, ...(token === undefined ? {} : { token }) });
  for (const takeAway of [(id: string) => change(id, { disabled: true }), remove]) {
    const user = await shop.signIn('seller');
    const made = { name: 'Key', scopes: ['orders:read'], expiresInDays: 1, password: TEST_PASSWORD };
    const { key } = (await post('/api-keys', made, user.token)).body;
    await post('/me/second-factor', { password: TEST_PASSWORD }, user.token);
    await post('/auth/password-reset', { email: user.email });
    const link = await mailbox.lastToken(user.email);
    await shop.deps.db.execute(sql`update users set email_verified_at = null where id = ${user.userId}`);
    await post('/auth/email-verification', { email: user.email });
    const proof = await mailbox.lastToken(user.email);
    expect(proof).not.toBe(link);
    expect((await shop.call('/api/v1/orders', { token: key })).status).toBe(200);
    expect((await takeAway(user.userId)).status).toBeWithin(200, 300);
    expectProblem(await shop.call('/api/v1/orders', { token: key }), 'unauthenticated');
    expectProblem(await post('/auth/password-reset/confirmation', { token: link, password }), 'link_invalid');
    const proven = await post('/auth/email-verification/confirmation', {
      token: proof,
      password: TEST_PASSWORD,
    });
    expectProblem(proven, 'link_invalid');
    const before = (await mailbox.mailsTo(user.email)).length;
    await post('/auth/password-reset', { email: user.email });
    await post('/auth/email-verification', { email: user.email });
    expect(await mailbox.mailsTo(user.email)).toHaveLength(before);
  }
});

test('a link that is under way while its account is kept out sets no password', async () => {
  const user = await shop.signIn();
  await shop.call('/api/v1/auth/password-reset', { method: 'POST', body: { email: user.email } });
  const token = await openMailbox(shop.deps).lastToken(user.email);
  const hash = async (password: string) => {
    expect((await change(user.userId, { disabled: true })).status).toBe(200);
    return shop.deps.passwords.hash(password);
  };
  const slow = { ...shop.deps, passwords: { ...shop.deps.passwords, hash } };
  const password = 'a lamp in every window';
  await expect(resetPassword(slow, { token, password })).rejects.toMatchObject({ code: 'link_invalid' });
  await change(user.userId, { disabled: false });
  expect((await login(user)).status).toBe(200);
});

test('an account that was taken away keeps none of its credentials, and the record says how many keys', async () => {
  const user = await shop.signIn('seller');
  const body = { name: 'Key', scopes: ['orders:read'], expiresInDays: 1, password: TEST_PASSWORD };
  await shop.call('/api/v1/api-keys', { method: 'POST', token: user.token, body });
  const enrolment = { password: TEST_PASSWORD };
  await shop.call('/api/v1/me/second-factor', { method: 'POST', token: user.token, body: enrolment });
  await shop.call('/api/v1/auth/password-reset', { method: 'POST', body: { email: user.email } });
  await openMailbox(shop.deps).lastToken(user.email);
  const left = async () => {
    const [row] = await shop.deps.db.execute(sql`
      select (select count(*)::int from api_keys where user_id = ${user.userId} and revoked_at is null) as keys,
             (select count(*)::int from account_tokens where user_id = ${user.userId}) as tokens,
             (select count(*)::int from second_factors where user_id = ${user.userId}) as factors`);
    return row;
  };
  expect(await left()).toEqual({ keys: 1, tokens: 1, factors: 1 });
  await remove(user.userId);
  expect(await left()).toEqual({ keys: 0, tokens: 0, factors: 0 });
  expect((await actsOn(user.userId))[0]).toEqual({
    ...{ action: 'user.deleted', actorId: admin.userId },
    changes: { role: 'seller', apiKeysRevoked: 1 },
  });
});

describe('the last admin', () => {
  test('cannot be taken away, kept out or made less', async () => {
    expectProblem(await change(admin.userId, { role: 'seller' }), 'last_admin');
    expectProblem(await change(admin.userId, { disabled: true }), 'last_admin');
    expectProblem(await remove(admin.userId), 'last_admin');
    expect((await asAdmin(`/${admin.userId}`)).body).toMatchObject({ role: 'admin', disabled: false });
  });

  test('is there still after two admins have taken each other away at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [one, other] = [await shop.signIn('admin'), await shop.signIn('admin')];
      await shop.deps.db.execute(sql`update users set disabled_at = now() where id = ${admin.userId}`);
      const answers = await Promise.all([
        remove(other.userId, one.token),
        change(one.userId, { role: 'shopper' }, other.token),
      ]);
      expect(answers.map(({ status }) => status).toSorted()).toEqual(
        answers[0].status === 204 ? [204, 403] : [200, 403],
      );
      const [left] = await shop.deps.db.execute(sql`
        select count(*)::int as admins from users
         where role = 'admin' and disabled_at is null and deleted_at is null`);
      expect(left).toEqual({ admins: 1 });
      await shop.deps.db.execute(sql`update users set disabled_at = null where id = ${admin.userId}`);
      await shop.deps.db.execute(
        sql`update users set role = 'shopper' where id in (${one.userId}, ${other.userId})`,
      );
    }
  });
});

test('an admin who is none any more is nobody with a token from before', async () => {
  const former = await shop.signIn('admin');
  const user = await shop.signIn();
  await shop.deps.db.execute(sql`update users set role = 'seller' where id = ${former.userId}`);
  for (const answer of [
    await change(user.userId, { role: 'admin' }, former.token),
    await remove(user.userId, former.token),
  ]) {
    expectProblem(answer);
    // The act itself looks at the role of now; a moment later the token is worth nothing anywhere.
    expect(['forbidden', 'unauthenticated']).toContain(answer.body.code);
  }
  expect((await asAdmin(`/${user.userId}`)).body.role).toBe('shopper');
});
