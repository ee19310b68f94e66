/** What has ended is over everywhere within a second: in other processes, with and without NATS, or nobody gets in. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { createLogger } from '#lib/log.ts';
import type { RunningDeps } from '#origin/deps.ts';
import { createDeps } from '#origin/deps.ts';
import { eventually } from '#test/support/eventually.ts';
import { asEdge, type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';
import { type OriginProcess, startOrigin } from '#test/support/origin-process.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { login, logout, me } from '#test/support/sessions.ts';
import { claimsOf } from '#test/support/tokens.ts';
import { type Door, doorTo, secondProcess } from '#test/support/workers.ts';

let shop: OriginUnderTest;
/** In front of what the third process reaches. */
let natsDoor: Door;
let databaseDoor: Door;
let second: RunningDeps;
let third: RunningDeps;
let other: Reachable;
let behindDoors: Reachable;
let running: OriginProcess;
beforeAll(async () => {
  shop = await openOrigin();
  natsDoor = await doorTo(shop.config.NATS_URL);
  databaseDoor = await doorTo(shop.config.DATABASE_URL);
  await Promise.all([natsDoor.open(), databaseDoor.open()]);
  second = secondProcess(shop);
  const log = createLogger({ level: 'error', write: () => {} });
  const config = { ...shop.config, NATS_URL: natsDoor.url, DATABASE_URL: databaseDoor.url };
  third = createDeps(config, 'hotshelf-test-third', log);
  other = shop.beside(second.deps);
  // Its users are read at the open database: what is behind doors is the news.
  behindDoors = shop.beside({ ...third.deps, db: shop.deps.db });
  running = await startOrigin(shop.config);
});
afterAll(async () => {
  await running.kill();
  await Promise.all([natsDoor.close(), databaseDoor.close()]);
  await third.close();
  await second.close();
  await shop.close();
});

const WITHIN_MS = 1_000;

/** Fails unless the token is worth nothing at the process within a second. */
async function expectOver(at: Pick<Reachable, 'call'>, token: string): Promise<void> {
  const refused = async () => (await at.call('/api/v1/me', { token })).status === 401;
  await eventually('the token is worth nothing', refused, WITHIN_MS);
}

const atProcess: Pick<Reachable, 'call'> = {
  call: async (path, { token } = {}) => {
    const url = running.url + path;
    const headers = asEdge({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } });
    const response = await fetch(url, { headers });
    return { status: response.status, headers: response.headers, body: await response.json() };
  },
};

const connected = (deps: RunningDeps['deps'], is: boolean) =>
  eventually(`NATS is ${is ? 'connected' : 'gone'}`, () => deps.bus.isConnected() === is);

async function loggedIn() {
  const { userId, email } = await shop.signIn();
  const { body } = await login(shop, email);
  const { accessToken, refreshToken } = body as Record<string, string>;
  if (accessToken === undefined || refreshToken === undefined) throw new Error('no tokens');
  // Known to every process as good: what follows must take that back.
  for (const at of [shop, other, behindDoors, atProcess]) {
    const isLetIn = async () => (await at.call('/api/v1/me', { token: accessToken })).status === 200;
    await eventually('who has logged in is let in', isLetIn);
  }
  return { userId, email, accessToken, refreshToken, sessionId: String(claimsOf(accessToken)['sid']) };
}

/**
 * Until the third process reads the database again. A door that closes on a connection while it is being made would
 * leave a promise of the driver's to fail alone.
 */
async function openDatabaseDoor(): Promise<void> {
  await databaseDoor.open();
  const session = await loggedIn();
  await endings['at the database’s prompt']?.(session);
  const isRead = async () => (await me(behindDoors, session.accessToken)).status === 401;
  await eventually('the database is read again', isRead);
}

const endings: Readonly<Record<string, (session: Awaited<ReturnType<typeof loggedIn>>) => Promise<unknown>>> =
  {
    'by logout': ({ refreshToken }) => logout(shop, refreshToken),
    'by its user, elsewhere': async ({ email, sessionId }) => {
      const { body } = await login(shop, email);
      const path = `/api/v1/me/sessions/${sessionId}`;
      expect((await shop.call(path, { method: 'DELETE', token: body.accessToken })).status).toBe(204);
    },
    'with all others': async ({ accessToken: token }) => {
      expect((await shop.call('/api/v1/me/sessions', { method: 'DELETE', token })).status).toBe(204);
    },
    'at the database’s prompt': ({ sessionId }) =>
      shop.deps.db.execute(sql`update sessions set ended_at = now() where id = ${sessionId}`),
    'with its account': ({ userId }) => shop.deps.db.execute(sql`delete from users where id = ${userId}`),
    'by a change of role': ({ userId }) =>
      shop.deps.db.execute(sql`update users set role = 'seller' where id = ${userId}`),
  };

