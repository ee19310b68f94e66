/**
 * Counts what the catalogue names, in any runtime, and tells it in Prometheus' text format. A series is looked up
 * once and then costs an addition; no metric ever has more than a bounded number of them.
 */

import { withDeadline } from './deadline.ts';
import { METRICS, type MetricName, type Metrics } from './metrics.ts';

/** Of one metric. What comes beyond is counted together, under labels that say so. */
const MAX_SERIES = 5_000;
const BEYOND = 'other';
/**
 * For what is looked up when somebody asks: whoever scrapes gives up after a second or some, and a process whose database
 * hangs is not to look as if it were gone. What comes later is told the next time.
 */
const LOOK_UP_MS = 250;
const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface Series {
  /** `name="value",...`; empty without labels. */
  readonly labels: string;
  /** A counter's or gauge's value; a histogram's sum. */
  value: number;
  /** Of a histogram: how many fell into each bucket and no lower one; the last has no bound. */
  readonly counts: number[];
}

interface Family {
  readonly name: MetricName;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** `name="value"`, of every series of the process. */
  readonly own: readonly string[];
  readonly labels: readonly string[];
  readonly buckets: readonly number[];
  readonly series: Map<string, Series>;
}

/** @param own labels that stand on every series: what tells the process from others under the same address */
export function createRegistry(own: Readonly<Record<string, string>> = {}): Metrics {
  const families = new Map<string, Family>();
  const collectors: (() => void | Promise<void>)[] = [];
  for (const [name, metric] of Object.entries(METRICS)) {
    const buckets = 'buckets' in metric ? metric.buckets : [];
    const owned = Object.entries(own).map(([label, value]) => `${label}="${escaped(value)}"`);
    const family: Family = {
      ...metric,
      name: name as MetricName,
      own: owned,
      buckets,
      series: new Map(),
    };
    families.set(name, family);
    // So that the first one counted is seen as an increase.
    if (family.kind !== 'gauge' && family.labels.length === 0) seriesOf(family, {});
  }
  const find = (name: MetricName, labels: Readonly<Record<string, string>>) => {
    const family = families.get(name);
    if (family === undefined) throw new Error(`${name} is not in the catalogue`);
    return { family, series: seriesOf(family, labels) };
  };
  const counter: Metrics['counter'] = (name, labels) => {
    const { series } = find(name, labels);
    return (by = 1) => {
      series.value += by;
    };
  };
  const histogram: Metrics['histogram'] = (name, labels) => {
    const { family, series } = find(name, labels);
    return (value) => observe(family, series, value);
  };
  return {
    counter,
    histogram,
    count: (name, labels, by) => counter(name, labels)(by),
    observe: (name, labels, value) => histogram(name, labels)(value),
    gauge: (name, labels, value) => {
      find(name, labels).series.value = value;
    },
    onExpose: (collect) => {
      collectors.push(collect);
    },
    expose: async () => {
      const collected = Promise.allSettled(collectors.map(async (collect) => collect()));
      await withDeadline(collected, LOOK_UP_MS, () => []);
      const body = [...families.values()].flatMap(linesOf).map((line) => `${line}\n`);
      return { contentType: EXPOSITION_TYPE, body: body.join('') };
    },
  };
}

function seriesOf(family: Family, labels: Readonly<Record<string, string>>): Series {
  const text = (valueFor: (name: string) => string) =>
    [...family.own, ...family.labels.map((name) => `${name}="${escaped(valueFor(name))}"`)].join(',');
  const wanted = text((name) => labels[name] ?? '');
  const key = family.series.has(wanted) || family.series.size < MAX_SERIES ? wanted : text(() => BEYOND);
  const known = family.series.get(key);
  if (known !== undefined) return known;
  const counts = family.kind === 'histogram' ? new Array<number>(family.buckets.length + 1).fill(0) : [];
  const series = { labels: key, value: 0, counts };
  family.series.set(key, series);
  return series;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function observe({ buckets }: Family, series: Series, value: number): void {
  let index = 0;
  while (index < buckets.length && value > (buckets[index] ?? Number.POSITIVE_INFINITY)) index += 1;
  series.counts[index] = (series.counts[index] ?? 0) + 1;
  series.value += value;
}

function linesOf(family: Family): string[] {
  if (family.series.size === 0) return [];
  const { name, kind, help } = family;
  const samples = [...family.series.values()].flatMap((series) =>
    kind === 'histogram'
      ? histogramLines(family, series)
      : [`${name}${braced(series.labels)} ${series.value}`],
  );
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${kind}`, ...samples];
}

function histogramLines({ name, buckets }: Family, { labels, value, counts }: Series): string[] {
  const others = labels === '' ? '' : `${labels},`;
  let total = 0;
  const lines = counts.map((count, index) => {
    total += count;
    return `${name}_bucket{${others}le="${buckets[index] ?? '+Inf'}"} ${total}`;
  });
  return [...lines, `${name}_sum${braced(labels)} ${value}`, `${name}_count${braced(labels)} ${total}`];
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}
