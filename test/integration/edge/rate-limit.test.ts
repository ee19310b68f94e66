/**
 * Limits by IP. The binding's windows are fixed, so one that ends during a test lets at most twice the limit
 * through: the bounds below hold whenever a test runs.
 */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { cacheStatus, type EdgeUnderTest, nextIp, product, startEdgeUnderTest } from '#test/support/edge.ts';

const ANONYMOUS_LIMIT = 20;
const SIGNED_IN_LIMIT = 300;
/** Smaller than in the configuration, to be reached in a test. */
const CATALOG_MISS_LIMIT = 5;

let shop: EdgeUnderTest;

beforeAll(async () => {
  shop = await startEdgeUnderTest({ limits: { CATALOG_MISS_LIMITER: CATALOG_MISS_LIMIT } });
});

afterAll(async () => {
  await shop.stop();
});

/** How many requests were served before the first 429, which is given back as well. */
async function servedUntilLimited(
  most: number,
  send: (index: number) => Promise<Response>,
): Promise<{ served: number; refusal: Response | null }> {
  for (let served = 0; served < most; served += 1) {
    const response = await send(served);
    if (response.status === 429) return { served, refusal: response };
    expect(response.status).toBe(200);
  }
  return { served: most, refusal: null };
}

function expectAnonymousLimit(served: number): void {
  expect(served).toBeGreaterThanOrEqual(ANONYMOUS_LIMIT);
  expect(served).toBeLessThanOrEqual(2 * ANONYMOUS_LIMIT);
}

test('an address without a token gets twenty requests a minute, then 429 with Retry-After', async () => {
  const ip = nextIp();
  const { served, refusal } = await servedUntilLimited(2 * ANONYMOUS_LIMIT + 1, () => {
    return shop.fetch('/api/v1/carts', { method: 'POST', body: '{}', ip });
  });
  expectAnonymousLimit(served);
  expect(Number(refusal?.headers.get('retry-after'))).toBeWithin(1, 61);
  expect(await refusal?.json()).toMatchObject({ code: 'rate_limited', status: 429 });
});

test('the catalogue stays open to an address that has used up its other requests', async () => {
  const ip = nextIp();
  const path = '/api/v1/products/open';
  shop.origin.on(path, () => product({}));
  await servedUntilLimited(2 * ANONYMOUS_LIMIT + 1, () => shop.fetch('/api/v1/me', { ip }));
  for (let read = 0; read < 2 * ANONYMOUS_LIMIT + 1; read += 1) {
    expect((await shop.fetch(path, { ip })).status).toBe(200);
  }
  expect(cacheStatus(await shop.fetch(path, { ip }))).toStartWith('hotshelf-edge; hit');
});

test('catalogue reads that the cache cannot answer have a budget of their own, whatever they ask', async () => {
  const ip = nextIp();
  const stored = '/api/v1/products/stored';
  shop.origin.on(stored, () => product({}));
  await shop.fetch(stored);
  const { served } = await servedUntilLimited(2 * CATALOG_MISS_LIMIT + 1, (index) => {
    const target =
      index % 2 === 0 ? `/api/v1/products/missed-${index}` : `/api/v1/products?undeclared=${index}`;
    return shop.fetch(target, { ip });
  });
  expect(served).toBeGreaterThanOrEqual(CATALOG_MISS_LIMIT);
  expect(served).toBeLessThanOrEqual(2 * CATALOG_MISS_LIMIT);
  expect((await shop.fetch(stored, { ip })).status).toBe(200);
  expect((await shop.fetch('/api/v1/me', { ip })).status).toBe(200);
});

test('a bearer token has a larger budget of its own, and an end as well', async () => {
  const ip = nextIp();
  const { served, refusal } = await servedUntilLimited(2 * SIGNED_IN_LIMIT + 1, () => {
    return shop.fetch('/api/v1/me', { ip, headers: { authorization: 'Bearer token' } });
  });
  expect(served).toBeGreaterThanOrEqual(SIGNED_IN_LIMIT);
  expect(refusal?.status).toBe(429);
});

test('a junk bearer token opens no door to the login', async () => {
  const ip = nextIp();
  const { served } = await servedUntilLimited(2 * ANONYMOUS_LIMIT + 1, (index) => {
    const headers = { authorization: `Bearer junk-${index}` };
    return shop.fetch('/api/v1/auth/login', { method: 'POST', body: '{}', ip, headers });
  });
  expectAnonymousLimit(served);
});

test('the payment provider’s calls are not counted with shoppers', async () => {
  const ip = nextIp();
  const { refusal } = await servedUntilLimited(2 * ANONYMOUS_LIMIT + 1, () => {
    return shop.fetch('/api/v1/webhooks/stripe', { method: 'POST', body: '{}', ip });
  });
  expect(refusal).toBeNull();
});

test('one IPv6 network counts as one address', async () => {
  const { served } = await servedUntilLimited(2 * ANONYMOUS_LIMIT + 1, (index) => {
    return shop.fetch('/api/v1/me', { ip: `2001:db8:7:7::${index.toString(16)}` });
  });
  expectAnonymousLimit(served);
});

test('headers that a client can forge change nothing', async () => {
  const ip = nextIp();
  const { served } = await servedUntilLimited(2 * ANONYMOUS_LIMIT + 1, () => {
    return shop.fetch('/api/v1/me', { ip, headers: { 'x-forwarded-for': nextIp(), 'x-real-ip': nextIp() } });
  });
  expectAnonymousLimit(served);
});
