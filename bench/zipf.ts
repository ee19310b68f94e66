/** Zipf's law: rank k is drawn in proportion to 1 / k^s, as shoppers do with products. Seeded, so it repeats. */

import { assert, present } from '#lib/assert.ts';

/** The law as Zipf gave it; measured shops and web caches lie between 0.7 and 1.1. */
const ZIPF_EXPONENT = 1;

export interface Zipf {
  /** A rank from 1 to the number of items. */
  draw(): number;
  /** The share of draws that falls on the ranks up to this one. */
  shareUpTo(rank: number): number;
}

/** @param fraction draws from 0 up to, not including, 1. */
export function createZipf(items: number, fraction: () => number, exponent = ZIPF_EXPONENT): Zipf {
  const pick = createWeighted(
    Float64Array.from({ length: items }, (_, index) => (index + 1) ** -exponent),
    fraction,
  );
  return { draw: () => pick.draw() + 1, shareUpTo: (rank) => pick.shareUpTo(rank) };
}

export interface Weighted {
  /** An index of the weights. */
  draw(): number;
  /** The share of draws that falls on the first so many. */
  shareUpTo(count: number): number;
}

/** Draws by weight, in the time that a binary search takes. */
export function createWeighted(weights: ArrayLike<number>, fraction: () => number): Weighted {
  assert(weights.length > 0, 'there is nothing to draw from');
  const sums = new Float64Array(weights.length);
  let total = 0;
  for (let index = 0; index < weights.length; index += 1) {
    const weight = present(weights[index], 'a weight');
    assert(weight >= 0 && Number.isFinite(weight), `${weight} is no weight`);
    total += weight;
    sums[index] = total;
  }
  assert(total > 0, 'no weight is above zero');
  return {
    draw: () => firstAbove(sums, fraction() * total),
    shareUpTo: (count) => (count <= 0 ? 0 : (sums[Math.min(count, sums.length) - 1] ?? total) / total),
  };
}

/** The first index whose sum is above the value, which is below the last sum. */
function firstAbove(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sums[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
