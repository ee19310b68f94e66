/** Questions to the meters of several processes at once, as one would put them to Prometheus. */

import { SECOND_MS } from '#lib/clock.ts';
import type { MetricName } from '#lib/metrics.ts';
import type { Sample } from './exposition.ts';
import type { Growth, Meter } from './meter.ts';

export type Labels = Readonly<Record<string, string | RegExp>>;

/** A metric of the catalogue, or what a histogram adds up beside its buckets. */
export type CounterName = MetricName | `${MetricName}_sum` | `${MetricName}_count`;

export interface Gathered {
  /** A second; null while nothing has been seen twice. */
  rate(name: CounterName, labels?: Labels, windowMs?: number): number | null;
  /** By the values of some labels with spaces between them, the greatest first; without those that rest. */
  rates(name: CounterName, by: readonly string[], labels?: Labels): readonly (readonly [string, number])[];
  /** By how much it has grown in the window, as far back as that was seen. */
  increase(name: CounterName, labels: Labels, windowMs: number): number;
  /** In the unit of the histogram's buckets; null where there was nothing to measure. */
  quantile(name: MetricName, q: number, labels?: Labels, windowMs?: number): number | null;
  /** Gauges as they stand, of each process. */
  gauges(name: MetricName, labels?: Labels): readonly Sample[];
}

const RATE_WINDOW_MS = 5 * SECOND_MS;
const QUANTILE_WINDOW_MS = 15 * SECOND_MS;

export function gather(meters: readonly Meter[]): Gathered {
  const grown = (meter: Meter, name: string, labels: Labels, windowMs: number) =>
    meter.grown(name, windowMs).filter(fitting(labels));
  return {
    rate: (name, labels = {}, windowMs = RATE_WINDOW_MS) => {
      const rates = meters.flatMap((meter) => {
        const seconds = meter.secondsWithin(windowMs);
        return seconds === 0 ? [] : [total(grown(meter, name, labels, windowMs)) / seconds];
      });
      return rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0);
    },
    rates: (name, by, labels = {}) => {
      const sums = new Map<string, number>();
      for (const meter of meters) {
        const seconds = meter.secondsWithin(QUANTILE_WINDOW_MS);
        if (seconds === 0) continue;
        for (const growth of grown(meter, name, labels, QUANTILE_WINDOW_MS)) {
          if (growth.by === 0) continue;
          const key = by.map((label) => growth.labels[label] ?? '').join(' ');
          sums.set(key, (sums.get(key) ?? 0) + growth.by / seconds);
        }
      }
      return [...sums].toSorted(([, a], [, b]) => b - a);
    },
    increase: (name, labels, windowMs) =>
      total(meters.flatMap((meter) => grown(meter, name, labels, windowMs))),
    quantile: (name, q, labels = {}, windowMs = QUANTILE_WINDOW_MS) => {
      const present = meters.filter((meter) => meter.secondsWithin(windowMs) > 0);
      const buckets = present.flatMap((meter) => grown(meter, `${name}_bucket`, labels, windowMs));
      return quantileOf(buckets, q);
    },
    gauges: (name, labels = {}) => meters.flatMap((meter) => meter.standing(name).filter(fitting(labels))),
  };
}

function total(growths: readonly Growth[]): number {
  return growths.reduce((sum, { by }) => sum + by, 0);
}

function fitting(wanted: Labels): (series: Pick<Sample, 'labels'>) => boolean {
  const matchers = Object.entries(wanted);
  return ({ labels }) =>
    matchers.every(([name, value]) =>
      typeof value === 'string' ? labels[name] === value : value.test(labels[name] ?? ''),
    );
}

/** As Prometheus' `histogram_quantile`: evenly spread within the bucket; beyond the last bound, that bound. */
function quantileOf(buckets: readonly Growth[], q: number): number | null {
  const atMost = new Map<number, number>();
  for (const { labels, by } of buckets) {
    const bound = labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le']);
    atMost.set(bound, (atMost.get(bound) ?? 0) + by);
  }
  const count = atMost.get(Number.POSITIVE_INFINITY) ?? 0;
  if (count === 0) return null;
  let [lower, below] = [0, 0];
  for (const [bound, upTo] of [...atMost].toSorted(([a], [b]) => a - b)) {
    if (upTo >= q * count) {
      if (bound === Number.POSITIVE_INFINITY) return lower;
      return lower + (bound - lower) * ((q * count - below) / (upTo - below));
    }
    [lower, below] = [bound, upTo];
  }
  return lower;
}
