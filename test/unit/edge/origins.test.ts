/** The client to several origins that fail in every way, by a clock of the test's own. */

import { expect, test } from 'bun:test';
import { parseVariables } from '#edge/env.ts';
import { createEdgeMetrics } from '#edge/metrics.ts';
import { type Caller, createOrigin, type OriginCall } from '#edge/origin.ts';
import { DRAINING_HEADER, NOT_BEGUN_HEADER } from '#lib/edge-contract.ts';
import { createLogger } from '#lib/log.ts';
import { AppError, problemResponse } from '#lib/problems.ts';
import { newTrace } from '#lib/trace.ts';

const QUIET = createLogger({ level: 'error', write: () => undefined });
const CALLER: Caller = { requestId: '', traceparent: newTrace(), clientIp: '', log: QUIET };
const SECRETS = { EDGE_SECRET: 'e'.repeat(32), EDGE_PURGE_SECRET: 'p'.repeat(32) };
const SLOW_MS = 150;
const PATH = '/api/v1/carts';

type Behaviour = 'up' | 'gone' | 'mute' | 'slow' | 'draining' | 'refusing' | 'plain 503' | 521 | 522;

function answerOf(behaviour: Behaviour, signal: AbortSignal | null | undefined): Promise<Response> {
  switch (behaviour) {
    case 'up':
      return Promise.resolve(new Response('ok'));
    case 'draining':
      return Promise.resolve(new Response('ok', { headers: { [DRAINING_HEADER]: '1' } }));
    case 'refusing':
      return Promise.resolve(problemResponse('unavailable', {}, { [NOT_BEGUN_HEADER]: 'overloaded' }));
    case 'plain 503':
      return Promise.resolve(problemResponse('unavailable'));
    case 'slow':
      return new Promise((resolve) => setTimeout(() => resolve(new Response('slow')), SLOW_MS));
    case 'gone':
      return Promise.reject(new Error('Network connection lost.'));
    case 'mute':
      return new Promise((_resolve, reject) => {
        if (signal?.aborted === true) reject(signal.reason);
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
    default:
      return Promise.resolve(new Response(null, { status: behaviour }));
  }
}

/** Origins named a, b, c..., and what each does when it is asked. */
function setUp(behaviours: Record<string, Behaviour>, list = Object.keys(behaviours).join(',')) {
  const state = { nowMs: 0 };
  let asked: string[] = [];
  const origin = createOrigin({
    config: parseVariables({
      ...SECRETS,
      ORIGIN_URL: list.replace(/[a-z]+/g, 'http://$&.test'),
      PUBLIC_URL: 'http://shop.test',
      TRUST_CF_CONNECTING_IP: 'false',
    }),
    fetch: (url, { signal }) => {
      const { hostname, pathname } = new URL(url);
      const name = hostname.replace('.test', '');
      asked.push(pathname === PATH ? name : `${name}?`);
      return answerOf(behaviours[name] ?? 'gone', signal);
    },
    metrics: createEdgeMetrics('test'),
    clock: { now: () => new Date(state.nowMs) },
    log: QUIET,
  });
  const send = async (method: string, more: Partial<OriginCall> = {}) => {
    const call = { method, path: PATH, query: '', headers: new Headers(), body: null, ...more };
    asked = [];
    const status = await origin.send(call, CALLER).then((answer) => answer.status, codeOf);
    return `${status} ${asked.join(' ')}`.trim();
  };
  return { origin, state, behaviours, send };
}

function codeOf(error: unknown): string {
  if (error instanceof AppError) return error.code;
  throw error;
}

test('the origins of a region take turns', async () => {
  const { send } = setUp({ a: 'up', b: 'up', c: 'up' });
  const answers = [await send('GET'), await send('GET'), await send('GET')];
  expect(answers.toSorted()).toEqual(['200 a', '200 b', '200 c']);
});

test('a read goes on to the next origin after a lost connection, and the one that failed is passed over', async () => {
  const { send, state, behaviours } = setUp({ a: 'up', b: 'gone' });
  expect(await send('GET')).toBe('200 b a');
  for (let count = 0; count < 4; count += 1) expect(await send('GET')).toBe('200 a');
  behaviours['b'] = 'up';
  state.nowMs = 1_000;
  expect([await send('GET'), await send('GET')].toSorted()).toEqual(['200 a', '200 b']);
});

test('a read goes on after a refusal, and not after a 503 that every origin would give', async () => {
  expect(await setUp({ a: 'up', b: 'refusing' }).send('GET')).toBe('200 b a');
  expect(await setUp({ a: 'up', b: 'plain 503' }).send('GET')).toBe('503 b');
});

test('one that refuses is asked in its turn all the same: it is busy, and would leave its load to the others', async () => {
  const { send } = setUp({ a: 'up', b: 'refusing' });
  expect([await send('GET'), await send('GET'), await send('GET')]).toEqual(['200 b a', '200 a', '200 b a']);
});

test('a read leaves a silent origin in time for another, and asks that one only for a moment', async () => {
  const { send } = setUp({ a: 'up', b: 'mute' });
  expect(await send('GET', { timeoutMs: 60 })).toBe('200 b a');
  expect(await send('GET', { timeoutMs: 60 })).toBe('200 a');
});

test('a slow origin that answers after all is listened to', async () => {
  const { send } = setUp({ a: 'mute', b: 'slow' });
  expect(await send('GET', { timeoutMs: 250 })).toBe('200 b a');
});

test('when every origin is slow nobody is asked twice', async () => {
  const { send } = setUp({ a: 'mute', b: 'mute' });
  await send('GET', { timeoutMs: 40 });
  expect((await send('GET', { timeoutMs: 40 })).split(' ')).toHaveLength(2);
});

test('a write whose connection was lost is not sent again', async () => {
  const { send, behaviours } = setUp({ a: 'up', b: 'up' });
  await send('GET');
  await send('GET');
  behaviours['a'] = 'gone';
  behaviours['b'] = 'gone';
  const [code, ...asked] = (await send('POST')).split(' ');
  expect(code).toBe('unavailable');
  expect(asked).toHaveLength(1);
});

test('a write goes to another origin when the first says that it has not begun', async () => {
  const { send } = setUp({ a: 'up', b: 'refusing' });
  await send('GET');
  expect(await send('POST')).toMatch(/^200 (b )?a$/);
  expect(await setUp({ a: 'refusing', b: 'refusing' }).send('POST')).toMatch(/^503 /);
});

test('a write with an Idempotency-Key goes to another origin though the first may have taken it', async () => {
  const { send } = setUp({ a: 'up', b: 'gone' });
  expect(await send('POST', { isIdempotent: true })).toBe('200 b a');
});

test('a write is not risked on an origin that was not heard of lately: it has to answer a probe', async () => {
  const { send } = setUp({ a: 'up', b: 'gone' });
  expect(await send('POST')).toBe('200 b? a? a');
  expect(await send('POST')).toBe('200 a');
});

test('the only origin is not asked for a proof of life', async () => {
  expect(await setUp({ a: 'up' }).send('POST')).toBe('200 a');
});

test('one that drains is left alone from its first word of it', async () => {
  const { send, behaviours, state } = setUp({ a: 'up', b: 'draining' });
  expect(await send('GET')).toBe('200 b');
  for (let count = 0; count < 4; count += 1) expect(await send('GET')).toBe('200 a');
  behaviours['b'] = 'gone';
  state.nowMs = 2_000;
  expect([await send('POST'), await send('POST')].join()).toContain('b?');
});

test('another region is asked when no origin of the first can be trusted, and no longer than that', async () => {
  const { send, state, behaviours } = setUp({ a: 'gone', b: 'gone', z: 'up' }, 'a,b;z');
  expect(await send('GET')).toMatch(/^200 (a b|b a) z$/);
  expect(await send('GET')).toBe('200 z');
  behaviours['a'] = behaviours['b'] = 'up';
  state.nowMs = 1_000;
  expect(await send('GET')).toMatch(/^200 [ab]$/);
});

test('one of two that is lost is asked once a second whether it is back, and calls go to the other', async () => {
  const { send, origin, state, behaviours } = setUp({ a: 'up', b: 'gone' });
  for (let count = 0; count < 4; count += 1) {
    state.nowMs += 1_000;
    await send('GET');
    await send('GET');
  }
  expect(origin.isLost()).toBe(false);
  state.nowMs += 1_000;
  expect([await send('GET'), await send('GET')]).toEqual(['200 b? a', '200 a']);
  behaviours['b'] = 'up';
  state.nowMs += 1_000;
  expect(await send('GET')).toStartWith('200 b? ');
  expect([await send('GET'), await send('GET')].toSorted()).toEqual(['200 a', '200 b']);
});

test('with every origin gone the answer is unavailable, at once when that is known', async () => {
  const { send, origin } = setUp({ a: 'gone', b: 'gone' });
  for (let count = 0; count < 3; count += 1) expect(await send('GET')).toStartWith('unavailable ');
  expect(origin.isLost()).toBe(true);
  expect(await send('GET')).toBe('unavailable');
});

test('what Cloudflare says in the place of an origin that it cannot reach is no answer', async () => {
  expect(await setUp({ a: 'up', b: 522 }).send('GET')).toBe('200 b a');
  expect(await setUp({ a: 521 }).send('POST')).toBe('unavailable a');
  const { send, behaviours } = setUp({ a: 'up', b: 'up' });
  await send('GET');
  await send('GET');
  behaviours['a'] = 521;
  behaviours['b'] = 521;
  expect(await send('POST')).toMatch(/^unavailable (a b|b a)$/);
});

test.each(['http://a.test,', ';http://a.test', 'http://a.test/path', 'a.test', 'http://a.test,b'])(
  'the list of origins %p is refused',
  (ORIGIN_URL) => {
    const others = { PUBLIC_URL: 'http://shop.test', TRUST_CF_CONNECTING_IP: 'false' };
    expect(() => parseVariables({ ...SECRETS, ...others, ORIGIN_URL })).toThrow(/ORIGIN_URL/);
  },
);
