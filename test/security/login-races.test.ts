/** A log-in that is under way while what it rests on is taken away leaves no session behind, or one of the rights of now. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { users } from '#db/schema/accounts.ts';
import { sessions } from '#db/schema/sessions.ts';
import { codeOf } from '#test/support/authenticator.ts';
import { eventually } from '#test/support/eventually.ts';
import { openMailbox } from '#test/support/mailbox.ts';
import { type Answer, type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { login, refresh } from '#test/support/sessions.ts';
import { claimsOf } from '#test/support/tokens.ts';

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

const NEW_PASSWORD = 'a lamp in every window';
const byAdmin = (method: 'PATCH' | 'DELETE', { userId }: Account, body?: object) =>
  shop.call(`/api/v1/users/${userId}`, { method, token: admin.token, body });
const post = (path: string, body: object, token?: string) =>
  shop.call(`/api/v1${path}`, { method: 'POST', body, ...(token === undefined ? {} : { token }) });
const listUsers = (token: string) => shop.call('/api/v1/users', { token });
const liveSessions = ({ userId }: Account) =>
  shop.deps.db.$count(sessions, and(eq(sessions.userId, userId), isNull(sessions.endedAt)));

/** A log-in whose password was found right before something else happened. */
function loginDuring({ email }: Account, meanwhile: () => Promise<unknown>): Promise<Answer> {
  const verify: typeof shop.deps.passwords.verify = async (...asked) => {
    const isRight = await shop.deps.passwords.verify(...asked);
    await meanwhile();
    return isRight;
  };
  return login(shop.beside({ passwords: { ...shop.deps.passwords, verify } }), email);
}

interface Loss {
  readonly what: string;
  readonly take: (user: Account) => Promise<Answer>;
}

const LOSSES: readonly Loss[] = [
  { what: 'is kept out', take: (user) => byAdmin('PATCH', user, { disabled: true }) },
  { what: 'is taken away', take: (user) => byAdmin('DELETE', user) },
  {
    what: 'changes the password',
    take: ({ token }) =>
      post('/me/password', { currentPassword: TEST_PASSWORD, newPassword: NEW_PASSWORD }, token),
  },
  {
    what: 'resets the password',
    take: async ({ email }) => {
      await post('/auth/password-reset', { email });
      const token = await openMailbox(shop.deps).lastToken(email);
      return post('/auth/password-reset/confirmation', { token, password: NEW_PASSWORD });
    },
  },
  {
    what: 'turns a second factor on',
    take: async ({ token }) => {
      const { body } = await post('/me/second-factor', { password: TEST_PASSWORD }, token);
      return post('/me/second-factor/confirmation', { code: codeOf(body.secret) }, token);
    },
  },
];

test.each(LOSSES)('a log-in of a user who $what meanwhile opens nothing', async ({ what, take }) => {
  const user = await shop.signIn('seller');
  const answer = await loginDuring(user, async () => {
    expect((await take(user)).status).toBeWithin(200, 300);
  });
  // The code is asked for after the password: that one is seen in time.
  const isSeen = what === 'turns a second factor on';
  expectProblem(answer, isSeen ? 'second_factor_required' : 'credentials_invalid');
  expect(await liveSessions(user)).toBe(what === 'changes the password' ? 1 : 0);
});

test('a log-in of an admin who is made less meanwhile has the rights of now', async () => {
  const user = await shop.signIn('admin');
  const { status, body } = await loginDuring(user, () => byAdmin('PATCH', user, { role: 'shopper' }));
  expect(status).toBe(200);
  expect(claimsOf(body.accessToken)['role']).toBe('shopper');
  expectProblem(await listUsers(body.accessToken), 'forbidden');
});

/** The log-in waits for the user's row, which somebody else is changing. */
async function loginBehind(user: Account, change: ReturnType<typeof sql>): Promise<Answer> {
  let answer: Promise<Answer> | undefined;
  await shop.deps.db.transaction(async (tx) => {
    await tx.execute(change);
    answer = login(shop, user.email);
    await eventually('the log-in waits for the lock', async () => {
      const rows = await shop.deps.db.execute(sql`
        select 1 from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and query like '%for no key update%'`);
      return rows.length > 0;
    });
  });
  if (answer === undefined) throw new Error('no log-in was begun');
  return answer;
}

describe('a log-in that waits for its user’s row', () => {
  test('finds them kept out', async () => {
    const user = await shop.signIn('admin');
    const answer = await loginBehind(
      user,
      sql`update users set disabled_at = now() where id = ${user.userId}`,
    );
    expectProblem(answer, 'credentials_invalid');
  });

  test('finds the role of now', async () => {
    const user = await shop.signIn('admin');
    const { body } = await loginBehind(
      user,
      sql`update users set role = 'shopper' where id = ${user.userId}`,
    );
    expect(claimsOf(body.accessToken)['role']).toBe('shopper');
    expectProblem(await listUsers(body.accessToken), 'forbidden');
  });

  test('finds a second factor that was turned on beside a row which only was locked', async () => {
    const user = await shop.signIn();
    const { body } = await post('/me/second-factor', { password: TEST_PASSWORD }, user.token);
    expect(body.secret).toBeString();
    const turnOn = sql`
      with held as (select id from users where id = ${user.userId} for no key update)
      update second_factors set enabled_at = now() from held where user_id = held.id`;
    expectProblem(await loginBehind(user, turnOn), 'credentials_invalid');
  });
});

describe('log-ins and an admin at the very same moment', () => {
  const AT_ONCE = 6;
  const ROUNDS = 5;

  async function race(
    change: object,
  ): Promise<{ readonly user: Account; readonly opened: readonly Answer[] }> {
    const user = await shop.signIn('admin');
    const quick = shop.beside({ passwords: { ...shop.deps.passwords, verify: async () => true } });
    const logins = () => Array.from({ length: AT_ONCE / 2 }, () => login(quick, user.email));
    const [before, changed, after] = await Promise.all([
      Promise.all(logins()),
      byAdmin('PATCH', user, change),
      Promise.all(logins()),
    ]);
    expect(changed.status).toBe(200);
    return { user, opened: [...before, ...after].filter(({ status }) => status === 200) };
  }

  test('leave nobody a session who is kept out', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { user, opened } = await race({ disabled: true });
      expect(await liveSessions(user)).toBe(0);
      for (const { body } of opened) {
        expectProblem(await listUsers(body.accessToken), 'unauthenticated');
        expectProblem(await refresh(shop, body.refreshToken), 'refresh_token_invalid');
      }
    }
  });

  test('leave nobody rights of before', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { user, opened } = await race({ role: 'shopper' });
      for (const { body } of opened) {
        expect([401, 403]).toContain((await listUsers(body.accessToken)).status);
        const next = await refresh(shop, body.refreshToken);
        if (next.status === 200) expectProblem(await listUsers(next.body.accessToken), 'forbidden');
      }
      const [row] = await shop.deps.db.select().from(users).where(eq(users.id, user.userId));
      expect(row?.role).toBe('shopper');
    }
  });
});
