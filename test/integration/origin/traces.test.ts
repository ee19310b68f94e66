/** The origin's part of a trace: whose ids it believes, what it makes of them, and what a hot read costs. */

import { afterAll, beforeAll, expect, spyOn, test } from 'bun:test';
import { like } from 'drizzle-orm';
import { outbox } from '#db/schema/messaging.ts';
import { orders } from '#db/schema/orders.ts';
import { newTrace, parseTraceparent, traceId } from '#lib/trace.ts';
import { intentOf } from '#test/support/books.ts';
import { attributeOf, type Collector, startCollector } from '#test/support/collector.ts';
import { eventually } from '#test/support/eventually.ts';
import { edgePass, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct, type TestProduct } from '#test/support/shopping.ts';
import { deliver, eventOf } from '#test/support/webhooks.ts';

let collector: Collector;
let shop: OriginUnderTest;
let product: TestProduct;
beforeAll(async () => {
  collector = startCollector();
  shop = await openOrigin({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  product = await createProduct(shop, { stock: 100 });
});
afterAll(async () => {
  await shop.close();
  await collector.stop();
});

const linesOf = (trace: string) => shop.logs.filter((line) => line.includes(trace));

const hotRead = (traceparent?: string) =>
  new Request(`http://localhost/api/v1/products/${product.productId}`, {
    headers: { ...edgePass(), ...(traceparent === undefined ? {} : { traceparent }) },
  });

test('a trace id without the edge’s proof marks no line and makes no span', async () => {
  const traceparent = newTrace(1);
  const url = 'http://localhost/api/v1/carts';
  const refused = await shop.fetch(new Request(url, { method: 'POST', headers: { traceparent } }));
  expect(refused.status).toBe(403);
  const probe = await shop.fetch(new Request('http://localhost/livez', { headers: { traceparent } }));
  expect(probe.status).toBe(200);
  const proven = newTrace(1);
  await shop.call('/api/v1/carts', { method: 'POST', headers: { traceparent: proven } });
  await eventually('the proven one', () => collector.of(traceId(proven)).length > 0);
  expect(collector.of(traceId(traceparent))).toEqual([]);
  expect(linesOf(traceId(traceparent))).toEqual([]);
  expect(linesOf(traceId(proven)).join()).toContain('"answered"');
});

test('a request that the edge does not sample has its id in every line, and no span', async () => {
  const traceparent = newTrace();
  await shop.call('/api/v1/carts', { method: 'POST', headers: { traceparent } });
  expect(await eventually('its line', () => linesOf(traceId(traceparent))[0])).toContain('/api/v1/carts');
  expect(collector.of(traceId(traceparent))).toEqual([]);
});

test('a hot read makes a span where it is sampled, and else not even an id', async () => {
  for (let times = 0; times < 2; times += 1) expect((await shop.fetch(hotRead())).status).toBe(200);
  const sampled = newTrace(1);
  const unsampled = newTrace();
  await shop.fetch(hotRead(sampled));
  const ids = spyOn(crypto, 'getRandomValues');
  await shop.fetch(hotRead(unsampled));
  await shop.fetch(hotRead());
  expect(ids).toHaveBeenCalledTimes(0);
  ids.mockRestore();
  const span = await eventually('the span', () => collector.of(traceId(sampled))[0]);
  expect(attributeOf(span, 'http.response.status_code')).toBe('200');
  expect(collector.of(traceId(unsampled))).toEqual([]);
});

test('who settles the payment makes no difference: what follows belongs to the checkout’s trace', async () => {
  const checkout = newTrace();
  const cart = await cartWith(shop, product.variantId);
  const placed = await shop.call('/api/v1/checkout', {
    method: 'POST',
    ...cart.owner,
    headers: { 'idempotency-key': crypto.randomUUID(), traceparent: checkout },
    body: {
      ...{ cartId: cart.cartId, email: 'guest@test.example' },
      shippingAddress: { name: 'G', line1: '1 St', city: 'T', postalCode: '12345', country: 'US' },
      paymentMethodId: 'pm_card_authenticationRequired',
    },
  });
  expect(placed.status).toBe(200);
  const intentId = await intentOf(shop, placed.body.id);
  await shop.double.control('POST', `/payment_intents/${intentId}/authenticate`, { outcome: 'succeed' });
  expect(await deliver(shop, await eventOf(shop, intentId, 'payment_intent.succeeded'))).toBe(200);
  const told = await shop.deps.db
    .select({ name: outbox.name })
    .from(outbox)
    .where(like(outbox.traceparent, `00-${traceId(checkout)}-%`));
  expect(told.map(({ name }) => name)).toEqual(expect.arrayContaining(['order.placed', 'order.paid']));
});

test('an order knows the trace of its checkout', async () => {
  const { body } = await checkOut(shop, await cartWith(shop, product.variantId));
  const rows = await shop.deps.db.select().from(orders);
  const row = rows.find(({ id }) => (id as string) === body.id);
  expect(parseTraceparent(row?.traceparent)).not.toBeNull();
});

test('with a dead collector the shop answers as ever, and a counter tells', async () => {
  const lost = await openOrigin({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  const answer = await lost.call('/api/v1/carts', { method: 'POST', headers: { traceparent: newTrace(1) } });
  expect(answer.status).toBe(201);
  await eventually('the counter', async () =>
    /trace_spans_total\{outcome="not_taken"\} [1-9]/.test((await lost.deps.metrics.expose()).body),
  );
  await lost.close();
});
