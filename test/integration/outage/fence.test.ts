/**
 * The fences of all tiers at once, from a replica that stands still through slow fills up to the edge: once a change
 * is through, no shopper is shown an older version again.
 */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import type { Readers } from '#db/read-pools.ts';
import { searchDocuments } from '#db/schema/search.ts';
import { present } from '#lib/assert.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import { CACHE_TAGS, PURGE_PATH } from '#lib/edge-contract.ts';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import { insertCategory, insertIndexed } from '#test/support/catalogue.ts';
import { PURGE_SECRET } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';
import {
  edgePass,
  type OriginUnderTest,
  openOrigin,
  type Reachable,
  TEST_CONFIG,
} from '#test/support/origin.ts';
import { startCluster, type TestCluster, type TestStandby } from '#test/support/replicas.ts';
import { createProduct, type TestProduct } from '#test/support/shopping.ts';

setDefaultTimeout(2 * MINUTE_MS);

const RUNS = 25;
const MAX_STEPS = 14;

/** Work that has what it read and keeps it back, until it is let go. */
class Holder {
  #isHolding = false;
  #held: (() => void)[] = [];

  async pass<T>(work: Promise<T>): Promise<T> {
    const isHeld = this.#isHolding;
    const result = await work;
    if (isHeld) await new Promise<void>((resolve) => this.#held.push(resolve));
    return result;
  }

  /** What begins while `begin` runs is kept back. Resolves when something is. */
  async hold(begin: () => void): Promise<void> {
    const before = this.#held.length;
    this.#isHolding = true;
    begin();
    await eventually('something is kept back', () => this.#held.length > before);
    this.#isHolding = false;
  }

  release(): void {
    for (const go of this.#held.splice(0)) go();
  }
}

const atDatabase = new Holder();
const atOrigin = new Holder();
let cluster: TestCluster;
let standby: TestStandby;
let shop: OriginUnderTest;
let front: Bun.Server<undefined>;
let edge: RunningEdge;

beforeAll(async () => {
  cluster = await startCluster(1);
  standby = present(cluster.standbys[0], 'the standby');
  shop = await openOrigin({
    DATABASE_URL: cluster.primary.url,
    DATABASE_REPLICAS_GENERAL: standby.url,
    DATABASE_REPLICAS_SEARCH: standby.url,
  });
  const origin = shop.beside({ readers: slow(shop.deps.readers) });
  front = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => atOrigin.pass(answerOf(origin, request)),
  });
  edge = await startEdge({
    originUrl: front.url.origin,
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    limits: { CATALOG_MISS_LIMITER: 100_000, SEARCH_MISS_LIMITER: 100_000 },
    onLog: () => undefined,
  });
});

afterAll(async () => {
  await edge.stop();
  await front.stop(true);
  await shop.close();
  await cluster.close();
});

function slow(readers: Readers): Readers {
  return {
    ...readers,
    general: (read, options) => atDatabase.pass(readers.general(read, options)),
  };
}

function answerOf(origin: Reachable, request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  for (const [name, value] of Object.entries(edgePass())) headers.set(name, value);
  return origin.fetch(new Request(request.url, { headers }));
}

const STEPS = ['read', 'read, slow database', 'read, slow origin', 'change', 'lag', 'catch up'] as const;
type Step = (typeof STEPS)[number];

/** One product: its price grows by one with each change, and so tells the version that a shopper sees. */
class History {
  readonly #product: TestProduct;
  readonly #started: Promise<unknown>[] = [];
  #etag: string;
  #price = 1_000;

  constructor(product: TestProduct) {
    this.#product = product;
    this.#etag = product.etag;
  }

  async take(step: Step): Promise<void> {
    switch (step) {
      case 'read':
        return this.#read();
      case 'read, slow database':
        return this.#readLate(atDatabase);
      case 'read, slow origin':
        return this.#readLate(atOrigin);
      case 'change':
        return this.#change();
      case 'lag':
        return standby.pause();
      case 'catch up':
        return standby.resume();
    }
  }

  async end(): Promise<void> {
    await this.#read();
    await standby.resume();
    await standby.catchUp();
    await this.#read();
  }

