/** Refresh tokens: what a thief of one gets, and what two tabs of one browser are spared. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { refreshTokens, sessions } from '#db/schema/sessions.ts';
import { after, DAY_MS, SECOND_MS } from '#lib/clock.ts';
import type { MailCatcher } from '#ops/mail-catcher/catcher.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { at, fromPage, login, logout, me, refresh } from '#test/support/sessions.ts';
import { claimsOf } from '#test/support/tokens.ts';
import { type Loops, openLoops, openMail } from '#test/support/workers.ts';
import { warnOfTheft } from '#workers/handlers/warn-of-theft.ts';
import { createMailer, type Mailer } from '#workers/mailer.ts';

let shop: OriginUnderTest;
let mail: MailCatcher;
let mailer: Mailer;
let loops: Loops;
beforeAll(async () => {
  shop = await openOrigin();
  mail = await openMail();
  mailer = createMailer(mail.smtpUrl, 'Hotshelf <orders@hotshelf.example>');
  loops = openLoops(shop);
});
afterAll(async () => {
  await loops.stop();
  mailer.close();
  await mail.stop();
  await shop.close();
});

const byVictim = at('192.0.2.1', 'Victim/1');
const byThief = at('203.0.113.9', 'Thief/1');

/** A session of the victim's. */
async function loggedIn() {
  const { userId, email } = await shop.signIn();
  const { body } = await login(shop, email, byVictim);
  return { userId, email, ...(body as { accessToken: string; refreshToken: string }) };
}

/** The same shop, so much later. */
const later = (ms: number) => shop.beside({ clock: { now: () => after(new Date(), ms) } });

const told = async (userId: string) =>
  shop.deps.db.execute(sql`
    select id from outbox where name = 'session.compromised' and data ->> 'userId' = ${userId}`);

async function expectEnded(accessToken: string, userId: string): Promise<void> {
  expectProblem(await me(shop, accessToken), 'unauthenticated');
  expect(await told(userId)).toHaveLength(1);
}

describe('a refresh token', () => {
  test('is traded for a new pair, again and again, in one session', async () => {
    const { userId, accessToken, ...first } = await loggedIn();
    let { refreshToken } = first;
    for (let round = 0; round < 3; round += 1) {
      const { status, body } = await refresh(shop, refreshToken, byVictim);
      expect(status).toBe(200);
      expect(body.refreshToken).not.toBe(refreshToken);
      expect((await me(shop, body.accessToken)).body.id).toBe(userId);
      expect(claimsOf(body.accessToken)['sid']).toBe(claimsOf(accessToken)['sid']);
      refreshToken = body.refreshToken;
    }
    expect(await told(userId)).toHaveLength(0);
  });

  test('ends after seven days, and its session after ninety however often it is used', async () => {
    const { refreshToken } = await loggedIn();
    expectProblem(await refresh(later(7 * DAY_MS + SECOND_MS), refreshToken), 'refresh_token_invalid');
    let current = (await loggedIn()).refreshToken;
    for (let day = 6; day < 90; day += 6)
      current = (await refresh(later(day * DAY_MS), current)).body.refreshToken;
    expectProblem(await refresh(later(90 * DAY_MS + SECOND_MS), current), 'refresh_token_invalid');
  });

  test('is kept as a hash only', async () => {
    const { userId, refreshToken } = await loggedIn();
    const rows = await shop.deps.db.select().from(refreshTokens).where(eq(refreshTokens.userId, userId));
    const digest = new Bun.CryptoHasher('sha256').update(refreshToken).digest('hex');
    expect(rows.map(({ tokenHash }) => Buffer.from(tokenHash).toString('hex'))).toContain(digest);
    const dump = await shop.deps.db.execute(sql`
      select string_agg(t::text, '') || (select string_agg(s::text, '') from sessions s) as text
        from refresh_tokens t`);
    expect(String(dump[0]?.['text'])).not.toContain(refreshToken);
  });

  test('is worth nothing after logout, twice over, and an unknown one has nothing to end', async () => {
    const { accessToken, refreshToken } = await loggedIn();
    for (let round = 0; round < 2; round += 1) {
      const { status, body } = await logout(shop, refreshToken);
      expect(status).toBe(204);
      expect(body).toBeNull();
    }
    expectProblem(await refresh(shop, refreshToken, byVictim), 'refresh_token_invalid');
    expectProblem(await me(shop, accessToken), 'unauthenticated');
    expect((await logout(shop, 'rt_unknown')).status).toBe(204);
    expectProblem(await refresh(shop, 'rt_unknown'), 'refresh_token_invalid');
  });
});

