/** Spans on their way out: in batches that a collector takes, and no trouble to anybody when it does not. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { createLogger } from '#lib/log.ts';
import { createOtlpClient } from '#lib/otlp.ts';
import { openSpan, type Span, type SpanSink } from '#lib/span.ts';
import { newTrace, traceId } from '#lib/trace.ts';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { createSpanExporter, type SpanExporter } from '#origin/adapters/span-exporter.ts';
import { attributeOf, type Collector, startCollector } from '#test/support/collector.ts';
import { eventually } from '#test/support/eventually.ts';

const TIMEOUT_MS = 200;

let collector: Collector;
let lines: string[];
beforeEach(() => {
  collector = startCollector();
  lines = [];
});
afterEach(async () => {
  await collector.stop();
});

function exporterTo(endpoint: string, headers?: string) {
  const metrics = createMetrics();
  const log = createLogger({ level: 'info', write: (line) => lines.push(line) });
  const send = createOtlpClient({ endpoint, headers, service: 'test' }, TIMEOUT_MS);
  const exporter = createSpanExporter({ send, log, metrics, everyMs: 10 });
  const countOf = async (outcome: string) => {
    const { body } = await metrics.expose();
    return Number(new RegExp(`trace_spans_total\\{outcome="${outcome}"\\} (\\d+)`).exec(body)?.[1] ?? 0);
  };
  return { exporter, countOf };
}

/** @param count how many spans of one trace end */
function endSpans(sink: SpanSink, count: number) {
  const trace = newTrace(1);
  for (let each = 0; each < count; each += 1) openSpan(sink, trace, { name: `span ${each}` }).end();
  return trace;
}

async function flood(exporter: SpanExporter, spans: number): Promise<void> {
  for (let sent = 0; sent < spans; sent += 1_000) {
    endSpans(exporter, 1_000);
    await Bun.sleep(0);
  }
}

test('what ended arrives as it was, with its service, its kinds of values and the headers that were asked for', async () => {
  const { exporter, countOf } = exporterTo(`${collector.url}/`, 'api-key=a%20b, x-other = 1');
  const parent = newTrace(1);
  const link = newTrace();
  const attributes = { text: 'x'.repeat(5_000), count: 3, ratio: 0.5, isHot: true };
  openSpan(exporter, parent, { name: 'work', kind: 'client', attributes, link }).end({ failure: 'gone' });
  const span = await eventually('it arrives', () => collector.of(traceId(parent))[0]);
  expect(span).toMatchObject({ service: 'test', name: 'work', kind: 3, flags: 1, status: { code: 2 } });
  expect(span.parentSpanId).toBe(parent.slice(36, 52));
  expect(span.links?.[0]?.traceId).toBe(traceId(link));
  expect(attributeOf(span, 'text')).toHaveLength(2_048);
  expect([attributeOf(span, 'count'), attributeOf(span, 'ratio'), attributeOf(span, 'isHot')]).toEqual([
    '3',
    '0.5',
    'true',
  ]);
  expect(attributeOf(span, 'error.type')).toBe('gone');
  expect(collector.headers[0]?.get('api-key')).toBe('a b');
  expect(collector.headers[0]?.get('x-other')).toBe('1');
  expect(collector.refused).toEqual([]);
  await exporter.close();
  expect(await countOf('exported')).toBe(1);
});

test('what waits when the process ends is sent', async () => {
  const { exporter } = exporterTo(collector.url);
  const trace = endSpans(exporter, 1_000);
  await exporter.close();
  expect(collector.of(traceId(trace))).toHaveLength(1_000);
});

test.each(['dead', 'failing'] as const)(
  'a %s collector costs its spans, which are counted, and one line',
  async (how) => {
    if (how === 'dead') await collector.stop();
    else collector.behave('failing');
    const { exporter, countOf } = exporterTo(collector.url);
    endSpans(exporter, 600);
    await eventually('they are dropped', async () => (await countOf('not_taken')) === 600);
    expect(lines).toHaveLength(1);
    await exporter.close();
  },
);

test('a flood before a collector that hangs: what waits is bounded, the rest is counted, and it recovers', async () => {
  collector.behave('silent');
  const { exporter, countOf } = exporterTo(collector.url);
  const heapBefore = heapAfterCollection();
  await flood(exporter, 200_000);
  const counted = (await countOf('queue_full')) + (await countOf('not_taken'));
  // All but what waits and what is on its way.
  expect(counted).toBeGreaterThanOrEqual(200_000 - 2_048 - 256);
  expect(heapAfterCollection() - heapBefore).toBeLessThan(32 * 1024 ** 2);
  collector.behave('well');
  const trace = await eventually('it takes spans again', () => {
    const probe = endSpans(exporter, 1);
    return collector.spans.length > 0 && probe;
  });
  await eventually('new ones arrive', () => collector.of(traceId(trace)).length === 1);
  await exporter.close();
  expect(lines).toHaveLength(2);
});

function heapAfterCollection(): number {
  Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

test('a span that cannot be written harms nobody', async () => {
  const { exporter, countOf } = exporterTo(collector.url);
  const broken = { ...({} as Span), startedAt: Number.NaN };
  exporter.add(broken);
  await eventually('it is dropped', async () => (await countOf('not_taken')) === 1);
  await exporter.close();
});
