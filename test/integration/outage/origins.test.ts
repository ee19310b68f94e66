/** Every origin killed, and every origin hanging, behind the real edge under load: what was seen is served on. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { startProxy } from '#bench/chaos/proxy.ts';
import { present } from '#lib/assert.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import { REQUEST_LIMITS } from '#lib/policies.ts';
import { PROBLEM_CONTENT_TYPE } from '#lib/problems.ts';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import { insertCategory, insertIndexed } from '#test/support/catalogue.ts';
import { cacheStatus, PURGE_SECRET } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';
import { type LoadReport, startLoad } from '#test/support/load.ts';
import { type OriginUnderTest, openOrigin, TEST_CONFIG } from '#test/support/origin.ts';
import { type OriginProcess, startOrigin } from '#test/support/origin-process.ts';

setDefaultTimeout(5 * MINUTE_MS);

const PRODUCTS = 60;
const CONNECTIONS = 32;
/** What a shopper is promised who asks for something that nobody has seen. */
const PROMISE_MS = 1_000;
/** Older than any answer may be without the origin's having failed. */
const OLD_SECONDS = 3_600;

let shop: OriginUnderTest;
let origins: readonly OriginProcess[];
let front: Front;
let edge: RunningEdge | undefined;
let seen: readonly string[];

beforeAll(async () => {
  shop = await openOrigin();
  const categoryId = await insertCategory(shop, 'lamps');
  const ids: string[] = [];
  for (let count = 0; count < PRODUCTS; count += 1) {
    ids.push(await insertIndexed(shop, { name: `Lamp ${count}`, categoryId }));
  }
  origins = await Promise.all([startOrigin(shop.config), startOrigin(shop.config)]);
  front = startFront(origins.map(({ url }) => url));
  seen = [
    ...ids.map((id) => `/api/v1/products/${id}`),
    ...['', '?sort=price', '?sort=-price', '?category=lamps'].map((query) => `/api/v1/products${query}`),
    ...['lamp', 'lmap', 'lamp%204'].map((words) => `/api/v1/search?q=${words}`),
    ...['/api/v1/search/suggest?q=la', '/api/v1/categories'],
  ];
});

afterAll(async () => {
  await edge?.stop();
  await front.stop();
  await Promise.all(origins.map((origin) => origin.kill()));
  await shop.close();
});

interface Front {
  readonly url: string;
  /** How old its answers say they are, so that nobody has to wait until they are stale. */
  ageSeconds: number;
  stop(): Promise<void>;
  restart(): void;
}

/** One address for all origins, in turn; with them it goes and comes. */
function startFront(urls: readonly string[]): Front {
  let turn = 0;
  const serve = (port: number) =>
    Bun.serve({
      hostname: '127.0.0.1',
      port,
      idleTimeout: 0,
      fetch: async ({ url, method, headers, signal }) => {
        const { pathname, search } = new URL(url);
        turn += 1;
        const answer = await fetch(`${urls[turn % urls.length]}${pathname}${search}`, {
          method,
          headers,
          signal,
        });
        const aged = new Headers(answer.headers);
        aged.set('age', String(made.ageSeconds));
        return new Response(answer.body, { status: answer.status, headers: aged });
      },
    });
  let server = serve(0);
  const port = server.port ?? 0;
  const made: Front = {
    url: `http://127.0.0.1:${port}`,
    ageSeconds: 0,
    stop: () => server.stop(true),
    restart: () => {
      server = serve(port);
    },
  };
  return made;
}

const urlOfEdge = () => present(edge, 'the edge').url;
const get = (path: string, deadlineMs = MINUTE_MS) =>
  fetch(`${urlOfEdge()}${path}`, { signal: AbortSignal.timeout(deadlineMs) });

