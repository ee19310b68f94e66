/**
 * What the counters of some processes have grown by lately, and how their gauges stand. Every process has its own
 * history, so that one that starts again at zero is taken for what it is.
 */

import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import type { MetricName } from '#lib/metrics.ts';
import { type Exposition, isCumulative, type Sample } from './exposition.ts';

export type Labels = Readonly<Record<string, string | RegExp>>;

interface Step {
  readonly atMs: number;
  readonly seconds: number;
  /** Of counters that have grown, by name: by how much. */
  readonly grown: ReadonlyMap<string, readonly Sample[]>;
  readonly isAged?: boolean;
}

export interface Meter {
  take(atMs: number, exposition: Exposition): void;
  /** The process did not answer: what it was is not what it is. */
  miss(): void;
  /** How much the samples have grown within the window, and in how many seconds of it that was seen. */
  grown(name: string, windowMs: number): { readonly samples: readonly Sample[]; readonly seconds: number };
  /** As last seen. */
  standing(name: string): readonly Sample[];
}

/** The longest window that anybody may ask for... */
const LONGEST_WINDOW_MS = MINUTE_MS;
/** ...but of what happens seldom: a few counters, kept for longer. */
export const SELDOM_WINDOW_MS = 15 * MINUTE_MS;
const SELDOM: readonly CounterName[] = [
  'carts_filled_total',
  'orders_placed_total',
  'orders_paid_total',
  'order_revenue_minor_total',
  'order_value_minor_sum',
  'order_value_minor_count',
  'payments_failed_total',
  'stock_falls_total',
];

export function createMeter(): Meter {
  let totals: { readonly atMs: number; readonly values: ReadonlyMap<string, number> } | null = null;
  let gauges: ReadonlyMap<string, readonly Sample[]> = new Map();
  let steps: readonly Step[] = [];
  return {
    take: (atMs, { types, samples }) => {
      const counters = samples.filter(({ name }) => isCumulative(name, types));
      const values = new Map(counters.map((sample) => [keyOf(sample), sample.value]));
      if (totals !== null && atMs > totals.atMs) {
        const seconds = (atMs - totals.atMs) / SECOND_MS;
        const kept = steps.filter((step) => step.atMs > atMs - SELDOM_WINDOW_MS);
        steps = [
          ...kept.map((step) => aged(step, atMs)),
          { atMs, seconds, grown: growth(counters, totals.values) },
        ];
      }
      totals = { atMs, values };
      gauges = Map.groupBy(
        samples.filter(({ name }) => !isCumulative(name, types)),
        ({ name }) => name,
      );
    },
    miss: () => {
      gauges = new Map();
    },
    grown: (name, windowMs) => {
      const newestMs = steps.at(-1)?.atMs ?? 0;
      const within = steps.filter(({ atMs }) => atMs > newestMs - windowMs);
      return {
        samples: within.flatMap(({ grown }) => grown.get(name) ?? []),
        seconds: within.reduce((sum, { seconds }) => sum + seconds, 0),
      };
    },
    standing: (name) => gauges.get(name) ?? [],
  };
}

function aged(step: Step, nowMs: number): Step {
  if (step.isAged || step.atMs > nowMs - LONGEST_WINDOW_MS) return step;
  const grown = new Map([...step.grown].filter(([name]) => SELDOM.some((seldom) => seldom === name)));
  return { ...step, isAged: true, grown };
}

const keyOf = ({ name, labels }: Pick<Sample, 'name' | 'labels'>) => `${name} ${JSON.stringify(labels)}`;

/**
 * A counter that is below its last value has begun again at zero. One that is new was zero. Of a histogram that has
 * grown all buckets are kept, for they tell each other's lower bounds.
 */
function growth(counters: readonly Sample[], before: ReadonlyMap<string, number>): Map<string, Sample[]> {
  const all = counters.map((sample) => {
    const last = before.get(keyOf(sample)) ?? 0;
    return { ...sample, value: sample.value >= last ? sample.value - last : sample.value };
  });
  const live = new Set(all.filter(({ labels, value }) => labels['le'] === '+Inf' && value > 0).map(seriesOf));
  const grown = all.filter(
    (sample) => sample.value > 0 || ('le' in sample.labels && live.has(seriesOf(sample))),
  );
  return Map.groupBy(grown, ({ name }) => name);
}

