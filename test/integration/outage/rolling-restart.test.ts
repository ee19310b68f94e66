/**
 * Every origin and every workers' process is restarted in turn, as for a new release, while people read and buy through
 * the edge: nobody sees an error, no order is lost, and nothing is done twice.
 */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { MINUTE_MS } from '#lib/clock.ts';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import type { MailCatcher } from '#ops/mail-catcher/catcher.ts';
import { checkBooks, stockOf } from '#test/support/books.ts';
import { PURGE_SECRET } from '#test/support/edge.ts';
import { startShopping } from '#test/support/edge-shopper.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin, TEST_CONFIG } from '#test/support/origin.ts';
import { type OriginProcess, startOrigin } from '#test/support/origin-process.ts';
import { createProduct, type TestProduct } from '#test/support/shopping.ts';
import { openMail, openStream, type StreamView } from '#test/support/workers.ts';
import { startWorkersProcess, type WorkersProcess } from '#test/support/workers-process.ts';

setDefaultTimeout(5 * MINUTE_MS);

const SHOPPERS = 6;
const STOCK = 100_000;
const NEVER_REACHED = 1_000_000_000;
/** As in the local stack. */
const DRAIN_SECONDS = 2;
/** Between two restarts the shop is used as it is. */
const REQUESTS_BETWEEN = 60;

let shop: OriginUnderTest;
let stream: StreamView;
let mail: MailCatcher;
let origins: readonly OriginProcess[];
let workers: readonly WorkersProcess[];
let edge: RunningEdge;
let product: TestProduct;

beforeAll(async () => {
  shop = await openOrigin();
  stream = await openStream(shop);
  mail = await openMail();
  product = await createProduct(shop, { stock: STOCK });
  origins = await Promise.all(
    [1, 2].map(() => startOrigin(shop.config, () => ({ DRAIN_SECONDS: String(DRAIN_SECONDS) }))),
  );
  const work = { config: shop.config, smtpUrl: mail.smtpUrl, consumers: 'all' };
  workers = await Promise.all([startWorkersProcess(work), startWorkersProcess(work)]);
  edge = await startEdge({
    originUrl: origins.map(({ url }) => url).join(','),
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    limits: {
      ANONYMOUS_LIMITER: NEVER_REACHED,
      SIGNED_IN_LIMITER: NEVER_REACHED,
      CATALOG_MISS_LIMITER: NEVER_REACHED,
    },
    vars: { TRUST_CF_CONNECTING_IP: 'true' },
    onLog: () => undefined,
  });
});

afterAll(async () => {
  await edge.stop();
  await Promise.all(workers.map((process) => process.stop()));
  await Promise.all(origins.map((origin) => origin.kill()));
  await stream.close();
  await mail.stop();
  await shop.close();
});

test('two origins and two workers restarted in turn under load: no error, nothing lost, nothing doubled', async () => {
  const shopping = startShopping(edge.url, product, SHOPPERS);
  const shopOn = async () => {
    const before = shopping.answered();
    await eventually('people go on shopping', () => shopping.answered() >= before + REQUESTS_BETWEEN);
  };
  await shopOn();
  for (const process of [...origins, ...workers]) {
    expect(await process.stop()).toBe(0);
    await process.start();
    await shopOn();
  }
  await shopping.stop();
  expect(shopping.errors).toEqual([]);
  const sold = shopping.orders.length;
  expect(new Set(shopping.orders).size).toBe(sold);
  await eventually('each order has its mail', async () => (await mail.messages()).length >= sold, MINUTE_MS);
  for (const consumer of ['email', 'inventory']) await stream.settled(consumer);
  const health = (await (await fetch(`${mail.httpUrl}/health`)).json()) as Record<string, unknown>;
  expect(health).toMatchObject({ messages: sold, repeats: 0 });
  expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: STOCK - sold, reserved: 0 });
  await checkBooks(shop);
});