describe('a stolen refresh token', () => {
  test('that the thief uses second ends the session at once, on both sides, and no other', async () => {
    const { userId, email, refreshToken } = await loggedIn();
    const elsewhere = (await login(shop, email)).body;
    const victim = (await refresh(shop, refreshToken, byVictim)).body;
    expectProblem(await refresh(shop, refreshToken, byThief), 'refresh_token_invalid');
    await expectEnded(victim.accessToken, userId);
    expectProblem(await refresh(shop, victim.refreshToken, byVictim), 'refresh_token_invalid');
    expect((await refresh(shop, elsewhere.refreshToken)).status).toBe(200);
  });

  test('that the thief uses first is found out when the victim comes, and the thief is out', async () => {
    const { userId, refreshToken } = await loggedIn();
    const thief = (await refresh(shop, refreshToken, byThief)).body;
    expect((await me(shop, thief.accessToken)).status).toBe(200);
    expectProblem(await refresh(shop, refreshToken, byVictim), 'refresh_token_invalid');
    await expectEnded(thief.accessToken, userId);
    expectProblem(await refresh(shop, thief.refreshToken, byThief), 'refresh_token_invalid');
  });

  test.each([
    ['another address', at('203.0.113.9', 'Victim/1')],
    ['another client', at('192.0.2.1', 'Thief/1')],
    ['no name', at('192.0.2.1', '')],
  ])('is no sibling tab from %s, however quick', async (_from, client) => {
    const { userId, refreshToken } = await loggedIn();
    const victim = (await refresh(shop, refreshToken, byVictim)).body;
    expectProblem(await refresh(shop, refreshToken, client), 'refresh_token_invalid');
    await expectEnded(victim.accessToken, userId);
  });

  test('used at many places at once is traded at one, and its session has ended', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { userId, refreshToken } = await loggedIn();
      const places = Array.from({ length: 6 }, (_, place) => at(`203.0.113.${place}`));
      const answers = await Promise.all(places.map((client) => refresh(shop, refreshToken, client)));
      const won = answers.filter(({ status }) => status === 200);
      expect(won).toHaveLength(1);
      for (const answer of answers) if (answer.status !== 200) expectProblem(answer, 'refresh_token_invalid');
      await expectEnded(won[0]?.body.accessToken, userId);
    }
  });

  test('opens nothing in a session that ends at the same time', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { refreshToken: used } = await loggedIn();
      const { refreshToken: current } = (await refresh(shop, used, byVictim)).body;
      const [next] = await Promise.all([refresh(shop, current, byVictim), refresh(shop, used, byThief)]);
      if (next.status !== 200) expectProblem(next, 'refresh_token_invalid');
      else expectProblem(await refresh(shop, next.body.refreshToken, byVictim), 'refresh_token_invalid');
    }
  });

  test('out of a browser’s cookie, brought in a body, ends the session, and so does the reverse', async () => {
    const { userId, email, refreshToken } = await loggedIn();
    const page = { 'session-transport': 'cookie', origin: 'https://shop.test.example' };
    const inCookie = await login(shop, email, { ...byVictim, headers: { ...byVictim.headers, ...page } });
    const cookie = /=([^;]+)/.exec(inCookie.headers.get('set-cookie') ?? '')?.[1] ?? '';
    expectProblem(await refresh(shop, cookie, byVictim), 'refresh_token_invalid');
    await expectEnded(inCookie.body.accessToken, userId);
    expectProblem(await fromPage(shop, 'refresh', refreshToken), 'refresh_token_invalid');
    expectProblem(await refresh(shop, refreshToken, byVictim), 'refresh_token_invalid');
  });

  test('is told of by one email, to its user, that names the client and holds no link', async () => {
    const { email, refreshToken } = await loggedIn();
    await refresh(shop, refreshToken, byVictim);
    for (let round = 0; round < 3; round += 1) await refresh(shop, refreshToken, byThief);
    loops.relay();
    loops.consume(warnOfTheft(mailer));
    const letters = async () => (await mail.messages()).filter(({ to }) => to.includes(email));
    const [head] = await eventually('the email', async () => {
      const found = await letters();
      return found.length > 0 && found;
    });
    expect(head?.subject).toBe('You were logged out: your session may have been copied');
    const letter = JSON.stringify(head);
    expect(letter).not.toContain('http');
    expect(letter).not.toContain(refreshToken);
    expect(await letters()).toHaveLength(1);
  });
});