  async #readLate(holder: Holder): Promise<void> {
    await this.#letGo();
    await this.#purge();
    // Past the origin's memory and Redis: a fill at every tier.
    if (holder === atDatabase) await this.#forget();
    await holder.hold(() => this.#started.push(this.#shown()));
  }

  /** As a process that has just started, with a Redis that was just emptied. */
  async #forget(): Promise<void> {
    shop.deps.products.clear();
    const { productId, slug } = this.#product;
    const version = shop.deps.products.floorOf(productId);
    await shop.deps.products.invalidate({ productId, slug, version });
  }

  async #change(): Promise<void> {
    this.#price += 1;
    const { status, headers } = await shop.call(`/api/v1/products/${this.#product.productId}`, {
      method: 'PATCH',
      token: this.#product.sellerToken,
      headers: { 'if-match': this.#etag },
      body: { variants: [{ id: this.#product.variantId, price: this.#price }] },
    });
    expect(status).toBe(200);
    this.#etag = headers.get('etag') ?? '';
    await this.#purge();
  }

  /** What the worker does with the change's event. */
  async #purge(): Promise<void> {
    const { status } = await fetch(`${edge.url}${PURGE_PATH}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${PURGE_SECRET}`, 'content-type': 'application/json' },
      body: JSON.stringify({ tags: [CACHE_TAGS.product(this.#product.productId)] }),
    });
    expect(status).toBe(204);
  }

  /** The slow fills put what they have; then a shopper looks twice: past what they put, and at it. */
  async #read(): Promise<void> {
    await this.#letGo();
    for (let looks = 0; looks < 2; looks += 1) expect(await this.#shown()).toBe(this.#price);
  }

  async #letGo(): Promise<void> {
    atDatabase.release();
    atOrigin.release();
    await Promise.all(this.#started.splice(0));
  }

  async #shown(): Promise<number> {
    const answer = await fetch(`${edge.url}/api/v1/products/${this.#product.slug}`);
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as { variants: { price: { amount: number } }[] };
    return present(body.variants[0], 'the variant').price.amount;
  }
}

async function live(steps: readonly Step[]): Promise<void> {
  const product = await createProduct(shop, { price: 1_000 });
  await standby.catchUp();
  const history = new History(product);
  for (const step of steps) await history.take(step);
  await history.end();
}

test('a fill that began before a change, from a replica that stands still, brings nothing older back', async () => {
  for (const late of ['read, slow database', 'read, slow origin'] as const) {
    await live(['read', 'lag', late, 'change', 'read', 'catch up', 'read']);
    await live(['lag', late, 'change', 'change', 'read', late, 'change', 'read']);
  }
});

test('whatever is read late, changed and held back, in any order, no shopper is shown an older version', async () => {
  const steps = fc.array(fc.constantFrom(...STEPS), { minLength: 3, maxLength: MAX_STEPS });
  await fc.assert(fc.asyncProperty(steps, live), { numRuns: RUNS });
});

test('what is searched for once a product is indexed finds it, from no replica that stands still', async () => {
  const { readers, replicas } = shop.deps;
  await eventually('replicas are read', () => replicas('search').healthy + replicas('general').healthy === 2);
  const categoryId = await insertCategory(shop, 'lanterns');
  await standby.catchUp();
  await standby.pause();
  const lanterns = await insertCategory(shop, 'hurricane-lanterns', categoryId);
  const id = await insertIndexed(shop, { name: 'Hurricane Lantern', categoryId: lanterns });
  await insertIndexed(shop, { name: 'Hurricane Lamp', categoryId });
  const found = await shop.call('/api/v1/search?q=hurricane&category=hurricane-lanterns&facets=category');
  const suggested = await shop.call('/api/v1/search/suggest?q=hurr');
  const isBehind = (await readers.search((db) => db.$count(searchDocuments))) === 0;
  await standby.resume();
  expect(isBehind).toBe(true);
  expect(found.body.items.map((item: { id: string }) => item.id)).toEqual([id]);
  expect(found.body.facets.category).toContainEqual({
    ...{ slug: 'hurricane-lanterns', name: 'hurricane-lanterns', count: 1 },
  });
  expect(suggested.body.items).not.toBeEmpty();
});
