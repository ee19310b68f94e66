import { describe, expect, test } from 'bun:test';
import { Glob } from 'bun';
import { createRegistry } from '#lib/metric-registry.ts';
import { METRICS } from '#lib/metrics.ts';
import { createRequestMetrics } from '#lib/request-metrics.ts';

const linesOf = async (metrics: ReturnType<typeof createRegistry>, name: string) =>
  (await metrics.expose()).body.split('\n').filter((line) => line.startsWith(name));

describe('a registry', () => {
  test('adds counters up, by their labels and in whatever order these are named', async () => {
    const metrics = createRegistry();
    metrics.count('messages_handled_total', { consumer: 'email', outcome: 'done' });
    metrics.count('messages_handled_total', { outcome: 'done', consumer: 'email' }, 2);
    metrics.counter('messages_handled_total', { consumer: 'email', outcome: 'parked' })();
    expect(await linesOf(metrics, 'messages_handled_total')).toEqual([
      'messages_handled_total{consumer="email",outcome="done"} 3',
      'messages_handled_total{consumer="email",outcome="parked"} 1',
    ]);
  });

  test('puts what is observed into the bucket that it reaches, and each bucket holds those below it', async () => {
    const metrics = createRegistry();
    for (const bytes of [0, 1_024, 1_025, 2_000_000]) {
      metrics.observe(
        'http_server_request_body_size_bytes',
        { http_request_method: 'GET', http_route: 'none' },
        bytes,
      );
    }
    const labels = 'http_request_method="GET",http_route="none"';
    expect(await linesOf(metrics, 'http_server_request_body_size_bytes')).toEqual([
      `http_server_request_body_size_bytes_bucket{${labels},le="1024"} 2`,
      `http_server_request_body_size_bytes_bucket{${labels},le="10240"} 3`,
      `http_server_request_body_size_bytes_bucket{${labels},le="102400"} 3`,
      `http_server_request_body_size_bytes_bucket{${labels},le="1048576"} 3`,
      `http_server_request_body_size_bytes_bucket{${labels},le="+Inf"} 4`,
      `http_server_request_body_size_bytes_sum{${labels}} 2002049`,
      `http_server_request_body_size_bytes_count{${labels}} 4`,
    ]);
  });

  test('says of every series whose it is, where it is one of many under the same address', async () => {
    const metrics = createRegistry({ isolate: 'a"b' });
    metrics.count('messages_handled_total', { consumer: 'email', outcome: 'done' });
    const { body } = await metrics.expose();
    const series = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(series.filter((line) => !line.includes('{isolate="a\\"b"'))).toEqual([]);
    expect(series).toContain('carts_created_total{isolate="a\\"b"} 0');
  });

  test('tells of a counter without labels before it counts, and of no gauge that was never set', async () => {
    const metrics = createRegistry();
    expect(await linesOf(metrics, 'carts_created_total')).toEqual(['carts_created_total 0']);
    expect(await linesOf(metrics, 'outbox_pending_rows')).toEqual([]);
  });

  test('looks up what it is to look up each time; what fails takes nothing else with it', async () => {
    const metrics = createRegistry();
    let rows = 0;
    metrics.onExpose(() => Promise.reject(new Error('gone')));
    metrics.onExpose(() => {
      throw new Error('gone');
    });
    metrics.onExpose(async () => {
      rows += 1;
      metrics.gauge('outbox_pending_rows', {}, rows);
    });
    expect(await linesOf(metrics, 'outbox_pending_rows')).toEqual(['outbox_pending_rows 1']);
    expect(await linesOf(metrics, 'outbox_pending_rows')).toEqual(['outbox_pending_rows 2']);
  });

  test('what hangs holds up nobody; what it finds is told the next time', async () => {
    const metrics = createRegistry();
    const found = Promise.withResolvers<number>();
    metrics.onExpose(async () => metrics.gauge('outbox_pending_rows', {}, await found.promise));
    expect(await linesOf(metrics, 'outbox_pending_rows')).toEqual([]);
    found.resolve(7);
    expect(await linesOf(metrics, 'outbox_pending_rows')).toEqual(['outbox_pending_rows 7']);
  });
});

test('a method that HTTP does not have is counted as another one', async () => {
  const metrics = createRegistry();
  const requests = createRequestMetrics(metrics);
  for (const method of ['BREW', 'M-1', 'get']) {
    requests(method, 'none', 404)(0.1, { requestBytes: 0, responseBytes: 0 });
  }
  expect(await linesOf(metrics, 'http_server_request_duration_seconds_count')).toEqual([
    'http_server_request_duration_seconds_count{http_request_method="_OTHER",http_route="none",http_response_status_code="404"} 3',
  ]);
});

test('every metric of the catalogue is counted somewhere', async () => {
  const files = [...new Glob('{origin,workers,edge,db,lib}/**/*.ts').scanSync('.')].filter(
    (file) => file !== 'lib/metrics.ts',
  );
  const sources = await Promise.all(files.map((file) => Bun.file(file).text()));
  const isNamed = (name: string) => sources.some((source) => source.includes(`'${name}'`));
  expect(Object.keys(METRICS).filter((name) => !isNamed(name))).toEqual([]);
});
