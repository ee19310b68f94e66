/** What a handful of rounds says: the middle one, and how far the others lie from it. Pure. */

import { assert, present } from '#lib/assert.ts';

/** One figure from several rounds. */
export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
  /** In the order in which they were measured. */
  readonly rounds: readonly number[];
}

/** By nearest rank: the smallest value that at least `percent` of all values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  assert(values.length > 0, 'a percentile of nothing');
  assert(percent > 0 && percent <= 100, `${percent} is no percentile`);
  const sorted = values.toSorted((a, b) => a - b);
  return present(sorted[Math.ceil((percent / 100) * sorted.length) - 1], 'the value at the rank');
}

export function median(values: readonly number[]): number {
  assert(values.length > 0, 'the median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const upper = present(sorted[Math.floor(sorted.length / 2)], 'the upper middle');
  if (sorted.length % 2 === 1) return upper;
  return (present(sorted[sorted.length / 2 - 1], 'the lower middle') + upper) / 2;
}

export function figureOf(rounds: readonly number[]): Figure {
  return { median: median(rounds), least: Math.min(...rounds), greatest: Math.max(...rounds), rounds };
}

/**
 * Each round of one against the same round of the other. What the machine does besides changes from round to
 * round and hits both, so a ratio within a round is steadier than one of medians.
 */
export function ratioOf(subject: readonly number[], limit: readonly number[]): Figure {
  assert(subject.length === limit.length, 'rounds that do not pair up');
  return figureOf(subject.map((value, round) => value / present(limit[round], 'the round of the limit')));
}
