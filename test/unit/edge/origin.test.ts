/** The client to an origin that gives no answer, by a clock of the test's own. */

import { expect, test } from 'bun:test';
import { createEdgeMetrics } from '#edge/metrics.ts';
import { type Caller, createOrigin, type OriginCall } from '#edge/origin.ts';
import { createLogger } from '#lib/log.ts';
import { AppError } from '#lib/problems.ts';
import { newTrace } from '#lib/trace.ts';

const QUIET = createLogger({ level: 'error', write: () => undefined });
const CALLER: Caller = { requestId: '', traceparent: newTrace(), clientIp: '', log: QUIET };
/** A write: sent once, so that each call is one fetch. */
const CALL: OriginCall = {
  method: 'POST',
  path: '/api/v1/carts',
  query: '',
  headers: new Headers(),
  body: null,
};

function setUp() {
  const state = { nowMs: 0, isUp: false };
  const asked: string[] = [];
  const origin = createOrigin({
    config: {
      ORIGIN_URL: 'http://origin.test',
      PUBLIC_URL: 'http://shop.test',
      TRUST_CF_CONNECTING_IP: false,
      LOG_LEVEL: 'error',
      OTEL_TRACES_SAMPLER_ARG: 0,
      CORS_ORIGINS: '',
      EDGE_CACHE_POLICY: 'catalogue',
      EDGE_SECRET: 'e'.repeat(32),
      EDGE_PURGE_SECRET: 'p'.repeat(32),
    },
    fetch: (url) => {
      asked.push(new URL(url).pathname);
      return state.isUp ? Promise.resolve(new Response('ok')) : Promise.reject(new Error('refused'));
    },
    clock: { now: () => new Date(state.nowMs) },
    metrics: createEdgeMetrics('test'),
    log: QUIET,
  });
  const send = () => origin.send(CALL, CALLER).then(({ status }) => status, codeOf);
  const lose = async () => {
    for (let count = 0; count < 3; count += 1) expect(await send()).toBe('unavailable');
    asked.length = 0;
  };
  return { origin, state, asked, send, lose };
}

function codeOf(error: unknown): string {
  if (error instanceof AppError) return error.code;
  throw error;
}

test('once three calls in a row had no answer nothing is asked of it, and every call fails at once', async () => {
  const { origin, asked, send, lose } = setUp();
  expect(origin.isLost()).toBe(false);
  await lose();
  expect(origin.isLost()).toBe(true);
  expect(await Promise.all([send(), send(), origin.probe()])).toEqual([
    'unavailable',
    'unavailable',
    undefined,
  ]);
  expect(asked).toEqual([]);
});

test('it is asked once a second whether it is back, and no call is risked on it before', async () => {
  const { origin, state, asked, send, lose } = setUp();
  await lose();
  state.nowMs = 1_000;
  await Promise.all([send(), send(), origin.probe()]);
  expect(asked).toEqual(['/livez']);
  state.nowMs = 1_999;
  await send();
  expect(asked).toEqual(['/livez']);
});

test('the call that finds it back goes through, and so does every one after it', async () => {
  const { origin, state, asked, send, lose } = setUp();
  await lose();
  state.isUp = true;
  expect(await send()).toBe('unavailable');
  state.nowMs = 1_000;
  expect([await send(), await send()]).toEqual([200, 200]);
  expect(asked).toEqual(['/livez', CALL.path, CALL.path]);
  expect(origin.isLost()).toBe(false);
});

test('while it answers nobody probes it', async () => {
  const { origin, state, asked } = setUp();
  state.isUp = true;
  await origin.probe();
  expect(asked).toEqual([]);
});
