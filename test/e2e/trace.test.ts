/** One checkout, one trace: through edge, origin, SQL, outbox, NATS and workers into the mail, as processes of their own. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { like } from 'drizzle-orm';
import { outbox } from '#db/schema/messaging.ts';
import { orders } from '#db/schema/orders.ts';
import { MINUTE_MS } from '#lib/clock.ts';
import type { MailCatcher } from '#ops/mail-catcher/catcher.ts';
import { type CollectedSpan, type Collector, startCollector } from '#test/support/collector.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { type LogLine, type ShopProcesses, startShopProcesses } from '#test/support/shop-processes.ts';
import { checkoutBody, createProduct } from '#test/support/shopping.ts';
import { openMail, openStream, type StreamView } from '#test/support/workers.ts';

setDefaultTimeout(2 * MINUTE_MS);

/** A client's own, by which it would mark the shop's lines and have itself sampled. */
const FORGED = '00-deadbeefdeadbeefdeadbeefdeadbeef-deadbeefdeadbeef-01';

let shop: OriginUnderTest;
let mail: MailCatcher;
let collector: Collector;
let processes: ShopProcesses;
let stream: StreamView;
beforeAll(async () => {
  shop = await openOrigin();
  mail = await openMail();
  stream = await openStream(shop);
  collector = startCollector();
  processes = await startShopProcesses(shop, {
    smtpUrl: mail.smtpUrl,
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    vars: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '1' },
  });
});
afterAll(async () => {
  await processes.stop();
  await collector.stop();
  await stream.close();
  await mail.stop();
  await shop.close();
});

async function send(path: string, body: object, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${processes.edgeUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: FORGED, ...headers },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers by the shape that it expects.
  return { requestId: response.headers.get('x-request-id') ?? '', body: (await response.json()) as any };
}

async function buy() {
  const { variantId } = await createProduct(shop, { stock: 5 });
  const { body: cart } = await send('/api/v1/carts', {});
  const owner = { 'cart-token': cart.token };
  await send(`/api/v1/carts/${cart.id}/items`, { variantId, quantity: 1 }, owner);
  const { body, requestId } = await send('/api/v1/checkout', checkoutBody(cart.id), {
    ...owner,
    'idempotency-key': crypto.randomUUID(),
  });
  expect(body.status).toBe('paid');
  return { order: body, requestId, traceId: requestId.replaceAll('-', '') };
}

const messages = (lines: readonly LogLine[], id: string) =>
  lines.filter((line) => line['requestId'] === id).map((line) => line['message']);

test('one checkout, one trace id: order, outbox, NATS, every log, the mail, and the spans of all three', async () => {
  const { order, requestId, traceId } = await buy();

  const receipt = await eventually('the mail', async () =>
    (await mail.messages()).find(({ subject }) => subject === `Your order ${order.number}`),
  );
  expect(receipt.headers['x-trace-id']).toBe(traceId);

  const [row] = await shop.deps.db
    .select()
    .from(orders)
    .where(like(orders.traceparent, `00-${traceId}-%`));
  expect(row?.id as string).toBe(order.id);
  const told = await shop.deps.db
    .select()
    .from(outbox)
    .where(like(outbox.traceparent, `00-${traceId}-%`));
  expect(told.map(({ name }) => name)).toEqual(expect.arrayContaining(['order.placed', 'order.paid']));
  const published = (await stream.headers('traceparent')).filter((header) => header.includes(traceId));
  expect(published).toHaveLength(told.length);

  await eventually('the workers have said so', () =>
    messages(processes.lines.workers, requestId).includes('a message was handled'),
  );
  expect(messages(processes.lines.edge, requestId)).toContain('answered');
  expect(messages(processes.lines.origin, requestId)).toContain('answered');
  for (const lines of Object.values(processes.lines)) {
    for (const line of lines) {
      if (line['requestId'] === requestId) expect(line['traceId']).toBe(traceId);
      expect(JSON.stringify(line)).not.toContain('deadbeef');
    }
  }

  const expected = [
    'hotshelf-edge: POST',
    'hotshelf-origin: POST /api/v1/checkout',
    'hotshelf-origin: transaction',
    'hotshelf-origin: INSERT',
    'hotshelf-origin: stripe create',
    'hotshelf-origin: stripe confirm',
    'hotshelf-workers: publish order.paid',
    'hotshelf-workers: process order.paid',
    'hotshelf-workers: transaction',
    'hotshelf-workers: send mail',
  ];
  await eventually('the spans of all three', () => {
    const found = new Set(collector.of(traceId).map(({ service, name }) => `${service}: ${name}`));
    return expected.every((name) => found.has(name));
  });
  expect(collector.refused).toEqual([]);
});

function withoutParent(spans: readonly CollectedSpan[]): readonly CollectedSpan[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId));
}

test('the spans are one tree, whose root links to the trace that the client brought', async () => {
  const { traceId } = await buy();
  // Each process sends its own, when it comes to it.
  const spans = await eventually('the whole tree', () => {
    const found = collector.of(traceId);
    return found.some(({ name }) => name === 'send mail') && withoutParent(found).length === 1 && found;
  });
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(ids.size).toBe(spans.length);
  const roots = withoutParent(spans);
  expect(roots[0]?.parentSpanId).toBeUndefined();
  expect(roots.map(({ service, kind }) => ({ service, kind }))).toEqual([
    { service: 'hotshelf-edge', kind: 2 },
  ]);
  expect(roots[0]?.links).toEqual([{ traceId: FORGED.slice(3, 35), spanId: FORGED.slice(36, 52) }]);
  for (const span of spans) {
    expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true);
  }
  const written = JSON.stringify(spans);
  for (const personal of ['guest@test.example', 'Test Street', 'pm_card_visa']) {
    expect(written).not.toContain(personal);
  }
});
