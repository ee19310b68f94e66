/** What a client gets when the origin is gone, hangs up, or a client hangs up itself. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { createServer, type Server } from 'node:net';
import {
  cacheStatus,
  type EdgeUnderTest,
  eventually,
  product,
  startEdgeUnderTest,
} from '#test/support/edge.ts';

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
    shop.origin.restart();
  }
  await eventually('the origin is found again', async () => (await shop.fetch('/api/v1/me')).status === 200);
});

test('a lost connection repeats a read, never a write', async () => {
  await shop.origin.stop();
  const hangUp = await startHangUp(shop.origin.port);
  try {
    for (const method of ['POST', 'PATCH', 'DELETE']) {
      const before = hangUp.requests();
      expect((await shop.fetch('/api/v1/checkout', { method, body: '{}' })).status).toBe(503);
      expect(hangUp.requests() - before).toBe(1);
    }
    const before = hangUp.requests();
    expect((await shop.fetch('/api/v1/me')).status).toBe(503);
    expect(hangUp.requests() - before).toBe(3);
  } finally {
    await hangUp.stop();
    shop.origin.restart();
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
