/** What a client gets when the origin is gone, hangs up, or a client hangs up itself. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { createServer, type Server } from 'node:net';
import { CACHE_TAGS, TIME_LEFT_HEADER } from '#lib/edge-contract.ts';
import { POLICIES, REQUEST_LIMITS } from '#lib/policies.ts';
import { cacheStatus, type EdgeUnderTest, nextIp, product, startEdgeUnderTest } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';

// The runtime starts slowly on a busy machine.
setDefaultTimeout(30_000);

let shop: EdgeUnderTest;

beforeAll(async () => {
  shop = await startEdgeUnderTest();
});

afterAll(async () => {
  await shop.stop();
});

/** Takes the origin's port and drops every connection once a request has come in. */
async function startHangUp(port: number): Promise<{ requests: () => number; stop: () => Promise<void> }> {
  let requests = 0;
  const server: Server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      requests += 1;
      socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    requests: () => requests,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Reads that are answered fill the budget of retries. */
async function earnRetries(): Promise<void> {
  for (let read = 0; read < 30; read += 1) expect((await shop.fetch('/api/v1/me')).status).toBe(200);
}

/** The origin is there again, and the edge has noticed. */
async function comeBack(): Promise<void> {
  shop.origin.restart();
  await eventually('the origin is found again', async () => (await shop.fetch('/api/v1/me')).status === 200);
}

test('with the origin gone, what was seen is served stale and marked, the rest is 503 with Retry-After', async () => {
  const path = '/api/v1/products/seen';
  shop.origin.on(path, () => product({ price: 1 }, { age: '100' }, 's-maxage=50, stale-if-error=86400'));
  expect((await shop.fetch(path)).status).toBe(200);
  await shop.origin.stop();
  try {
    const stale = await shop.fetch(path);
    expect(stale.status).toBe(200);
    expect(await stale.json()).toEqual({ price: 1 });
    expect(cacheStatus(stale)).toMatch(/^hotshelf-edge; fwd=stale; ttl=-\d+; detail=stale-if-error$/);
    for (const [method, target] of [
      ['GET', '/api/v1/products/unseen'],
      ['GET', '/api/v1/me'],
      ['POST', '/api/v1/checkout'],
    ] as const) {
      const refused = await shop.fetch(target, { method });
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({ code: 'unavailable' });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect((await shop.fetch('/livez')).status).toBe(200);
  } finally {
    await comeBack();
  }
});

test('with the origin gone, a product is readable for a day, however often and by whomever it is asked for', async () => {
  const [young, old] = ['/api/v1/products/young', '/api/v1/products/old'];
  const control = 's-maxage=50, stale-if-error=86400';
  shop.origin.on(young, () => product({}, { age: String(86_400) }, control));
  shop.origin.on(old, () => product({}, { age: String(86_451) }, control));
  for (const path of [young, old]) await shop.fetch(path);
  await shop.origin.stop();
  try {
    const ip = nextIp();
    for (let count = 0; count < 1_000; count += 1) {
      const response = await shop.fetch(young, { ip });
      expect(response.status).toBe(200);
      expect(cacheStatus(response)).toMatch(/ttl=-\d+; detail=stale-if-error$/);
    }
    expect((await shop.fetch(old)).status).toBe(503);
  } finally {
    shop.origin.restart();
  }
  await eventually('it is fresh again', async () => {
    shop.origin.on(young, () => product({ n: 2 }));
    return /^hotshelf-edge; hit; ttl=\d/.test(cacheStatus(await shop.fetch(young)));
  });
});

test('a list that is out of date stands in for an origin that is gone, marked, and for none that is there', async () => {
  const [list, page] = ['/api/v1/products', '/api/v1/products/withdrawn'];
  const tags = (names: string) => ({ 'cache-tag': names });
  const change = () => shop.purge([CACHE_TAGS.lists, CACHE_TAGS.product('1')]);
  shop.origin.on(page, () => product({}, tags(CACHE_TAGS.product('1'))));
  shop.origin.on(list, () => product({ n: 1 }, tags(CACHE_TAGS.lists)));
  for (const path of [list, page]) await shop.fetch(path);
  await change();
  shop.origin.on(list, () => product({ n: 2 }, tags(CACHE_TAGS.lists)));
  expect(await (await shop.fetch(list)).json()).toEqual({ n: 2 });
  await shop.fetch(page);
  await shop.origin.stop();
  try {
    await change();
    for (let reads = 0; reads < 10; reads += 1) {
      const stale = await shop.fetch(list);
      expect(await stale.json()).toEqual({ n: 2 });
      expect(stale.headers.get('degraded')).toBe('origin;source=stale');
      expect(cacheStatus(stale)).toMatch(/ttl=-1; detail=stale-if-error$/);
    }
    expect((await shop.fetch(list, { headers: { 'cache-control': 'only-if-cached' } })).status).toBe(504);
    expect((await shop.fetch(page)).status).toBe(503);
  } finally {
    await comeBack();
  }
  shop.origin.on(list, () => product({ n: 3 }, tags(CACHE_TAGS.lists)));
  expect(await (await shop.fetch(list)).json()).toEqual({ n: 3 });
});

test('a client over its limit gets what is stored, stale, rather than nothing', async () => {
  const limited = await startEdgeUnderTest({ limits: { CATALOG_MISS_LIMITER: 1 } });
  try {
    const path = '/api/v1/products/limited';
    limited.origin.on(path, () => product({}, { age: '100' }, 's-maxage=50, stale-if-error=86400'));
    const ip = nextIp();
    const statuses = [await limited.fetch(path, { ip }), await limited.fetch(path, { ip })];
    expect(statuses.map(({ status }) => status)).toEqual([200, 200]);
    expect(limited.origin.seen(path)).toHaveLength(1);
    expect((await limited.fetch('/api/v1/products/other', { ip })).status).toBe(429);
  } finally {
    await limited.stop();
  }
});

test.each([
  ['GET', 3],
  ['POST', 1],
  ['PATCH', 1],
  ['DELETE', 1],
])('a lost connection repeats a read, never a write: %s is sent %d times', async (method, times) => {
  await earnRetries();
  await shop.origin.stop();
  const hangUp = await startHangUp(shop.origin.port);
  try {
    const body = method === 'GET' ? null : '{}';
    expect((await shop.fetch('/api/v1/me', { method, body })).status).toBe(503);
    expect(hangUp.requests()).toBe(times);
  } finally {
    await hangUp.stop();
    await comeBack();
  }
});

test('an outage is asked no more than a tenth as often again: then reads are sent once', async () => {
  const fresh = await startEdgeUnderTest();
  await fresh.origin.stop();
  const hangUp = await startHangUp(fresh.origin.port);
  const calls = 400;
  try {
    const statuses = await Promise.all(
      Array.from({ length: calls }, async () => (await fresh.fetch('/api/v1/me')).status),
    );
    expect(new Set(statuses)).toEqual(new Set([503]));
    expect(hangUp.requests()).toBeLessThanOrEqual(calls * 1.1 + POLICIES.origin.retry.budget.reserve);
  } finally {
    await hangUp.stop();
    await fresh.stop();
  }
});

test('the origin is told how long the edge waits, whatever a client says', async () => {
  const path = '/api/v1/orders/told';
  shop.origin.on(path, () => Response.json({}));
  for (const method of ['GET', 'POST']) {
    const headers = { [TIME_LEFT_HEADER]: '999999999' };
    await shop.fetch(path, { method, headers, body: method === 'GET' ? null : '{}' });
  }
  const told = shop.origin.seen(path).map(({ headers }) => Number(headers.get(TIME_LEFT_HEADER)));
  const { readMs, writeMs } = REQUEST_LIMITS;
  for (const [at, mostMs] of [readMs, writeMs].entries()) {
    expect(told[at]).toBeLessThan(mostMs);
    expect(told[at]).toBeGreaterThan(mostMs / 2);
  }
});

test('a client that hangs up does not take the answer away from those who wait with it', async () => {
  const path = '/api/v1/products/abandoned';
  const gate = Promise.withResolvers<void>();
  shop.origin.on(path, async () => {
    await gate.promise;
    return product({ name: 'Abandoned' });
  });
  const impatient = new AbortController();
  const leader = shop.fetch(path, { signal: impatient.signal }).catch((error: unknown) => error);
  await eventually('the origin is asked', () => shop.origin.seen(path).length === 1);
  const follower = shop.fetch(path);
  impatient.abort();
  expect(await leader).toBeInstanceOf(Error);
  gate.resolve();
  expect(await (await follower).json()).toEqual({ name: 'Abandoned' });
});
