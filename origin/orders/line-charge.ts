/** What a shopper was charged for a line, and for some of its units: the one place that says so. */

import { assert } from '#lib/assert.ts';
import { type Minor, minor } from '#lib/money.ts';

/** Of an order line, what it was charged by. */
export interface ChargedLine {
  readonly quantity: number;
  readonly lineTotalMinor: Minor;
  /** Its share of all discounts. */
  readonly discountMinor: Minor;
  /** What was added; what the price contains is in it already. */
  readonly taxMinor: Minor;
}

function chargedFor({ lineTotalMinor, discountMinor, taxMinor }: ChargedLine): Minor {
  return minor(lineTotalMinor - discountMinor + taxMinor);
}

/** Units of a line that are given back, after so many of it that were given back before. */
export interface GivenBack {
  readonly before: number;
  readonly units: number;
}

/**
 * The share of the line's charge that falls to these units. Whatever the parts in which a line is given back, they come
 * to its charge: each part is rounded down with all that were before it.
 */
export function chargeOfUnits(line: ChargedLine, { before, units }: GivenBack): Minor {
  const { quantity } = line;
  assert(
    before >= 0 && units >= 0 && before + units <= quantity,
    `${before} and ${units} of ${quantity} units`,
  );
  const upTo = (count: number) => Math.floor((chargedFor(line) * count) / quantity);
  return minor(upTo(before + units) - upTo(before));
}

/** What a unit of the line cost, less discounts and before tax that was added: as prices are. Rounded down. */
export function paidPerUnit({
  quantity,
  lineTotalMinor,
  discountMinor,
}: Omit<ChargedLine, 'taxMinor'>): Minor {
  return minor(Math.floor((lineTotalMinor - discountMinor) / quantity));
}