describe('a session that ended', () => {
  test.each(Object.keys(endings))('%s is over in every process within a second', async (how) => {
    const session = await loggedIn();
    await endings[how]?.(session);
    await Promise.all([shop, other, behindDoors, atProcess].map((at) => expectOver(at, session.accessToken)));
  });

  test('is over at once where NATS reaches, the process that ended it first', async () => {
    const { accessToken, refreshToken } = await loggedIn();
    await logout(shop, refreshToken);
    expectProblem(await me(shop, accessToken), 'unauthenticated');
    await eventually(
      'the other process has heard',
      () => second.deps.revocations.cover(toRevocable(accessToken)),
      250,
    );
  });

  test('is over within a second without NATS', async () => {
    const { accessToken, refreshToken } = await loggedIn();
    await natsDoor.close();
    await connected(third.deps, false);
    await logout(shop, refreshToken);
    await expectOver(behindDoors, accessToken);
    await natsDoor.open();
    await connected(third.deps, true);
  });

  test('is over within a second without the database, by NATS', async () => {
    const { accessToken, refreshToken } = await loggedIn();
    await databaseDoor.close();
    await logout(shop, refreshToken);
    await expectOver(behindDoors, accessToken);
    await openDatabaseDoor();
  });

  test('ends no other: whoever is logged in stays so while the database or NATS is away', async () => {
    const { accessToken } = await loggedIn();
    for (const door of [databaseDoor, natsDoor]) {
      await door.close();
      const seen = new Map<number, number>();
      const until = performance.now() + 2 * WITHIN_MS;
      while (performance.now() < until) {
        const { status } = await me(behindDoors, accessToken);
        seen.set(status, (seen.get(status) ?? 0) + 1);
      }
      await (door === databaseDoor ? openDatabaseDoor() : door.open());
      // A machine that is too busy to be answered in time cannot know, and says so; it takes nobody for logged out.
      const { 200: letIn = 0, 503: unsure = 0, ...others } = Object.fromEntries(seen);
      expect(others).toEqual({});
      expect(letIn).toBeGreaterThan(10 * unsure);
      await connected(third.deps, true);
      await eventually(
        'the news is read again',
        async () => (await me(behindDoors, accessToken)).status === 200,
      );
    }
  });

  test('might be any, where neither the database nor NATS can be asked: nobody gets in', async () => {
    const { accessToken } = await loggedIn();
    await Promise.all([natsDoor.close(), databaseDoor.close()]);
    const closed = async () => (await me(behindDoors, accessToken)).status === 503;
    await eventually('the process closes', closed, WITHIN_MS);
    expectProblem(await me(behindDoors, accessToken), 'unavailable');
    await Promise.all([natsDoor.open(), openDatabaseDoor()]);
    await eventually('it opens again', async () => (await me(behindDoors, accessToken)).status === 200);
  });

  test('while NATS was away is known before NATS is believed again', async () => {
    const { accessToken, refreshToken } = await loggedIn();
    await natsDoor.close();
    await connected(third.deps, false);
    await databaseDoor.close();
    await logout(shop, refreshToken);
    await natsDoor.open();
    await connected(third.deps, true);
    const closed = async () => (await me(behindDoors, accessToken)).status === 503;
    await eventually('NATS alone is not believed', closed, WITHIN_MS);
    await openDatabaseDoor();
    await eventually('the truth', async () => (await me(behindDoors, accessToken)).status === 401);
  });
});

function toRevocable(accessToken: string) {
  const { sid, sub, epoch } = claimsOf(accessToken);
  return { sessionId: sid, userId: sub, epoch } as Parameters<typeof second.deps.revocations.cover>[0];
}

describe('a change of role', () => {
  test('is in the next access token, of the same session', async () => {
    const { userId, accessToken, refreshToken } = await loggedIn();
    await shop.deps.db.execute(sql`update users set role = 'seller' where id = ${userId}`);
    await expectOver(shop, accessToken);
    const { body } = await shop.call('/api/v1/auth/refresh', { method: 'POST', body: { refreshToken } });
    expect(claimsOf(body.accessToken)).toMatchObject({ role: 'seller', epoch: 1 });
    expect((await me(shop, body.accessToken)).body.role).toBe('seller');
    expect((await me(other, body.accessToken)).status).toBe(200);
  });
});
