/**
 * Exact arithmetic of prices, in whole minor units: no floats. There is one rule of rounding, half to even, and one of
 * sharing, by largest remainder.
 */

import { assert } from '#lib/assert.ts';
import { type Minor, minor } from '#lib/money.ts';

/** Rates are whole parts per million: 19 % is 190,000. */
export const PPM = 1_000_000;

/** `amount * numerator / denominator`, rounded half to even. Nothing in it is negative. */
export function proportion(amount: number, numerator: number, denominator: number): Minor {
  assert(amount >= 0 && numerator >= 0 && denominator > 0, 'a proportion of something negative');
  const product = amount * numerator;
  if (!Number.isSafeInteger(product)) return wideProportion(amount, numerator, denominator);
  const rest = product % denominator;
  const whole = (product - rest) / denominator;
  return minor(whole + roundsUp(rest * 2 - denominator, whole % 2 === 1));
}

function wideProportion(amount: number, numerator: number, denominator: number): Minor {
  const product = BigInt(amount) * BigInt(numerator);
  const by = BigInt(denominator);
  const whole = product / by;
  const beyondHalf = (product % by) * 2n - by;
  return minor(Number(whole) + roundsUp(beyondHalf > 0n ? 1 : beyondHalf === 0n ? 0 : -1, whole % 2n === 1n));
}

function roundsUp(beyondHalf: number, isOdd: boolean): 0 | 1 {
  return beyondHalf > 0 || (beyondHalf === 0 && isOdd) ? 1 : 0;
}

/**
 * The amount in shares, in proportion to weights that come to at least as much: no share is above its weight, and
 * together they are the amount. What division leaves goes to the largest remainders; of equal ones, to the first.
 */
export function shares(amount: number, weights: readonly number[]): Minor[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  assert(amount >= 0 && amount <= whole && Number.isSafeInteger(whole), `${amount} in shares of ${whole}`);
  if (whole === 0) return weights.map(() => minor(0));
  const parts = weights.map((weight, index) => ({ index, ...divided(amount, weight, whole) }));
  let left = amount - parts.reduce((sum, { share }) => sum + share, 0);
  const found = parts.map(({ share }) => share);
  for (const { index, share } of parts.sort((a, b) => b.rest - a.rest || a.index - b.index)) {
    if (left === 0) break;
    found[index] = share + 1;
    left -= 1;
  }
  return found.map(minor);
}

function divided(
  amount: number,
  weight: number,
  whole: number,
): { readonly share: number; readonly rest: number } {
  const product = amount * weight;
  if (Number.isSafeInteger(product)) {
    const rest = product % whole;
    return { share: (product - rest) / whole, rest };
  }
  const [wide, by] = [BigInt(amount) * BigInt(weight), BigInt(whole)];
  return { share: Number(wide / by), rest: Number(wide % by) };
}
