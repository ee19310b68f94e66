/** Keys are turned over while people are logged in and at work: nobody is logged out, no request fails. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { makeSigningKey } from '#ops/local/secrets.ts';
import type { AppConfig } from '#origin/app.ts';
import { type Answer, type OriginUnderTest, openOrigin, type Reachable } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { login, me, refresh } from '#test/support/sessions.ts';
import { forge, headerOf, type Jwk, kidOf } from '#test/support/tokens.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

const OLD: Jwk = JSON.parse(makeSigningKey());
const NEW: Jwk = JSON.parse(makeSigningKey());
const PROCESSES = 3;
const CLIENTS = 6;
const REQUESTS_A_STEP = 150;

/** What an operator sets. */
function keys(signing: Jwk, ...beside: readonly Jwk[]): Partial<AppConfig> {
  const halves = beside.map(({ kty, crv, x }) => ({ kty, crv, x }));
  return {
    ACCESS_TOKEN_KEY: JSON.stringify(signing),
    ACCESS_TOKEN_KEYS_BESIDE: JSON.stringify({ keys: halves }),
  };
}

test('through all steps of a rotation, process by process and under load, no request fails', async () => {
  const processes: Reachable[] = Array.from({ length: PROCESSES }, () => shop.beside({}, keys(OLD)));
  let turn = 0;
  /** As a balancer does: any process, whichever signed. */
  const any = () => {
    turn += 1;
    return processes[turn % processes.length] ?? shop;
  };
  const kids = new Set<unknown>();
  const failures: unknown[] = [];
  let requests = 0;
  let isOver = false;
  const tokenOfOldKey: string[] = [];

  const succeeds = (answer: Answer) => {
    requests += 1;
    if (answer.status !== 200) failures.push(answer.body);
    return answer;
  };

  async function client(): Promise<void> {
    const { email } = await shop.signIn();
    let { accessToken, refreshToken } = (await login(any(), email)).body;
    tokenOfOldKey.push(accessToken);
    const first = accessToken;
    for (let round = 0; !isOver; round += 1) {
      kids.add(headerOf(accessToken)['kid']);
      // The oldest token that is still in time, and the newest.
      for (const token of [first, accessToken]) succeeds(await me(any(), token));
      if (round % 5 === 4) {
        const answer = succeeds(await refresh(any(), refreshToken));
        ({ accessToken, refreshToken } = answer.body);
      }
    }
  }

  async function step(config: Partial<AppConfig>): Promise<void> {
    for (const place of processes.keys()) {
      const until = requests + REQUESTS_A_STEP;
      while (requests < until) await Bun.sleep(1);
      processes[place] = shop.beside({}, config);
    }
  }

  const load = Array.from({ length: CLIENTS }, client);
  await step(keys(OLD, NEW));
  await step(keys(NEW, OLD));
  await step(keys(NEW, OLD));
  isOver = true;
  await Promise.all(load);
  expect(failures).toEqual([]);
  expect(requests).toBeGreaterThan(9 * REQUESTS_A_STEP);
  expect([...kids].toSorted()).toEqual([kidOf(OLD), kidOf(NEW)].toSorted());

  // The life of a token later the old key goes: what it signed is worth nothing, and nobody has lost their session.
  const dropped = shop.beside({}, keys(NEW));
  for (const token of tokenOfOldKey) expectProblem(await me(dropped, token), 'unauthenticated');
  expect((await dropped.call('/.well-known/jwks.json')).body.keys).toHaveLength(1);
});

test('a refresh token outlives the key that signed beside it', async () => {
  const { email } = await shop.signIn();
  const { refreshToken } = (await login(shop.beside({}, keys(OLD)), email)).body;
  const dropped = shop.beside({}, keys(NEW));
  const { status, body } = await refresh(dropped, refreshToken);
  expect(status).toBe(200);
  expect((await me(dropped, body.accessToken)).status).toBe(200);
});

test('the next key is published before it signs, and verifies already', async () => {
  const { userId } = await shop.signIn();
  const before = shop.beside({}, keys(OLD, NEW));
  const { body } = await before.call('/.well-known/jwks.json');
  expect(body.keys.map(({ kid }: { kid: string }) => kid)).toEqual([kidOf(OLD), kidOf(NEW)]);
  expect(JSON.stringify(body)).not.toContain('"d"');
  expect((await me(before, forge(userId, { key: NEW }))).status).toBe(200);
});
