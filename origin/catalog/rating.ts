/** What buyers' stars come to. */

import type { Rating } from './model.ts';

const HUNDREDTHS = 100;

/** @param counts how many gave each number of stars, one star first. Null where nobody did. */
export function ratingOf(counts: readonly number[] | null): Rating | null {
  const count = (counts ?? []).reduce((sum, each) => sum + each, 0);
  if (counts === null || count === 0) return null;
  const stars = counts.reduce((sum, each, at) => sum + each * (at + 1), 0);
  return { average: Math.round((HUNDREDTHS * stars) / count) / HUNDREDTHS, count };
}