const seriesOf = ({ name, labels: { le: _le, ...labels } }: Sample) => keyOf({ name, labels });

/** A metric of the catalogue, or what a histogram adds up beside its buckets. */
export type CounterName = MetricName | `${MetricName}_sum` | `${MetricName}_count`;

/** Samples of all processes that the question is put to. */
export interface Gathered {
  /** A second; null while nothing has been seen twice. */
  rate(name: CounterName, labels?: Labels, windowMs?: number): number | null;
  /** By the values of some labels with spaces between them, the greatest first. */
  rates(name: CounterName, by: readonly string[], labels?: Labels): readonly (readonly [string, number])[];
  /** By how much it has grown in the window, as far back as that was seen. */
  increase(name: CounterName, labels: Labels, windowMs: number): number;
  /** In the unit of the histogram's buckets; null where there was nothing to measure. */
  quantile(name: MetricName, q: number, labels?: Labels): number | null;
  /** Gauges as they stand, of each process. */
  gauges(name: MetricName, labels?: Labels): readonly Sample[];
}

const WINDOW_MS = 5 * SECOND_MS;
const QUANTILE_WINDOW_MS = 15 * SECOND_MS;

export function gather(meters: readonly Meter[]): Gathered {
  const grownIn = (name: string, windowMs: number, labels: Labels) =>
    meters.map((meter) => {
      const { samples, seconds } = meter.grown(name, windowMs);
      return { seconds, samples: samples.filter((sample) => fits(sample, labels)) };
    });
  return {
    rate: (name, labels = {}, windowMs = WINDOW_MS) => {
      const seen = grownIn(name, windowMs, labels).filter(({ seconds }) => seconds > 0);
      if (seen.length === 0) return null;
      return seen.reduce((sum, { samples, seconds }) => sum + total(samples) / seconds, 0);
    },
    rates: (name, by, labels = {}) => {
      const sums = new Map<string, number>();
      for (const { samples, seconds } of grownIn(name, QUANTILE_WINDOW_MS, labels)) {
        for (const sample of samples) {
          const key = by.map((label) => sample.labels[label] ?? '').join(' ');
          sums.set(key, (sums.get(key) ?? 0) + sample.value / seconds);
        }
      }
      return [...sums].toSorted(([, a], [, b]) => b - a);
    },
    increase: (name, labels, windowMs) =>
      total(grownIn(name, windowMs, labels).flatMap(({ samples }) => samples)),
    quantile: (name, q, labels = {}) => {
      const buckets = grownIn(`${name}_bucket`, QUANTILE_WINDOW_MS, labels);
      return quantileOf(
        buckets.flatMap(({ samples }) => samples),
        q,
      );
    },
    gauges: (name, labels = {}) =>
      meters.flatMap((meter) => meter.standing(name).filter((sample) => fits(sample, labels))),
  };
}

function total(samples: readonly Sample[]): number {
  return samples.reduce((sum, { value }) => sum + value, 0);
}

function fits({ labels }: Sample, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) =>
    typeof value === 'string' ? labels[name] === value : value.test(labels[name] ?? ''),
  );
}

/** As Prometheus' `histogram_quantile`: evenly spread within the bucket; beyond the last bound, that bound. */
function quantileOf(buckets: readonly Sample[], q: number): number | null {
  const atMost = new Map<number, number>();
  for (const { labels, value } of buckets) {
    const bound = labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le']);
    atMost.set(bound, (atMost.get(bound) ?? 0) + value);
  }
  const bounds = [...atMost].toSorted(([a], [b]) => a - b);
  const count = atMost.get(Number.POSITIVE_INFINITY) ?? 0;
  if (count === 0) return null;
  let [lower, below] = [0, 0];
  for (const [bound, upTo] of bounds) {
    if (upTo >= q * count) {
      if (bound === Number.POSITIVE_INFINITY) return lower;
      return lower + (bound - lower) * ((q * count - below) / (upTo - below));
    }
    [lower, below] = [bound, upTo];
  }
  return lower;
}
