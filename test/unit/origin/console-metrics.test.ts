/** What the console makes of the text that processes expose: samples, what has grown, and quantiles. */

import { describe, expect, test } from 'bun:test';
import { createRegistry } from '#lib/metric-registry.ts';
import { createReader, type Exposition, ExpositionError, isCumulative } from '#origin/console/exposition.ts';
import { gather } from '#origin/console/gathered.ts';
import { createMeter } from '#origin/console/meter.ts';
import { hitsOf } from '#origin/console/scene.ts';

const parse = createReader();

describe('the text format', () => {
  test('is read with comments, escapes, timestamps, spaces and special values', () => {
    const { types, samples } = parse(
      [
        '# HELP http_requests_total A \\n help "text" {with} = all',
        '# TYPE http_requests_total counter',
        'http_requests_total{method="post",path="C:\\\\DIR\\n\\"x\\", a=\\"b\\"",} 1027 1395066363000',
        '',
        '# a comment of nobody',
        'bare 12.47e-3',
        '  spaced  { a = "1" , b="}" }   -3  ',
        'infinite{le="+Inf"} +Inf\r',
        'fallen -Inf',
        'none NaN',
      ].join('\n'),
    );
    expect([...types]).toEqual([['http_requests_total', 'counter']]);
    expect(samples.map(({ key: _key, ...sample }) => sample)).toEqual([
      {
        name: 'http_requests_total',
        labels: { method: 'post', path: 'C:\\DIR\n"x", a="b"' },
        value: 1_027,
      },
      { name: 'bare', labels: {}, value: 0.01247 },
      { name: 'spaced', labels: { a: '1', b: '}' }, value: -3 },
      { name: 'infinite', labels: { le: '+Inf' }, value: Number.POSITIVE_INFINITY },
      { name: 'fallen', labels: {}, value: Number.NEGATIVE_INFINITY },
      { name: 'none', labels: {}, value: Number.NaN },
    ]);
  });

  test.each([
    'a',
    'a{b="c"}',
    'a b',
    '1a 2',
    'a{b} 1',
    'a{b=c} 1',
    'a{b="c" d="e"} 1',
    'a{b="c} 1',
    'a{b="c"} 1 2 3',
    '<html> 1',
    '{"status":"ok"}',
  ])('does not take %s for a sample', (line) => {
    expect(() => parse(`fine 1\n${line}`)).toThrow(ExpositionError);
  });

  test('of our own registry is read back as it was counted', async () => {
    const registry = createRegistry();
    const labels = { consumer: 'a "quoted" \\ one\nand two', outcome: 'done' };
    registry.count('messages_handled_total', labels, 3);
    registry.observe('nodejs_eventloop_lag_seconds', {}, 0.02);
    const { types, samples } = parse((await registry.expose()).body);
    const told = samples.map(({ key: _key, ...sample }) => sample);
    expect(told).toContainEqual({ name: 'messages_handled_total', labels, value: 3 });
    expect(told).toContainEqual({ name: 'nodejs_eventloop_lag_seconds_count', labels: {}, value: 1 });
    expect(isCumulative('nodejs_eventloop_lag_seconds_bucket', types)).toBeTrue();
    expect(isCumulative('messages_handled_total', types)).toBeTrue();
    expect(isCumulative('process_start_time_seconds', types)).toBeFalse();
  });

  test('of what nobody wants is left out', () => {
    expect(createReader((name) => name === 'wanted')('wanted 1\nother{x="y"} 2').samples).toHaveLength(1);
  });
});

/** Orders placed, as a process exposes them after so many. */
const placed = (value: number, currency = 'USD'): Exposition =>
  parse(`# TYPE orders_placed_total counter\norders_placed_total{currency="${currency}"} ${value}`);

describe('the hits of a cache', () => {
  const read = (counts: Readonly<Record<string, number>>) =>
    parse(
      [
        '# TYPE cache_reads_total counter',
        ...Object.entries(counts).map(
          ([outcome, count]) => `cache_reads_total{tier="redis",outcome="${outcome}"} ${count}`,
        ),
      ].join('\n'),
    );
  const hitsAfter = (first: Record<string, number>, then: Record<string, number>) => {
    const meter = createMeter();
    meter.take(0, read(first));
    meter.take(1_000, read(then));
    return hitsOf(gather([meter]), 'redis');
  };

  test('are the share of the reads that it was asked for', () => {
    expect(hitsAfter({ hit: 10, miss: 10 }, { hit: 19, miss: 11 })).toBeCloseTo(0.9);
  });

  test('are unknown while it is away: what goes past it is no hit', () => {
    expect(hitsAfter({ hit: 10, miss: 10, gone: 0 }, { hit: 10, miss: 10, gone: 30 })).toBeNull();
  });
});

