/** The primary killed and frozen under whoever looks around: reads go on from the replica, each in its time. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { present } from '#lib/assert.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import { REQUEST_LIMITS } from '#lib/policies.ts';
import { reindexProduct } from '#origin/search/service.ts';
import { buyTogether, insertStocked, variantOf } from '#test/support/bought.ts';
import { insertCategory } from '#test/support/catalogue.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { startCluster, type TestCluster } from '#test/support/replicas.ts';
import { cartWith } from '#test/support/shopping.ts';

setDefaultTimeout(2 * MINUTE_MS);

let cluster: TestCluster;
let shop: OriginUnderTest;
let reads: readonly string[];
let cartToken: string;
let cartId: string;
beforeAll(async () => {
  cluster = await startCluster(1);
  const standby = present(cluster.standbys[0], 'the standby');
  shop = await openOrigin({
    DATABASE_URL: cluster.primary.url,
    DATABASE_REPLICAS_GENERAL: standby.url,
    DATABASE_REPLICAS_SEARCH: standby.url,
    CACHE_MEMORY: 'off',
    CACHE_REDIS: 'off',
  });
  const categoryId = await insertCategory(shop, 'lamps');
  const ids = await insertStocked(shop, [
    { name: 'Desk Lamp', categoryId },
    { name: 'Hurricane Lamp', categoryId },
  ]);
  for (const id of ids) await reindexProduct(shop.deps, id);
  await buyTogether(shop, ids);
  const [lamp] = ids as [(typeof ids)[0]];
  ({ cartToken, cartId } = await cartWith(shop, await variantOf(shop, present(lamp, 'a lamp'))));
  reads = [
    ...[`/products/${lamp}`, '/products', '/products?category=lamps&sort=price', '/categories'],
    ...['/search?q=lamp', '/search?q=lamp&category=lamps&facets=all', '/search/suggest?q=la'],
    ...[`/products/${lamp}/recommendations`, '/trending', '/trending?category=lamps'],
  ];
  await standby.catchUp();
});
afterAll(async () => {
  await shop.close();
  await cluster.close();
});

const FAULTS = [
  ['frozen', () => cluster.primary.freeze(), () => cluster.primary.thaw()],
  ['killed', () => cluster.primary.kill(), () => cluster.primary.start()],
] as const;

describe.each(FAULTS)('with the primary %s', (name, fail, mend) => {
  test('whatever is read is answered by the replica, as it should be and in time', async () => {
    // The driver leaves a promise to fail alone where a connection breaks while it is being made.
    for (const path of reads) await shop.call(`/api/v1${path}`);
    await fail();
    try {
      for (let round = 0; round < 2; round += 1) {
        for (const path of reads) {
          const startedAt = performance.now();
          const { status, headers, body } = await shop.call(`/api/v1${path}`);
          expect(`${path} ${status} ${headers.get('degraded')}`).toBe(`${path} 200 null`);
          expect(body.items === undefined || body.items.length > 0, path).toBeTrue();
          expect(performance.now() - startedAt).toBeLessThan(REQUEST_LIMITS.catalogMs);
        }
      }
      const own = await shop.call('/api/v1/recommendations', { cartToken });
      expect(own.status).toBe(200);
      expect(own.body.items.length).toBeGreaterThan(0);
      if (name === 'killed') {
        const body = { variantId: crypto.randomUUID(), quantity: 1 };
        const write = await shop.call(`/api/v1/carts/${cartId}/items`, { method: 'POST', cartToken, body });
        expectProblem(write, 'unavailable');
        expect(Number(write.headers.get('retry-after'))).toBeGreaterThan(0);
      }
    } finally {
      await mend();
    }
  });
});
