/** One's own sessions: where one is logged in, and ending that. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { users } from '#db/schema/accounts.ts';
import { refreshTokens, revocations, sessions } from '#db/schema/sessions.ts';
import { after, DAY_MS, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { UserId } from '#lib/ids.ts';
import {
  announce,
  announceEpoch,
  deleteExpired,
  endSessionsOf,
  openSession,
} from '#origin/sessions/service.ts';
import { type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { FROM_PAGE, login, me, refresh } from '#test/support/sessions.ts';
import { claimsOf } from '#test/support/tokens.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

const list = (token: string) => shop.call('/api/v1/me/sessions', { token });
const end = (token: string, id: unknown) =>
  shop.call(`/api/v1/me/sessions/${id}`, { method: 'DELETE', token });
const sidOf = (token: string) => String(claimsOf(token)['sid']);

describe('the list', () => {
  test('has each log-in with its client, the last used first, and says which one asks', async () => {
    const { email } = await shop.signIn();
    const phone = (await login(shop, email, { headers: { 'user-agent': 'Phone/1 \u00e9\u00ff' } })).body;
    const browser = (await login(shop, email, { headers: { ...FROM_PAGE, 'user-agent': 'x'.repeat(400) } }))
      .body;
    const used = (await refresh(shop, phone.refreshToken)).body;
    const { status, headers, body } = await list(used.accessToken);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(body.nextCursor).toBeNull();
    expect(body.items).toHaveLength(3);
    const [first, second] = body.items;
    expect(first).toEqual({
      ...{ id: sidOf(phone.accessToken), transport: 'body', userAgent: 'Phone/1 ', current: true },
      ...{ createdAt: expect.any(String), lastUsedAt: expect.any(String) },
    });
    expect(Date.parse(first.lastUsedAt)).toBeGreaterThan(Date.parse(first.createdAt));
    expect(second).toMatchObject({
      ...{ id: sidOf(browser.accessToken), transport: 'cookie', userAgent: 'x'.repeat(300), current: false },
    });
  });

  test('has neither what has ended or expired, nor anybody else’s', async () => {
    const { email, token, userId } = await shop.signIn();
    await shop.signIn();
    const gone = (await login(shop, email)).body.accessToken;
    expect((await end(token, sidOf(gone))).status).toBe(204);
    const old = (await login(shop, email)).body.accessToken;
    await shop.deps.db
      .update(sessions)
      .set({ expiresAt: new Date() })
      .where(eq(sessions.id, sidOf(old) as never));
    const { body } = await list(token);
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([sidOf(token)]);
    expect(claimsOf(token)['sub']).toBe(userId);
  });
});

describe('ending', () => {
  test('one leaves the others', async () => {
    const { email, token } = await shop.signIn();
    const other = (await login(shop, email)).body;
    expect((await end(token, sidOf(other.accessToken))).status).toBe(204);
    expectProblem(await me(shop, other.accessToken), 'unauthenticated');
    expectProblem(await refresh(shop, other.refreshToken), 'refresh_token_invalid');
    expect((await me(shop, token)).status).toBe(200);
    expectProblem(await end(token, sidOf(other.accessToken)), 'session_not_found');
  });

  test('all ends the one that asks, too', async () => {
    const { email, token } = await shop.signIn();
    const other = (await login(shop, email)).body;
    expect((await shop.call('/api/v1/me/sessions', { method: 'DELETE', token })).status).toBe(204);
    for (const each of [token, other.accessToken]) expectProblem(await me(shop, each), 'unauthenticated');
    expectProblem(await refresh(shop, other.refreshToken), 'refresh_token_invalid');
    expect((await login(shop, email)).status).toBe(200);
  });

  test('somebody else’s is ending nothing', async () => {
    const [mine, theirs] = [await shop.signIn(), await shop.signIn('admin')];
    expectProblem(await end(mine.token, sidOf(theirs.token)), 'session_not_found');
    expectProblem(await end(theirs.token, sidOf(mine.token)), 'session_not_found');
    expectProblem(await end(mine.token, 'nonsense'), 'invalid_input');
    for (const { token } of [mine, theirs]) expect((await me(shop, token)).status).toBe(200);
  });
});

describe('a session whose log-in is ten minutes ago, however often it was refreshed', () => {
  const elapsed = (ms: number) => shop.beside({ clock: { now: () => after(new Date(), ms) } });
  const endAt = (at: Reachable, token: string, id = '') =>
    at.call(`/api/v1/me/sessions${id}`, { method: 'DELETE', token });

  test('ends no other session, and not all, until one has logged in again', async () => {
    const { email, token: owners } = await shop.signIn();
    const stolen = (await login(shop, email)).body;
    const later = elapsed(10 * MINUTE_MS + SECOND_MS);
    const { accessToken } = (await refresh(later, stolen.refreshToken)).body;
    expectProblem(await endAt(later, accessToken, `/${sidOf(owners)}`), 'login_too_old');
    expectProblem(await endAt(later, accessToken, `/${crypto.randomUUID()}`), 'login_too_old');
    expectProblem(await endAt(later, accessToken), 'login_too_old');
    expect((await me(shop, owners)).status).toBe(200);
    const again = (await login(later, email)).body.accessToken;
    expect((await endAt(later, again, `/${sidOf(owners)}`)).status).toBe(204);
    expect((await endAt(later, again)).status).toBe(204);
    for (const each of [owners, accessToken]) expectProblem(await me(shop, each), 'unauthenticated');
  });

  test('ends itself', async () => {
    const { token } = await shop.signIn();
    const later = elapsed(12 * MINUTE_MS);
    expect((await endAt(later, token, `/${sidOf(token)}`)).status).toBe(204);
    expectProblem(await me(shop, token), 'unauthenticated');
  });
});

describe('what ends them for a reason of its own', () => {
  test('does so in its own transaction, and is heard at once after it', async () => {
    const { token, userId } = await shop.signIn();
    const ended = await shop.deps.db.transaction((tx) => endSessionsOf(shop.deps, tx, userId));
    expect(ended).toEqual([sidOf(token) as never]);
    announce(shop.deps, ended);
    expectProblem(await me(shop, token), 'unauthenticated');
  });

  test('ends nothing when its transaction fails', async () => {
    const { token, userId } = await shop.signIn();
    const failing = shop.deps.db.transaction(async (tx) => {
      await endSessionsOf(shop.deps, tx, userId);
      throw new Error('a reason that was none');
    });
    await expect(failing).rejects.toThrow('a reason that was none');
    expect((await list(token)).body.items).toHaveLength(1);
    expect((await me(shop, token)).status).toBe(200);
  });

  test('by a new role takes the old one’s tokens away at once, and leaves the session', async () => {
    const { email, userId } = await shop.signIn('admin');
    const { accessToken, refreshToken } = (await login(shop, email)).body;
    await shop.deps.db.update(users).set({ role: 'shopper' }).where(eq(users.id, userId));
    await announceEpoch(shop.deps, userId);
    expectProblem(await me(shop, accessToken), 'unauthenticated');
    const { body } = await refresh(shop, refreshToken);
    expect((await me(shop, body.accessToken)).body.role).toBe('shopper');
  });
});

test('the hundred-and-first log-in ends the session that was used least recently', async () => {
  const { email, token, userId } = await shop.signIn();
  const opened = { transport: 'body', client: { userAgent: null, address: null }, cartToken: null } as const;
  const [user] = await shop.deps.db.select().from(users).where(eq(users.id, userId));
  const proven = { userId, passwordHash: user?.passwordHash ?? '', byCode: false };
  for (let count = 0; count < 99; count += 1) await openSession(shop.deps, proven, opened);
  expect((await me(shop, token)).status).toBe(200);
  const { accessToken } = (await login(shop, email)).body;
  expectProblem(await me(shop, token), 'unauthenticated');
  expect((await list(accessToken)).body.items).toHaveLength(100);
});

test('a log-in of an account that goes meanwhile opens nothing', async () => {
  const opened = { transport: 'body', client: { userAgent: null, address: null }, cartToken: null } as const;
  const userId = shop.deps.ids.next<UserId>();
  const opening = openSession(shop.deps, { userId, passwordHash: '', byCode: false }, opened);
  await expect(opening).rejects.toMatchObject({ code: 'credentials_invalid' });
});

test('what is long over is deleted, and nothing else', async () => {
  const { email, token } = await shop.signIn();
  const ended = (await login(shop, email)).body;
  await end(token, sidOf(ended.accessToken));
  const count = () => shop.deps.db.$count(sessions, eq(sessions.id, sidOf(ended.accessToken) as never));
  await deleteExpired(shop.deps);
  expect(await count()).toBe(1);
  const later = after(new Date(), 38 * DAY_MS);
  let isFirst = true;
  const db = new Proxy(shop.deps.db, {
    get: (target, name) => {
      if (name !== 'execute' || !isFirst) return Reflect.get(target, name);
      isFirst = false;
      return () => Promise.reject(new Error('it took too long'));
    },
  });
  // The tokens' deletion fails, and keeps nothing else from its own.
  await expect(deleteExpired({ ...shop.deps, db, clock: { now: () => later } })).rejects.toThrow();
  expect(await count()).toBe(0);
  expect(
    await shop.deps.db.$count(refreshTokens, eq(refreshTokens.sessionId, sidOf(ended.accessToken) as never)),
  ).toBe(0);
  expect(await shop.deps.db.$count(revocations)).toBe(0);
});
