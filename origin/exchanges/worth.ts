/** What a replacement is worth, of what was charged for the units that it stands in for. */

import { type Minor, minor } from '#lib/money.ts';

interface Replaced {
  /** What was charged for the units that came back. */
  readonly chargedMinor: Minor;
  /** For each of them, as `paidPerUnit` has it. */
  readonly paidMinor: Minor;
  /** What the replacement cost each when it was asked for. */
  readonly replacementMinor: Minor;
}

/**
 * The part of the charge that pays for the replacement; the rest is the difference, which goes back. By what each costs:
 * the tax of the line is shared as it is. All of the charge for what costs no less. Rounded up: nobody is paid more than
 * was charged.
 */
export function worthOf({ chargedMinor, paidMinor, replacementMinor }: Replaced): Minor {
  if (replacementMinor >= paidMinor) return chargedMinor;
  const [charged, paid] = [BigInt(chargedMinor), BigInt(paidMinor)];
  return minor(Number((charged * BigInt(replacementMinor) + paid - 1n) / paid));
}
