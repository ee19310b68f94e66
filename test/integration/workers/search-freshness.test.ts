/** Searches that were answered while a product was not yet indexed do not outlive its indexing. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { createProduct } from '#test/support/shopping.ts';
import { type Loops, openLoops } from '#test/support/workers.ts';
import { indexProduct } from '#workers/handlers/index-product.ts';
import { purgeSearches } from '#workers/handlers/purge-edge.ts';

let shop: OriginUnderTest;
let loops: Loops;
beforeAll(async () => {
  shop = await openOrigin();
  loops = openLoops(shop);
});
afterAll(async () => {
  await loops.stop();
  await shop.close();
});

test('a search remembered from before is answered anew, and the edge forgets its lists', async () => {
  const purged: unknown[] = [];
  const edge = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (request) => {
      purged.push(await request.json());
      return new Response(null, { status: 204 });
    },
  });
  const word = `numbat${Date.now()}`;
  const hits = async () => (await shop.call(`/api/v1/search?q=${word}`)).body.items.length as number;
  await createProduct(shop, { name: `Plush ${word}` });
  expect(await hits()).toBe(0);
  expect(await hits()).toBe(0);
  loops.relay();
  loops.consume(indexProduct);
  loops.consume(purgeSearches({ url: edge.url.href, secret: 'a-purge-secret' }));
  await eventually('the product is found', async () => (await hits()) === 1);
  await eventually('the edge is told', () => purged.length > 0);
  expect(purged[0]).toEqual({ tags: ['product-lists'] });
  await edge.stop(true);
});