describe('two tabs of one browser', () => {
  test('that refresh at once go on: one has the new pair, each an access token, and nobody is told', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { userId, refreshToken } = await loggedIn();
      const tabs = [1, 2, 3].map(() => refresh(shop, refreshToken, byVictim));
      const answers = await Promise.all(tabs);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      for (const { body } of answers) expect((await me(shop, body.accessToken)).body.id).toBe(userId);
      const successors = answers.flatMap(({ body }) =>
        body.refreshToken === undefined ? [] : [body.refreshToken],
      );
      expect(successors).toHaveLength(1);
      expect((await refresh(shop, successors[0], byVictim)).status).toBe(200);
      expect(await told(userId)).toHaveLength(0);
    }
  });

  test('are no excuse ten seconds later', async () => {
    const { userId, accessToken, refreshToken } = await loggedIn();
    await refresh(shop, refreshToken, byVictim);
    const again = await refresh(later(11 * SECOND_MS), refreshToken, byVictim);
    expectProblem(again, 'refresh_token_invalid');
    await expectEnded(accessToken, userId);
  });

  test('are no excuse for a token that is older than the last', async () => {
    const { userId, accessToken, refreshToken } = await loggedIn();
    const { body } = await refresh(shop, refreshToken, byVictim);
    await refresh(shop, body.refreshToken, byVictim);
    expectProblem(await refresh(shop, refreshToken, byVictim), 'refresh_token_invalid');
    await expectEnded(accessToken, userId);
  });

  test('leave a thief who passes for one of them nothing that lasts', async () => {
    const { userId, refreshToken } = await loggedIn();
    const thief = (await refresh(shop, refreshToken, byVictim)).body;
    const victim = (await refresh(shop, refreshToken, byVictim)).body;
    expect(victim.refreshToken).toBeUndefined();
    // What the victim has left is the old token: its next use ends the thief's session.
    const next = await refresh(later(15 * 60 * SECOND_MS), refreshToken, byVictim);
    expectProblem(next, 'refresh_token_invalid');
    await expectEnded(thief.accessToken, userId);
  });
});

test('a session keeps no address of its client, not even a hash that could be guessed', async () => {
  const { userId, refreshToken } = await loggedIn();
  await refresh(shop, refreshToken, byVictim);
  const rows = await shop.deps.db.select().from(sessions).where(eq(sessions.userId, userId));
  const guess = new Bun.CryptoHasher('sha256').update('192.0.2.1').digest('hex');
  for (const row of rows) {
    expect(JSON.stringify(row)).not.toContain('192.0.2.1');
    expect(Buffer.from(row.lastTrade ?? []).toString('hex')).not.toBe(guess);
  }
});
