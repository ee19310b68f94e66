/** What every process tells Prometheus, as promtool reads it; and that nobody can make it tell too much. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { METRICS } from '#lib/metrics.ts';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import { provideTool } from '#ops/local/prometheus-tools.ts';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { EDGE_SECRET, PURGE_SECRET } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';
import { asEdge, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { openLoops } from '#test/support/workers.ts';
import { countOrders } from '#workers/handlers/count-business.ts';
import { reportQueues } from '#workers/queue-metrics.ts';

/** The tool may have to be downloaded. */
setDefaultTimeout(120_000);
const TOKEN = 'a-token-of-operators-of-enough-characters';

let shop: OriginUnderTest;
let edge: RunningEdge;
beforeAll(async () => {
  shop = await openOrigin();
  edge = await startEdge({
    originUrl: 'http://127.0.0.1:1',
    edgeSecret: EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    operatorToken: TOKEN,
    onLog: () => {},
  });
});
afterAll(async () => {
  await edge.stop();
  await shop.close();
});

const expose = async () => (await shop.deps.metrics.expose()).body;
const edgeMetrics = (token: string) =>
  fetch(`${edge.url}/__edge/metrics`, { headers: { authorization: `Bearer ${token}` } });
const seriesIn = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

/** What promtool finds; empty when all is well. */
async function faultsOf(text: string): Promise<string> {
  const child = Bun.spawn([await provideTool('promtool'), 'check', 'metrics'], {
    stdin: new Blob([text]),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [out, err] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const exitCode = await child.exited;
  return exitCode === 0 ? '' : `${out}${err}`;
}

test('promtool sees a fault where there is one', async () => {
  expect(await faultsOf('# TYPE things counter\nthings 1\n')).toContain('_total');
});

test('promtool finds no fault with any metric of the catalogue, whatever its labels hold', async () => {
  const metrics = createMetrics();
  for (const [name, { kind, labels }] of Object.entries(METRICS)) {
    const odd = Object.fromEntries(labels.map((label) => [label, 'a "quoted"\\\nline'])) as never;
    if (kind === 'counter') metrics.count(name as 'carts_created_total', odd);
    if (kind === 'gauge') metrics.gauge(name as 'circuit_open', odd, 0.5);
    if (kind === 'histogram') metrics.observe(name as 'message_duration_seconds', odd, 0.5);
  }
  const { body } = await metrics.expose();
  expect(await faultsOf(body)).toBe('');
});

test('promtool finds no fault with what origin, workers and edge tell', async () => {
  const loops = openLoops(shop);
  loops.relay();
  loops.consume(countOrders);
  reportQueues(shop.deps, [countOrders]);
  const { variantId } = await createProduct(shop, { stock: 3 });
  await checkOut(shop, await cartWith(shop, variantId, 2));
  await eventually('the order is counted', async () => /^orders_paid_total\{.*\} 1$/m.test(await expose()));
  await loops.stop();
  const origin = await expose();
  expect(await faultsOf(origin)).toBe('');
  for (const name of [
    ...['process_open_fds', 'nodejs_eventloop_lag_seconds_count', 'dependency_up{dependency="redis"} 1'],
    ...['db_client_operation_duration_seconds_count{pool_name="primary"}', 'filesystem_avail_bytes'],
    ...['jetstream_consumer_pending_messages{consumer="order-metrics"} 0', 'outbox_pending_rows 0'],
    ...['outbox_oldest_age_seconds 0', 'dead_letters{consumer="order-metrics"} 0', 'carts_filled_total 1'],
    ...['circuit_open{dependency="stripe"} 0', 'order_value_minor_count{currency="USD"} 1'],
    ...['build_info{process="hotshelf-test"', 'http_server_response_body_size_bytes_sum'],
  ]) {
    expect(origin).toContain(name);
  }
  await fetch(`${edge.url}/livez`);
  await fetch(`${edge.url}/api/v1/products/tea`);
  const told = await edgeMetrics(TOKEN);
  expect(told.status).toBe(200);
  const text = await told.text();
  expect(await faultsOf(text)).toBe('');
  expect(text).toContain('http_route="/api/v1/products/[^/]+",http_response_status_code="503"} 1');
  // Of one isolate, whichever: rates stay within it.
  const isolates = new Set(seriesIn(text).map((line) => /\{isolate="([\da-f]{8})"/.exec(line)?.[1]));
  expect([isolates.size, isolates.has(undefined)]).toEqual([1, false]);
});

test('nobody reads the edge’s metrics without its token, nor the origin’s through it', async () => {
  for (const token of ['', 'x', PURGE_SECRET]) expect((await edgeMetrics(token)).status).toBe(401);
  for (const path of ['/metrics', '/readyz', '/__edge/metrics/', '/__EDGE/metrics', '/__edge//metrics']) {
    expect([400, 404]).toContain((await fetch(`${edge.url}${path}`)).status);
  }
});

test('a scanner makes no series: neither by paths, nor by methods, queries or headers', async () => {
  const scan = async (round: number) => {
    for (let index = 0; index < 60; index += 1) {
      const id = `${round}-${index}-${crypto.randomUUID()}`;
      const method = ['GET', 'BREW', `M${index}`, 'PROPFIND', 'PUT'][index % 5] ?? 'GET';
      const path = [`/${id}`, `/api/v1/products/${id}`, `/api/v1/search?q=${id}`, `/api/v1/carts/${id}`][
        index % 4
      ];
      const headers = { 'user-agent': id, traceparent: id, 'x-request-id': id, 'accept-language': id };
      const url = `http://localhost${path}`;
      const call = { method, url, headers, body: null };
      await shop.fetch(new Request(url, { method, headers: { ...headers, ...asEdge(call) } }));
      await fetch(`${edge.url}${path}`, { method: index % 2 === 0 ? 'GET' : 'DELETE', headers }).then(
        (answer) => answer.body?.cancel(),
      );
    }
  };
  const count = async () => ({
    origin: seriesIn(await expose()).length,
    edge: seriesIn(await (await edgeMetrics(TOKEN)).text()).length,
  });
  await scan(0);
  await eventually('the first round is counted', async () => /"_OTHER"/.test(await expose()));
  await count();
  const before = await count();
  await scan(1);
  await scan(2);
  expect(await count()).toEqual(before);
  expect(await expose()).not.toContain('BREW');
});

test('whatever happens, a metric has a bounded number of series, and none is counted nowhere', async () => {
  const metrics = createMetrics();
  for (let index = 0; index < 7_000; index += 1) {
    metrics.count('events_published_total', { event: `event-${index}` });
  }
  const { body } = await metrics.expose();
  const lines = seriesIn(body).filter((line) => line.startsWith('events_published_total'));
  expect(lines).toHaveLength(5_001);
  expect(lines.at(-1)).toBe('events_published_total{event="other"} 2000');
});
