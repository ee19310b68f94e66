/** Log-ins, refusals and attempts to get around a border are each one line of the log, with who and from where. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { after, SECOND_MS, systemClock } from '#lib/clock.ts';
import { EDGE_PROOF_HEADER, PURGE_PATH } from '#lib/edge-contract.ts';
import { startEdge } from '#ops/edge/run.ts';
import { createHandler } from '#origin/app.ts';
import { codeOf, signUpWithSecondFactor, wrongCode } from '#test/support/authenticator.ts';
import { PURGE_SECRET } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';
import {
  asEdge,
  type Call,
  type OriginUnderTest,
  openOrigin,
  TEST_CONFIG,
  TEST_PASSWORD,
} from '#test/support/origin.ts';
import { type Line, linesFrom, linesOf } from '#test/support/security-lines.ts';
import { at, login, refresh } from '#test/support/sessions.ts';

const USER_LIMIT = 5;

let shop: OriginUnderTest;
let limited: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
  limited = await openOrigin({ LIMIT_USER_PER_MINUTE: USER_LIMIT });
});
afterAll(async () => {
  await shop.close();
  await limited.close();
});

let lastIp = 0;
const nextIp = () => {
  lastIp += 1;
  return `198.51.100.${lastIp}`;
};

const eventsFrom = (ip: string, logs = shop.logs) => linesFrom(ip, logs);

const post = (path: string, body: unknown, call: Call = {}) =>
  shop.call(`/api/v1${path}`, { method: 'POST', body, ...call });

describe('a log-in', () => {
  test('that succeeds is logged, with what has proven it', async () => {
    const ip = nextIp();
    const { email, userId } = await shop.signIn();
    expect((await login(shop, email, at(ip))).status).toBe(200);
    const { email: guarded, secret } = await signUpWithSecondFactor(shop);
    const body = { email: guarded, password: TEST_PASSWORD, code: codeOf(secret) };
    expect((await post('/auth/login', body, { ip })).status).toBe(200);
    expect(eventsFrom(ip)).toEqual([
      expect.objectContaining({ event: 'login.succeeded', level: 'info', userId, by: 'password' }),
      expect.objectContaining({ event: 'login.succeeded', by: 'password and code' }),
    ]);
  });

  test('that fails is logged with the account, where there is one, and never by its email', async () => {
    const ip = nextIp();
    const { email, userId } = await shop.signIn();
    await post('/auth/login', { email, password: 'a wrong password' }, { ip });
    const stranger = `nobody-${crypto.randomUUID()}@test.example`;
    await post('/auth/login', { email: stranger, password: 'a wrong password' }, { ip });
    const [known, unknown] = eventsFrom(ip);
    expect(known).toMatchObject({ event: 'login.failed', level: 'warn', userId, reason: 'wrong_password' });
    expect(known).toMatchObject({ requestId: expect.any(String), route: '/api/v1/auth/login' });
    expect(unknown).toMatchObject({ event: 'login.failed', reason: 'unknown_account' });
    expect(unknown).not.toHaveProperty('userId');
    for (const secret of [email, stranger, 'a wrong password']) {
      expect(shop.logs.join('\n')).not.toContain(secret);
    }
  });

  test('that fails at the second factor is logged', async () => {
    const ip = nextIp();
    const { email, userId, secret } = await signUpWithSecondFactor(shop);
    const attempt = (code?: string) =>
      post('/auth/login', { email, password: TEST_PASSWORD, ...(code ? { code } : {}) }, { ip });
    await attempt();
    for (let times = 0; times < 6; times += 1) await attempt(wrongCode(secret));
    const events = eventsFrom(ip);
    const failed = { event: 'second_factor.failed', userId };
    expect(events[0]).toMatchObject({ event: 'second_factor.asked', userId });
    expect(events.slice(1, 6)).toEqual(Array.from({ length: 5 }, () => expect.objectContaining(failed)));
    expect(events[6]).toMatchObject({ event: 'second_factor.throttled', userId });
  });

  test('carries the trace of its request', async () => {
    const ip = nextIp();
    const { email } = await shop.signIn();
    const traceId = 'a'.repeat(32);
    const headers = { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` };
    await post('/auth/login', { email, password: TEST_PASSWORD }, { ip, headers });
    await post('/auth/login', { email, password: 'a wrong password' }, { ip, headers });
    expect(eventsFrom(ip).map((line) => line['traceId'])).toEqual([traceId, traceId]);
  });
});

describe('on record is', () => {
  test('refresh.reused, of whom', async () => {
    const ip = nextIp();
    const { email, userId } = await shop.signIn();
    const { refreshToken } = (await login(shop, email)).body;
    await refresh(shop, refreshToken);
    await refresh(shop, refreshToken, { ip });
    expect(eventsFrom(ip).map(({ event }) => event)).toEqual(['refresh.reused', 'refresh.refused']);
    expect(eventsFrom(ip)[0]).toMatchObject({ userId });
  });

  test('rate_limit.hit, whether it shows before or while a read is at work', async () => {
    const ip = nextIp();
    const { token, userId } = await limited.signIn();
    const reads = Array.from({ length: USER_LIMIT + 2 }, () => limited.call('/api/v1/me', { token, ip }));
    const answers = await Promise.all(reads);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
    await limited.call('/api/v1/me', { token, ip });
    const hit = expect.objectContaining({ event: 'rate_limit.hit', userId, reason: 'user' });
    expect(eventsFrom(ip, limited.logs)).toEqual([hit, hit, hit]);
  });
});

describe('around the edge', () => {
  const PEER = '192.0.2.44';
  const around = (headers: Record<string, string>, clock = systemClock) => {
    const handle = createHandler({ ...shop.deps, clock }, TEST_CONFIG, { peerOf: () => PEER });
    return handle(new Request('http://localhost/api/v1/me', { headers }));
  };
  const call = { method: 'GET', url: 'http://localhost/api/v1/me' };

  test.each<[string, () => Record<string, string>]>([
    ['missing', () => ({ 'x-request-id': 'believe-me', 'x-hotshelf-client-ip': '203.0.113.99' })],
    ['malformed', () => ({ [EDGE_PROOF_HEADER]: 'nonsense' })],
    ['forged', () => ({ ...asEdge(call), 'x-hotshelf-client-ip': '203.0.113.99' })],
    ['out_of_time', () => asEdge(call, after(new Date(), -60 * SECOND_MS))],
  ])('a proof that is %s is on record with the connection’s address alone', async (reason, headers) => {
    const before = linesOf(shop.logs).length;
    expect((await around(headers())).status).toBe(403);
    const [line, ...others] = linesOf(shop.logs).slice(before);
    expect(others).toEqual([]);
    expect(line).toMatchObject({ event: 'edge_proof.refused', reason, clientAddress: PEER });
    expect(line).not.toHaveProperty('requestId');
    expect(JSON.stringify(line)).not.toContain('203.0.113.99');
  });

  test('what is refused of a probe is no line about whom it says it is', async () => {
    const handle = createHandler(shop.deps, TEST_CONFIG, { peerOf: () => PEER });
    const headers = { 'x-hotshelf-client-ip': '203.0.113.98' };
    const answer = await handle(new Request('http://localhost/health?x=1&x=2', { headers }));
    expect(answer.status).toBe(400);
    expect(linesOf(shop.logs).at(-1)).toMatchObject({ event: 'input.refused', clientAddress: PEER });
  });
});

test('what the edge refuses itself is on record there', async () => {
  const lines: string[] = [];
  const edge = await startEdge({
    originUrl: 'http://127.0.0.1:9',
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    vars: { TRUST_CF_CONNECTING_IP: 'true' },
    limits: { ANONYMOUS_LIMITER: 0 },
    onLog: (line) => lines.push(line),
  });
  try {
    const ip = nextIp();
    const headers = { 'cf-connecting-ip': ip };
    await fetch(`${edge.url}/api/v1/me`, { headers });
    const guess = { ...headers, authorization: 'Bearer a-guess' };
    await fetch(`${edge.url}${PURGE_PATH}`, { method: 'POST', headers: guess, body: '{}' });
    await fetch(`${edge.url}/api/v1//me`, { headers });
    const events = () =>
      lines
        .filter((line) => line.includes('security event'))
        .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as Line);
    await eventually('three lines', () => events().length === 3);
    expect(events()).toEqual([
      expect.objectContaining({ event: 'rate_limit.hit', reason: 'anonymous', clientAddress: ip }),
      expect.objectContaining({ event: 'token.refused', reason: 'purge_secret', clientAddress: ip }),
      expect.objectContaining({ event: 'input.refused', clientAddress: ip }),
    ]);
  } finally {
    await edge.stop();
  }
});

test('every event is counted', async () => {
  await shop.call('/api/v1/me');
  const { body } = await shop.deps.metrics.expose();
  expect(body).toMatch(/security_events_total\{event="access\.refused"\} [1-9]/);
});
