/** What another process changes is seen here soon, and with Redis or NATS gone the shop still serves. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createServer } from 'node:net';
import { claimUnpublished, markPublished } from '#db/outbox.ts';
import type { ShopEvent } from '#lib/events.ts';
import { createLogger } from '#lib/log.ts';
import { createApp } from '#origin/app.ts';
import { followChanges } from '#origin/catalog/service.ts';
import type { SharedConfig } from '#origin/config.ts';
import { createDeps, type RunningDeps } from '#origin/deps.ts';
import { eventually } from '#test/support/eventually.ts';
import {
  type Answer,
  edgePass,
  type OriginUnderTest,
  openOrigin,
  type Reachable,
  TEST_CONFIG,
} from '#test/support/origin.ts';
import { cartWith, createProduct, type TestProduct } from '#test/support/shopping.ts';

interface Process extends RunningDeps {
  get(path: string): Promise<Pick<Answer, 'status' | 'body'>>;
}

let shop: OriginUnderTest;
const processes: Process[] = [];
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  for (const { close } of processes) await close();
  await shop.close();
});

/** Another process of the same shop, as far as a process is its deps. */
function openProcess(change: Partial<SharedConfig> = {}): Process {
  const log = createLogger({ level: 'error', write: () => {} });
  const running = createDeps({ ...shop.config, ...change }, 'hotshelf-test-2', log);
  const app = createApp(running.deps, TEST_CONFIG);
  const opened = {
    ...running,
    get: async (path: string) => {
      // What health has to tell is for operators, who come around the edge.
      const headers = path === '/health' ? {} : edgePass();
      const response = await app.handle(new Request(`http://localhost${path}`, { headers }));
      return { status: response.status, body: await response.json() };
    },
  };
  processes.push(opened);
  return opened;
}

const rename = ({ productId, etag, sellerToken }: TestProduct, name: string) =>
  shop.call(`/api/v1/products/${productId}`, {
    ...{ method: 'PATCH', token: sellerToken, body: { name } },
    headers: { 'if-match': etag },
  });

async function takeOutbox(): Promise<readonly ShopEvent[]> {
  return shop.deps.db.transaction(async (tx) => {
    const events = await claimUnpublished(tx, 1_000);
    await markPublished(
      tx,
      events.map(({ id }) => id),
      new Date(),
    );
    return events;
  });
}

/** What the relay does. */
async function publishOutbox(): Promise<void> {
  await shop.deps.bus.ensureStream();
  for (const event of await takeOutbox()) await shop.deps.bus.publish(event);
}

test('a change in one process is seen in another as soon as its event arrives', async () => {
  const other = openProcess();
  followChanges(other.deps);
  await other.deps.bus.ping();
  const product = await createProduct(shop, { name: 'Before' });
  const path = `/api/v1/products/${product.slug}`;
  expect((await other.get(path)).body.name).toBe('Before');
  expect((await rename(product, 'After')).status).toBe(200);
  await publishOutbox();
  await eventually(
    'the other process shows the change',
    async () => (await other.get(path)).body.name === 'After',
  );
});

/** Who knows of no change, and remembers nothing. */
async function openLate(): Promise<Process> {
  const late = openProcess({ CACHE_MEMORY: 'off' });
  await eventually('redis answers', () =>
    late.deps.sharedCache.ping().then(
      () => true,
      () => undefined,
    ),
  );
  return late;
}

describe('after a product has another slug, a process that starts then finds nothing by the old one in Redis', () => {
  const change = async (changing: Reachable) => {
    const { slug, productId, etag, sellerToken } = await createProduct(shop);
    const path = `/api/v1/products/${slug}`;
    expect((await shop.call(path)).status).toBe(200);
    // That it was created is news of the old slug, and nobody shall hear of it late.
    await takeOutbox();
    const { status } = await changing.call(`/api/v1/products/${productId}`, {
      ...{ method: 'PATCH', token: sellerToken, body: { slug: `${slug}-again` } },
      headers: { 'if-match': etag },
    });
    expect(status).toBe(200);
    return path;
  };

  test('at once', async () => {
    const path = await change(shop);
    expect((await (await openLate()).get(path)).status).toBe(308);
  });

  test('as soon as its event arrives, where whoever changed it came to no more', async () => {
    const { products } = shop.deps;
    const path = await change(shop.beside({ products: { ...products, invalidate: async () => {} } }));
    const late = await openLate();
    expect((await late.get(path)).status).toBe(200);
    followChanges(shop.deps);
    await shop.deps.bus.ping();
    await publishOutbox();
    await eventually('it leads to the new one', async () => (await late.get(path)).status === 308);
  });
});

const downIn = ({ checks }: { readonly checks: readonly { name: string; status: string }[] }) =>
  checks.filter(({ status }) => status === 'down').map(({ name }) => name);

/** A port of this machine where nobody listens. */
async function closedPort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}

describe('with Redis and NATS gone', () => {
  test('products, lists, search and carts are served, and health says what is missing', async () => {
    const port = await closedPort();
    const alone = openProcess({
      REDIS_URL: `redis://127.0.0.1:${port}`,
      NATS_URL: `nats://127.0.0.1:${port}`,
    });
    const product = await createProduct(shop, { name: 'Lone Lamp' });
    await cartWith(shop, product.variantId);
    for (const path of [
      `/api/v1/products/${product.slug}`,
      '/api/v1/products',
      '/api/v1/categories',
      '/api/v1/search?q=lamp',
    ]) {
      for (let round = 0; round < 2; round += 1) expect((await alone.get(path)).status).toBe(200);
    }
    const health = await alone.get('/health');
    expect(health.status).toBe(200);
    expect(health.body.status).toBe('degraded');
    expect(downIn(health.body)).toEqual(['redis', 'nats', 'jetstream']);
    await eventually('traffic may come', async () => (await alone.get('/readyz')).status === 200);
  }, 60_000);
});

test('without Postgres health is down, and no traffic should come', async () => {
  const port = await closedPort();
  const lost = openProcess({ DATABASE_URL: `postgres://nobody@127.0.0.1:${port}/none` });
  const health = await lost.get('/health');
  expect(health.status).toBe(503);
  expect(health.body.status).toBe('down');
  expect(downIn(health.body)).toContain('database_primary');
  expect(await lost.get('/readyz')).toEqual({ status: 503, body: { status: 'not_ready' } });
  expect((await lost.get('/livez')).status).toBe(200);
}, 60_000);
