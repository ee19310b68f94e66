/** What a replacement is worth, of what was charged for the units that it stands in for. */

import { assert } from '#lib/assert.ts';
import { type Minor, minor } from '#lib/money.ts';

interface Replaced {
  /** What was charged for the units that came back. */
  readonly chargedMinor: Minor;
  /** As the line had it. */
  readonly unitPriceMinor: Minor;
  /** As the replacement had it when it was asked for: no more than that. */
  readonly replacementMinor: Minor;
}

/**
 * The part of the charge that pays for the replacement; the rest is the difference, which goes back. By the two prices:
 * the discount and the tax of the line are shared as it is. Rounded up: nobody is paid more than was charged.
 */
export function worthOf({ chargedMinor, unitPriceMinor, replacementMinor }: Replaced): Minor {
  assert(replacementMinor <= unitPriceMinor, 'a replacement costs no more than what it stands in for');
  if (replacementMinor === unitPriceMinor) return chargedMinor;
  const [charged, price] = [BigInt(chargedMinor), BigInt(unitPriceMinor)];
  return minor(Number((charged * BigInt(replacementMinor) + price - 1n) / price));
}
