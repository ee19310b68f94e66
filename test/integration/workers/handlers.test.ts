/** What the workers do for a paid order and a changed product: each effect once, however often they hear of it. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { countUnpublished } from '#db/outbox.ts';
import { searchDocuments } from '#db/schema/search.ts';
import { encodeEvent, type ShopEvent } from '#lib/events.ts';
import type { EventId, ProductId } from '#lib/ids.ts';
import type { MailCatcher } from '#ops/mail-catcher/catcher.ts';
import { reindexProduct } from '#origin/search/service.ts';
import { checkBooks, stockOf } from '#test/support/books.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, changePrice, checkOut, createProduct } from '#test/support/shopping.ts';
import {
  type Loops,
  openLoops,
  openMail,
  openStream,
  parked,
  type StreamView,
  secondProcess,
  tell,
} from '#test/support/workers.ts';
import { indexProduct } from '#workers/handlers/index-product.ts';
import { purgeEdge } from '#workers/handlers/purge-edge.ts';
import { sellStock } from '#workers/handlers/sell-stock.ts';
import { sendReceipt } from '#workers/handlers/send-receipt.ts';
import { createMailer, type Mailer } from '#workers/mailer.ts';

/** NATS that is gone is noticed after seconds. */
const TEST_TIMEOUT_MS = 40_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let stream: StreamView;
let mail: MailCatcher;
let mailer: Mailer;
let loops: Loops;
beforeAll(async () => {
  shop = await openOrigin();
  stream = await openStream(shop);
  mail = await openMail();
  mailer = createMailer(mail.smtpUrl, 'Hotshelf <orders@hotshelf.example>');
  loops = openLoops(shop);
});
afterEach(async () => {
  await loops.stop();
  await checkBooks(shop, ['no-dead-letters']);
});
afterAll(async () => {
  mailer.close();
  await mail.stop();
  await stream.close();
  await shop.close();
});

async function paidOrder(name = 'Test Product', quantity = 1) {
  const product = await createProduct(shop, { stock: 10, price: 1250, name });
  const { body } = await checkOut(shop, await cartWith(shop, product.variantId, quantity));
  expect(body.status).toBe('paid');
  return { ...product, orderId: String(body.id), number: String(body.number) };
}

const mailsOf = async ({ number }: { readonly number: string }) =>
  (await mail.messages()).filter(({ subject }) => subject === `Your order ${number}`);
const relayed = () =>
  eventually('the outbox is empty', async () => (await countUnpublished(shop.deps.db)) === 0);

/** The event of the order as it would arrive, from the outbox. */
async function paidEvent(orderId: string): Promise<ShopEvent> {
  const [row] = await shop.deps.db.execute<{ id: EventId }>(sql`
    select id from outbox where name = 'order.paid' and data ->> 'orderId' = ${orderId}`);
  if (row === undefined) throw new Error(`order ${orderId} is not told of`);
  return {
    id: row.id,
    name: 'order.paid',
    version: 1,
    occurredAt: new Date().toISOString(),
    traceparent: null,
    data: { orderId },
  };
}

/** Delivers the same event so many times at once, past JetStream's own memory of it. */
async function deliverTimes(count: number, event: ShopEvent): Promise<void> {
  const bytes = encodeEvent(event);
  await Promise.all(Array.from({ length: count }, () => stream.publishRaw(`shop.${event.name}`, bytes)));
}

/** Until a consumer has nothing left to do: everything delivered and answered. */
const settled = (consumer: string) => stream.settled(consumer);