/** Everything is at the edge, one that has seen nothing before, and stale. */
async function warmUp(originUrl = front.url): Promise<void> {
  await edge?.stop();
  edge = await startEdge({
    originUrl,
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    limits: { CATALOG_MISS_LIMITER: 100_000, SEARCH_MISS_LIMITER: 100_000 },
    onLog: () => undefined,
  });
  front.ageSeconds = OLD_SECONDS;
  for (const path of seen) {
    const answer = await get(path);
    expect(`${path} ${answer.status} ${await answer.text()}`).toStartWith(`${path} 200 {`);
  }
}

async function load(answers: number): Promise<LoadReport> {
  const readers = await startLoad({ url: urlOfEdge(), paths: seen, connections: CONNECTIONS, answers });
  return readers.report;
}

async function expectRefusalsInTime(): Promise<void> {
  for (const path of ['/api/v1/carts', '/api/v1/checkout']) {
    const refused = await fetch(`${urlOfEdge()}${path}`, {
      method: 'POST',
      signal: AbortSignal.timeout(PROMISE_MS),
    });
    expect(`${path} ${refused.status}`).toBe(`${path} 503`);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  for (let count = 0; count < 5; count += 1) {
    for (const path of [`/api/v1/products/never-${count}`, `/api/v1/search?q=never${count}`]) {
      const refused = await get(path, PROMISE_MS);
      expect(refused.status).toBe(503);
      expect(refused.headers.get('content-type')).toStartWith(PROBLEM_CONTENT_TYPE);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await refused.json()).toMatchObject({ code: 'unavailable' });
    }
  }
}

/** Nobody tells the edge: it finds out by itself. */
async function expectFreshAgain(): Promise<void> {
  front.ageSeconds = 0;
  for (const path of seen) {
    await eventually(`${path} is fresh`, async () => {
      return /^hotshelf-edge; hit; ttl=\d/.test(cacheStatus(await get(path)));
    });
  }
  expect((await get(`/api/v1/products/never-seen`)).status).toBe(404);
}

test('with every origin killed, none of 50,000 reads of what was seen fails, and each tells that it is stale', async () => {
  await warmUp();
  await Promise.all([front.stop(), ...origins.map((origin) => origin.kill())]);
  const report = await load(50_000);
  expect(report).toMatchObject({ refused: 0, broken: 0 });
  expect(report.answers).toBeGreaterThanOrEqual(50_000);
  expect(report.stale).toBe(report.answers);
  await expectRefusalsInTime();
  await Promise.all(origins.map((origin) => origin.start()));
  front.restart();
  await expectFreshAgain();
});

test('with every origin hanging, shoppers wait for it once and no longer, and none of their reads fails', async () => {
  await warmUp();
  for (const origin of origins) origin.freeze();
  try {
    const first = await load(10_000);
    expect(first).toMatchObject({ refused: 0, broken: 0, stale: first.answers });
    const later = await load(10_000);
    expect(later).toMatchObject({ refused: 0, broken: 0, stale: later.answers });
    expect(later.maxMs).toBeLessThan(REQUEST_LIMITS.catalogMs);
    await expectRefusalsInTime();
  } finally {
    for (const origin of origins) origin.thaw();
  }
  await expectFreshAgain();
});

test('with one of two origins killed shoppers notice nothing: every read is answered 200', async () => {
  const balancer = await startProxy(origins.map(({ url }) => Number(new URL(url).port)));
  const [first] = origins;
  try {
    await warmUp(`http://127.0.0.1:${balancer.port}`);
    const unseen = [2, 3, 4, 5, 6].map((limit) => `/api/v1/products?sort=popular&limit=${limit}`);
    const readers = await startLoad({
      url: urlOfEdge(),
      paths: [...seen, ...unseen],
      connections: CONNECTIONS,
    });
    await first?.kill();
    for (const path of unseen) expect((await get(`${path}&minPrice=1`)).status).toBe(200);
    expect(await readers.stop()).toMatchObject({ refused: 0, broken: 0 });
  } finally {
    await first?.start();
    await balancer.stop();
  }
});