describe('a rate', () => {
  test('is unknown until a process has been seen twice, and then what its counters grew by', () => {
    const meter = createMeter();
    const gathered = gather([meter]);
    meter.take(1_000, placed(1_000_000));
    expect(gathered.rate('orders_placed_total')).toBeNull();
    meter.take(3_000, placed(1_000_010));
    expect(gathered.rate('orders_placed_total')).toBe(5);
    expect(gathered.increase('orders_placed_total', {}, 60_000)).toBe(10);
  });

  test('is never negative when a process begins again at zero', () => {
    const meter = createMeter();
    for (const [index, value] of [100, 110, 4, 6].entries()) meter.take(1_000 + index * 1_000, placed(value));
    expect(gather([meter]).increase('orders_placed_total', {}, 60_000)).toBe(10 + 4 + 2);
  });

  test('of an edge is of one isolate at a time: what another has counted in its time has not just happened', () => {
    const read = (isolate: string, value: number) =>
      parse(`# TYPE cache_reads_total counter\ncache_reads_total{isolate="${isolate}",tier="edge"} ${value}`);
    const meter = createMeter();
    const seen = [read('a', 1_000), read('a', 1_010), read('b', 9_000), read('b', 9_003), read('a', 1_400)];
    for (const [index, exposition] of seen.entries()) meter.take(1_000 + index * 1_000, exposition);
    const gathered = gather([meter]);
    expect(gathered.increase('cache_reads_total', { tier: 'edge' }, 60_000)).toBe(10 + 3);
    expect(meter.grown('cache_reads_total', 60_000)).toHaveLength(1);
  });

  test('counts a series that is new as begun at zero', () => {
    const meter = createMeter();
    meter.take(1_000, placed(5));
    meter.take(2_000, {
      ...placed(5),
      samples: [...placed(5).samples, ...placed(3, 'EUR').samples],
    });
    expect(gather([meter]).rate('orders_placed_total', { currency: 'EUR' })).toBe(3);
    expect(gather([meter]).rates('orders_placed_total', ['currency'])).toEqual([['EUR', 3]]);
  });

  test('of a process that has gone is none, and is there again when it is', () => {
    const [gone, other] = [createMeter(), createMeter()];
    const gathered = gather([gone, other]);
    for (const [index, value] of [0, 10].entries()) {
      gone.take(index * 1_000, placed(value));
      other.take(index * 1_000, placed(2 * value));
    }
    gone.miss();
    expect(gathered.rate('orders_placed_total')).toBe(20);
    expect(gather([gone]).rate('orders_placed_total')).toBeNull();
    expect(gather([gone]).rates('orders_placed_total', ['currency'])).toEqual([]);
    gone.take(2_000, placed(20));
    expect(gathered.rate('orders_placed_total')).toBe(30);
  });

  test('is the sum over processes, each by its own clock', () => {
    const [one, other] = [createMeter(), createMeter()];
    one.take(1_000, placed(0));
    other.take(1_000, placed(70));
    one.take(2_000, placed(10));
    other.take(3_000, placed(80));
    expect(gather([one, other]).rate('orders_placed_total')).toBe(10 + 5);
  });

  test('forgets what is older than its window, and everything after a quarter of an hour', () => {
    const meter = createMeter();
    const gathered = gather([meter]);
    meter.take(0, placed(0));
    meter.take(1_000, placed(10));
    for (let second = 10; second <= 600; second += 1) meter.take(second * 1_000, placed(10));
    expect(gathered.rate('orders_placed_total')).toBe(0);
    expect(gathered.increase('orders_placed_total', {}, 60_000)).toBe(0);
    expect(gathered.increase('orders_placed_total', {}, 900_000)).toBe(10);
    for (let second = 601; second <= 1_000; second += 1) meter.take(second * 1_000, placed(10));
    expect(gathered.increase('orders_placed_total', {}, 900_000)).toBe(0);
  });
});

describe('a quantile', () => {
  async function after(seconds: readonly number[]) {
    const registry = createRegistry();
    const meter = createMeter();
    meter.take(0, parse((await registry.expose()).body));
    for (const each of seconds) registry.observe('message_duration_seconds', { consumer: 'email' }, each);
    meter.take(1_000, parse((await registry.expose()).body));
    return gather([meter]);
  }

  test('lies in the bucket of what it is of, above the bound below', async () => {
    const gathered = await after([0.03, 0.03, 0.03, 0.03]);
    expect(gathered.quantile('message_duration_seconds', 0.5)).toBeCloseTo(0.0375, 6);
    expect(gathered.quantile('message_duration_seconds', 0.99)).toBeGreaterThan(0.025);
    expect(gathered.quantile('message_duration_seconds', 1)).toBe(0.05);
  });

  test('beyond the last bound is that bound, and of nothing is unknown', async () => {
    expect((await after([1_000])).quantile('message_duration_seconds', 0.5)).toBe(60);
    expect((await after([])).quantile('message_duration_seconds', 0.5)).toBeNull();
    expect((await after([1])).quantile('message_duration_seconds', 0.5, { consumer: 'other' })).toBeNull();
  });
});