describe('the receipt', () => {
  test('is one mail however often the event comes, to two processes at once', async () => {
    const second = secondProcess(shop);
    loops.consume(sendReceipt(mailer));
    loops.consume(sendReceipt(mailer), second.deps);
    const order = await paidOrder();
    await deliverTimes(5, await paidEvent(order.orderId));
    await eventually('the mail', async () => (await mailsOf(order)).length > 0);
    await settled('email');
    await deliverTimes(2, await paidEvent(order.orderId));
    await settled('email');
    expect(await mailsOf(order)).toHaveLength(1);
    await loops.stop();
    await second.close();
  });

  test('goes to the order’s address and says what was bought, for how much, and where it goes', async () => {
    loops.consume(sendReceipt(mailer));
    const order = await paidOrder('Pan <b>"N" Scan</b> & \u00dcber', 3);
    await deliverTimes(1, await paidEvent(order.orderId));
    const [letter] = await eventually('the mail', async () => {
      const letters = await mailsOf(order);
      return letters.length > 0 && letters;
    });
    expect(letter?.to).toEqual(['guest@test.example']);
    expect(letter?.from).toBe('orders@hotshelf.example');
    expect(letter?.messageId).toBe(`<order-${order.orderId}@hotshelf>`);
    expect(letter?.text).toContain('3 x Pan <b>"N" Scan</b> & \u00dcber: $37.50');
    expect(letter?.text).toContain('Total: $37.50');
    expect(letter?.text).toContain('1 Test Street\n12345 Testville\nUS');
    expect(letter?.html).toContain('Pan &lt;b&gt;&quot;N&quot; Scan&lt;/b&gt; &amp; \u00dcber');
    expect(letter?.html).not.toContain('<b>');
  });

  test('is sent again when the mail server would not take it, and arrives once', async () => {
    const order = await paidOrder();
    mail.fail({ kind: 'tempfail', times: 2 });
    loops.consume(sendReceipt(mailer));
    await deliverTimes(1, await paidEvent(order.orderId));
    await eventually('the mail', async () => (await mailsOf(order)).length > 0);
    await settled('email');
    expect(await mailsOf(order)).toHaveLength(1);
  });

  test('is parked when the server refuses it every time, and the next order’s is sent', async () => {
    const [refused, next] = [await paidOrder(), await paidOrder()];
    mail.fail({ kind: 'reject', times: 4 });
    loops.consume(sendReceipt(mailer));
    await deliverTimes(1, await paidEvent(refused.orderId));
    const isParked = async () =>
      (await parked(shop, 'email')).some(({ message }) => Buffer.from(message).includes(refused.orderId));
    await eventually('it is parked', isParked);
    await deliverTimes(1, await paidEvent(next.orderId));
    await eventually('the next mail', async () => (await mailsOf(next)).length > 0);
    expect(await mailsOf(refused)).toEqual([]);
  });
});

test('a paid order’s stock leaves the shelf once, however often the event comes', async () => {
  const order = await paidOrder('Stock', 3);
  expect(await stockOf(shop.deps.db, order.variantId)).toEqual({ onHand: 10, reserved: 3 });
  const second = secondProcess(shop);
  loops.consume(sellStock);
  loops.consume(sellStock, second.deps);
  await deliverTimes(6, await paidEvent(order.orderId));
  await settled('inventory');
  expect(await stockOf(shop.deps.db, order.variantId)).toEqual({ onHand: 7, reserved: 0 });
  await loops.stop();
  await second.close();
});

describe('the search index', () => {
  const versionOf = async (productId: string) => {
    const [row] = await shop.deps.db
      .select({ version: searchDocuments.version })
      .from(searchDocuments)
      .where(eq(searchDocuments.productId, productId as ProductId));
    return row?.version;
  };

  test('follows a product from its creation over a change to its withdrawal', async () => {
    loops.relay();
    loops.consume(indexProduct);
    const word = `quokka${Date.now()}`;
    const product = await createProduct(shop, { name: `Plush ${word}` });
    const found = async () => {
      const { body } = await shop.call(`/api/v1/search?q=${word}`);
      return body.items.length as number;
    };
    await eventually('it is indexed', async () => (await versionOf(product.productId)) === 1);
    expect(await found()).toBe(1);
    await changePrice(shop, product, 777);
    await eventually('the change is indexed', async () => (await versionOf(product.productId)) === 2);
    const { headers } = await shop.call(`/api/v1/products/${product.productId}`);
    await shop.call(`/api/v1/products/${product.productId}`, {
      method: 'DELETE',
      token: product.sellerToken,
      headers: { 'if-match': headers.get('etag') ?? '' },
    });
    await eventually('it is gone', async () => (await versionOf(product.productId)) === undefined);
  });

  test('never goes back to an older version', async () => {
    loops.consume(indexProduct);
    const { productId, slug } = await createProduct(shop);
    await reindexProduct(shop.deps, productId as ProductId);
    await shop.deps.db
      .update(searchDocuments)
      .set({ version: 9 })
      .where(eq(searchDocuments.productId, productId as ProductId));
    await tell(shop.deps, { name: 'product.changed', data: { productId, slug, version: 2 } });
    loops.relay();
    await relayed();
    await settled('search-index');
    expect(await versionOf(productId)).toBe(9);
  });
});

