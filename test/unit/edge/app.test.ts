import { expect, test } from 'bun:test';
import { createApp } from '#edge/app.ts';
import type { PeekableStore } from '#edge/cache/store.ts';
import { type EdgeBindings, parseLimiters, parseVariables, type RateLimiter } from '#edge/env.ts';
import { createEdgeMetrics } from '#edge/metrics.ts';
import type { Platform } from '#edge/platform.ts';
import { systemClock } from '#lib/clock.ts';
import { ConfigError } from '#lib/config.ts';
import { createLogger } from '#lib/log.ts';

const OPEN: RateLimiter = { limit: () => Promise.resolve({ success: true }) };
const BINDINGS: EdgeBindings = {
  ORIGIN_URL: 'http://127.0.0.1:3000',
  PUBLIC_URL: 'http://127.0.0.1:8787',
  TRUST_CF_CONNECTING_IP: 'false',
  EDGE_SECRET: 'e'.repeat(32),
  EDGE_PURGE_SECRET: 'p'.repeat(32),
  ANONYMOUS_LIMITER: OPEN,
  SIGNED_IN_LIMITER: OPEN,
  CATALOG_MISS_LIMITER: OPEN,
  SEARCH_MISS_LIMITER: OPEN,
  WEBHOOK_LIMITER: OPEN,
};
const EMPTY_STORE: PeekableStore = {
  peek: () => null,
  get: () => Promise.resolve(null),
  put: () => Promise.resolve(),
  purge: () => Promise.resolve(),
  isPurged: () => Promise.resolve(false),
};

async function answerOf(path: string, replaced: Partial<Platform>) {
  const lines: string[] = [];
  const app = createApp({
    config: parseVariables(BINDINGS),
    limiters: parseLimiters(BINDINGS),
    store: EMPTY_STORE,
    fetch: () => Promise.resolve(new Response('ok')),
    clock: systemClock,
    metrics: createEdgeMetrics('test'),
    log: createLogger({ level: 'debug', write: (line) => lines.push(line) }),
    ...replaced,
  });
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  const response = await app.fetch(new Request(`http://shop.test${path}`), {}, context);
  return { response, lines };
}

test('an unexpected failure is 500 and logged with its trace; its text reaches nobody', async () => {
  const clock = {
    now: () => {
      throw new Error('the inside of it');
    },
  };
  const { response, lines } = await answerOf('/api/v1/products', { clock });
  expect(response.status).toBe(500);
  expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  expect(await response.text()).not.toContain('inside');
  const [logged = ''] = lines.filter((line) => line.includes('unexpected failure'));
  expect(JSON.parse(logged)).toMatchObject({
    level: 'error',
    requestId: response.headers.get('x-request-id'),
    traceId: expect.stringMatching(/^[\da-f]{32}$/),
    error: { message: 'the inside of it' },
  });
});

test('a store that fails costs the cache, not the answer', async () => {
  const fail = () => Promise.reject(new Error('no store'));
  const { response, lines } = await answerOf('/api/v1/products', {
    store: { ...EMPTY_STORE, get: fail, put: fail },
    fetch: () => Promise.resolve(Response.json([], { headers: { 'cache-control': 's-maxage=60' } })),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-status')).toBe('hotshelf-edge; fwd=miss');
  expect(lines.join()).toContain('the cache store failed');
});

test('a rate limiter that fails lets the request through', async () => {
  const broken: RateLimiter = { limit: () => Promise.reject(new Error('no limiter')) };
  const { response, lines } = await answerOf('/api/v1/me', {
    limiters: {
      anonymous: broken,
      signedIn: broken,
      catalogMiss: broken,
      searchMiss: broken,
      webhook: broken,
    },
  });
  expect(response.status).toBe(200);
  expect(lines.join()).toContain('the rate limiter failed');
});

test('a binding that is missing or does not fit is named, its value is not', () => {
  const { EDGE_SECRET: _secret, ...withoutSecret } = BINDINGS;
  const { WEBHOOK_LIMITER: _limiter, ...withoutLimiter } = BINDINGS;
  expect(() => parseVariables(withoutSecret)).toThrow(
    new ConfigError('The environment variable EDGE_SECRET is missing.'),
  );
  expect(() => parseVariables({ ...BINDINGS, EDGE_PURGE_SECRET: 'short' })).toThrow(
    /EDGE_PURGE_SECRET(?!.*'short')/,
  );
  expect(() => parseVariables({ ...BINDINGS, ORIGIN_URL: 'http://host/path' })).toThrow(/ORIGIN_URL/);
  expect(() => parseLimiters(withoutLimiter)).toThrow(/WEBHOOK_LIMITER/);
});

test('the plain HTTP cache cannot be switched on in production, nor by a value that is not known', () => {
  const plain = { ...BINDINGS, EDGE_CACHE_POLICY: 'http' };
  expect(parseVariables(BINDINGS).EDGE_CACHE_POLICY).toBe('catalogue');
  expect(parseVariables(plain).EDGE_CACHE_POLICY).toBe('http');
  expect(() => parseVariables({ ...plain, TRUST_CF_CONNECTING_IP: 'true' })).toThrow(/EDGE_CACHE_POLICY/);
  expect(() => parseVariables({ ...plain, PUBLIC_URL: 'https://shop.test' })).toThrow(/EDGE_CACHE_POLICY/);
  expect(() => parseVariables({ ...BINDINGS, EDGE_CACHE_POLICY: 'HTTP' })).toThrow(/EDGE_CACHE_POLICY/);
});
