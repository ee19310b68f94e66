/** The edge's spans: sent when the request is answered, by so many calls at once, and told of when they were not taken. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { parseVariables } from '#edge/env.ts';
import { createEdgeSpans } from '#edge/spans.ts';
import { present } from '#lib/assert.ts';
import { createLogger } from '#lib/log.ts';
import { newTrace, traceId } from '#lib/trace.ts';
import { type Collector, startCollector } from '#test/support/collector.ts';

const VARIABLES = {
  ORIGIN_URL: 'http://origin.test',
  PUBLIC_URL: 'http://shop.test',
  TRUST_CF_CONNECTING_IP: 'false',
  EDGE_SECRET: 'x'.repeat(32),
  EDGE_PURGE_SECRET: 'y'.repeat(32),
};
const START = { name: 'GET', kind: 'server' } as const;

let collector: Collector;
let lines: string[];
beforeEach(() => {
  collector = startCollector();
  lines = [];
});
afterEach(async () => {
  await collector.stop();
});

function spansTo(endpoint: string | null) {
  const own = endpoint === null ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  const log = createLogger({ level: 'info', write: (line) => lines.push(line) });
  return createEdgeSpans(parseVariables({ ...VARIABLES, ...own }), log);
}

function answered(spans: ReturnType<typeof spansTo>, trace = newTrace(1)) {
  const request = present(spans.open(trace, START), 'the spans');
  request.begin(trace, { name: 'call', kind: 'client' }).end();
  request.end();
  return request.send();
}

test('what is not sampled, or has no collector, makes no span', () => {
  expect(spansTo(collector.url).open(newTrace(), START)).toBeNull();
  expect(spansTo(null).open(newTrace(1), START)).toBeNull();
});

test('a request and its call arrive together, the one within the other', async () => {
  const trace = newTrace(1);
  await answered(spansTo(collector.url), trace);
  const [call, request] = collector.of(traceId(trace));
  expect([call?.name, request?.name]).toEqual(['call', 'GET']);
  expect(call?.parentSpanId).toBe(request?.spanId);
  expect(request?.parentSpanId).toBeUndefined();
});

test('a collector that hangs holds up so many calls and no more; the rest is dropped at once', async () => {
  collector.behave('silent');
  const spans = spansTo(collector.url);
  let isOver = 0;
  const calls = Array.from({ length: 40 }, () => answered(spans).then(() => (isOver += 1)));
  await Promise.race(calls.slice(-1));
  expect(isOver).toBe(40 - 16);
  await collector.stop();
  await Promise.all(calls);
});

test('spans that were not taken are told of when some are again', async () => {
  collector.behave('failing');
  const spans = spansTo(collector.url);
  for (let count = 0; count < 3; count += 1) await answered(spans);
  expect(lines).toEqual([]);
  collector.behave('well');
  await answered(spans);
  await answered(spans);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ level: 'warn', count: 6 }),
  ]);
});
