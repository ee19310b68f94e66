/** The catalogue of metrics on prom-client: one registry per process, with the runtime's own figures. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { assert } from '#lib/assert.ts';
import { METRICS, type MetricName, type Metrics } from '#lib/metrics.ts';

const DURATION_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type Instrument = Counter | Gauge | Histogram;

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const instruments = new Map<MetricName, Instrument>();
  for (const [name, { kind, help, labels }] of Object.entries(METRICS)) {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    instruments.set(name as MetricName, createInstrument(kind, options));
  }
  /** prom-client hashes labels at every call: what is counted on hot paths is added up and told when asked for. */
  const flushes: (() => void)[] = [];
  const counterOf = (name: MetricName): Counter => {
    const counter = instruments.get(name);
    assert(counter instanceof Counter, `${name} is no counter`);
    return counter;
  };
  const histogramOf = (name: MetricName): Histogram => {
    const histogram = instruments.get(name);
    assert(histogram instanceof Histogram, `${name} is no histogram`);
    return histogram;
  };
  return {
    count: (name, labels, by = 1) => counterOf(name).inc(labels, by),
    observe: (name, labels, seconds) => histogramOf(name).observe(labels, seconds),
    counter: (name, labels) => {
      const counter = counterOf(name);
      const pending = { by: 0 };
      flushes.push(() => {
        if (pending.by > 0) counter.inc(labels, pending.by);
        pending.by = 0;
      });
      return (by = 1) => {
        pending.by += by;
      };
    },
    histogram: (name, labels) => {
      const child = histogramOf(name).labels(labels);
      return (seconds) => child.observe(seconds);
    },
    gauge: (name, labels, value) => {
      const gauge = instruments.get(name);
      assert(gauge instanceof Gauge, `${name} is no gauge`);
      gauge.set(labels, value);
    },
    expose: async () => {
      for (const flush of flushes) flush();
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

function createInstrument(
  kind: 'counter' | 'gauge' | 'histogram',
  options: { name: string; help: string; labelNames: string[]; registers: Registry[] },
): Instrument {
  switch (kind) {
    case 'counter':
      return new Counter(options);
    case 'gauge':
      return new Gauge(options);
    case 'histogram':
      return new Histogram({ ...options, buckets: DURATION_BUCKETS_SECONDS });
  }
}
