/**
 * What the counters of a process have grown by lately, and how its gauges stand. Totals never fall, though the process
 * begins again at zero; what has grown in a time is the difference of two of them.
 */

import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { type Exposition, isCumulative, type Sample } from './exposition.ts';

interface Series {
  readonly labels: Sample['labels'];
  readonly index: number;
}

/** All totals at a moment, by the index of their series. */
interface Moment {
  readonly atMs: number;
  readonly totals: Float64Array;
}

export interface Growth {
  readonly labels: Sample['labels'];
  readonly by: number;
}

export interface Meter {
  take(atMs: number, exposition: Exposition): void;
  /** The process did not answer: what it was is not what it is. */
  miss(): void;
  /** How far the window reaches back, as far as was seen; 0 where nothing was seen twice, or it does not answer. */
  secondsWithin(windowMs: number): number;
  /** By how much each series of the name has grown within the window, those that have not included. */
  grown(name: string, windowMs: number): readonly Growth[];
  /** Gauges, as last seen. */
  standing(name: string): readonly Sample[];
}

/** Moments of the last minute are all kept... */
const FINE_MS = MINUTE_MS;
/** ...and for the longest window one in so many seconds of those before. */
const COARSE_STEP_MS = 15 * SECOND_MS;
export const LONGEST_WINDOW_MS = 15 * MINUTE_MS;

export function createMeter(): Meter {
  const byName = new Map<string, Series[]>();
  /** By a sample's key: which series it is, and its value as last seen. */
  const known = new Map<string, { readonly index: number; last: number }>();
  const totals: number[] = [];
  let moments: readonly Moment[] = [];
  let isGone = false;
  let isolate: string | undefined;
  let gauges: ReadonlyMap<string, readonly Sample[]> = new Map();

  function count({ key, name, labels, value }: Sample, isOfAnother: boolean): void {
    const series = known.get(key);
    if (series === undefined) {
      const index = totals.length;
      known.set(key, { index, last: value });
      const namesakes = byName.get(name) ?? [];
      namesakes.push({ labels, index });
      byName.set(name, namesakes);
      // One that comes later was zero before.
      totals.push(moments.length === 0 || isOfAnother ? 0 : value);
      return;
    }
    const { index, last } = series;
    const by = value >= last ? value - last : value;
    totals[index] = (totals[index] ?? 0) + (isOfAnother ? 0 : by);
    series.last = value;
  }

  const before = (windowMs: number): Moment | undefined => {
    const fromMs = (moments.at(-1)?.atMs ?? 0) - windowMs;
    return moments.findLast(({ atMs }) => atMs <= fromMs) ?? moments[0];
  };

  return {
    take: (atMs, { types, samples, isolate: answering }) => {
      isGone = false;
      // What another isolate has counted in its time has not happened just now.
      const isOfAnother = answering !== isolate;
      isolate = answering;
      gauges = Map.groupBy(samples, ({ name }) => name);
      for (const [name, all] of gauges) {
        if (!isCumulative(name, types)) continue;
        for (const sample of all) count(sample, isOfAnother);
      }
      moments = [...thinned(moments, atMs), { atMs, totals: Float64Array.from(totals) }];
    },
    miss: () => {
      isGone = true;
      gauges = new Map();
    },
    secondsWithin: (windowMs) => {
      const [from, to] = [before(windowMs), moments.at(-1)];
      return isGone || from === undefined || to === undefined ? 0 : (to.atMs - from.atMs) / SECOND_MS;
    },
    grown: (name, windowMs) => {
      const from = before(windowMs)?.totals;
      const series = byName.get(name) ?? [];
      return series.map(({ labels, index }) => ({ labels, by: (totals[index] ?? 0) - (from?.[index] ?? 0) }));
    },
    standing: (name) => gauges.get(name) ?? [],
  };
}

function thinned(moments: readonly Moment[], nowMs: number): readonly Moment[] {
  let lastKeptMs = Number.NEGATIVE_INFINITY;
  return moments.filter(({ atMs }) => {
    if (atMs < nowMs - LONGEST_WINDOW_MS - COARSE_STEP_MS) return false;
    if (atMs <= nowMs - FINE_MS && atMs - lastKeptMs < COARSE_STEP_MS) return false;
    lastKeptMs = atMs;
    return true;
  });
}
