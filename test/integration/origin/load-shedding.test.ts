/** More is asked than can be done: what matters least is refused first, at once, and what is ready is not asked about. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { MINUTE_MS } from '#lib/clock.ts';
import { NOT_BEGUN_HEADER } from '#lib/edge-contract.ts';
import {
  type Answer,
  edgePass,
  type OriginUnderTest,
  openOrigin,
  type Reachable,
} from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct, type TestProduct } from '#test/support/shopping.ts';

setDefaultTimeout(MINUTE_MS);

/** A quarter of it for the catalogue, 70 % for personal reads, 85 % with carts, all with payments. */
const AT_WORK = 16;
const OF_CATALOGUE = AT_WORK / 4;
/** The promise is 10 ms; on a machine that has other work, too. */
const AT_ONCE_MS = 50;

let shop: OriginUnderTest;
/** Its searches hang until the gate is opened. */
let searching: Reachable;
let product: TestProduct;
const gate = Promise.withResolvers<void>();

beforeAll(async () => {
  shop = await openOrigin({ MIN_REQUESTS_AT_WORK: AT_WORK, MAX_REQUESTS_AT_WORK: AT_WORK });
  product = await createProduct(shop, { stock: 100 });
  const { search } = shop.deps;
  searching = shop.beside({
    search: {
      ...search,
      search: async (request) => {
        await gate.promise;
        return search.search(request);
      },
    },
  });
});

afterAll(async () => {
  gate.resolve();
  await shop.close();
});

const look = (word: string) => searching.call(`/api/v1/search?q=${word}`);

async function quickly(ask: () => Promise<Answer>): Promise<Answer> {
  const begun = performance.now();
  const answer = await ask();
  expect(performance.now() - begun).toBeLessThan(AT_ONCE_MS);
  return answer;
}

test('reads of the catalogue are refused at once when their part is taken, and everything else goes on', async () => {
  const cart = await cartWith(shop, product.variantId);
  const path = `/api/v1/products/${product.slug}`;
  expect((await searching.call(path)).status).toBe(200);
  const waiting = Array.from({ length: OF_CATALOGUE }, (_, n) => look(`word${n}`));
  const refused = await quickly(() => look('another'));
  expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
    503,
    'unavailable',
    '2',
  ]);
  // Another origin may be asked at once, whatever was to be done.
  expect(refused.headers.get(NOT_BEGUN_HEADER)).toBe('overloaded');
  // As every answer, however early it was made.
  expect(refused.headers.get('x-content-type-options')).toBe('nosniff');
  const hot = new Request(`http://localhost${path}`, { headers: edgePass() });
  expect((await searching.fetch(hot)).status).toBe(200);
  expect((await searching.call('/livez')).status).toBe(200);
  expect((await searching.call('/readyz')).status).toBe(200);
  expect((await searching.call('/api/v1/carts', { method: 'POST' })).status).toBe(201);
  expect((await checkOut(searching, cart)).status).toBe(201);
  const { body: metrics } = await shop.deps.metrics.expose();
  expect(metrics).toContain('requests_shed_total{priority="catalogue"} 1\n');
  // So that whoever watches the share of failures sees it, too.
  const labels = 'http_request_method="GET",http_route="none",http_response_status_code="503"';
  expect(metrics).toContain(`http_server_request_duration_seconds_count{${labels}} 1\n`);
  expect(metrics).toContain(`concurrency_running_requests ${OF_CATALOGUE}\n`);
  gate.resolve();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(OF_CATALOGUE).fill(200));
  expect((await look('later')).status).toBe(200);
});