describe('the edge’s purge', () => {
  function openEdge(...statuses: number[]) {
    const calls: { readonly authorization: string | null; readonly body: unknown }[] = [];
    const server = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async (request) => {
        calls.push({ authorization: request.headers.get('authorization'), body: await request.json() });
        return new Response(null, { status: statuses.shift() ?? 204 });
      },
    });
    return { url: server.url.href, calls, stop: () => server.stop(true) };
  }

  test('names the product’s tags and the lists, with the secret, and is repeated after a 500', async () => {
    await stream.empty();
    const edge = openEdge(500, 503);
    const { productId, slug } = await createProduct(shop);
    loops.consume(purgeEdge({ url: edge.url, secret: 'a-purge-secret' }));
    const event = { id: shop.deps.ids.next<EventId>(), version: 1, occurredAt: '', traceparent: null };
    await deliverTimes(1, { ...event, name: 'product.changed', data: { productId, slug, version: 2 } });
    await eventually('the third call', () => edge.calls.length === 3);
    await settled('edge-purge');
    const call = {
      authorization: 'Bearer a-purge-secret',
      body: { tags: [`product-${productId}`, 'product-lists'] },
    };
    expect(edge.calls).toEqual([call, call, call]);
    await edge.stop();
  });

  test('comes after the origin’s own caches have dropped the answer', async () => {
    await stream.empty();
    const product = await createProduct(shop, { price: 1000 });
    const priceSeen = async () => (await shop.call(`/api/v1/products/${product.slug}`)).body.price.amount;
    expect(await priceSeen()).toBe(1000);
    // A change by another process: this one's memory still has the old answer.
    const second = secondProcess(shop);
    await changePrice(shop.beside(second.deps), product, 2000);
    const seen: number[] = [];
    const edge = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      fetch: async () => {
        seen.push(await priceSeen());
        return new Response(null, { status: 204 });
      },
    });
    loops.relay();
    loops.consume(purgeEdge({ url: edge.url.href, secret: 'a-purge-secret' }));
    await eventually('the purge', () => seen.length > 0);
    expect(new Set(seen)).toEqual(new Set([2000]));
    await loops.stop();
    await second.close();
    await edge.stop(true);
  });
});

test('two relays and two processes of consumers: ten paid orders are ten mails and ten sales', async () => {
  const second = secondProcess(shop);
  for (const deps of [shop.deps, second.deps]) {
    loops.relay(deps);
    loops.consume(sendReceipt(mailer), deps);
    loops.consume(sellStock, deps);
    loops.consume(indexProduct, deps);
  }
  const product = await createProduct(shop, { stock: 30 });
  const carts = await Promise.all(Array.from({ length: 10 }, () => cartWith(shop, product.variantId, 2)));
  const placed = await Promise.all(carts.map((cart) => checkOut(shop, cart)));
  await relayed();
  await eventually(
    'the stock is sold',
    async () => (await stockOf(shop.deps.db, product.variantId))?.onHand === 10,
  );
  for (const consumer of ['email', 'inventory', 'search-index']) await settled(consumer);
  const mails = await Promise.all(placed.map(({ body }) => mailsOf(body)));
  expect(mails.map(({ length }) => length)).toEqual(Array.from({ length: 10 }, () => 1));
  expect(await stockOf(shop.deps.db, product.variantId)).toEqual({ onHand: 10, reserved: 0 });
  await loops.stop();
  await second.close();
});
