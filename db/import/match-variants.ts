/** Finds out which stored variant each wanted one is: by SKU, else by its option values. */

import type { VariantRow } from './stored.ts';
import type { WantedVariant } from './wanted.ts';

export interface VariantMatch {
  readonly wanted: WantedVariant;
  readonly stored: VariantRow | null;
}

export interface Matches {
  readonly matches: readonly VariantMatch[];
  /** Stored variants on sale that nobody asked for. */
  readonly gone: readonly VariantRow[];
}

/** A variant that was withdrawn comes back as itself; one on sale goes first. */
export function matchVariants(wanted: readonly WantedVariant[], stored: readonly VariantRow[]): Matches {
  const left = new Set(stored.toSorted((one, other) => rank(one) - rank(other)));
  const take = (fits: (row: VariantRow) => boolean): VariantRow | null => {
    for (const row of left) {
      if (!fits(row)) continue;
      left.delete(row);
      return row;
    }
    return null;
  };
  const bySku = wanted.map(({ given: { sku } }) => (sku ? take((row) => row.sku === sku) : null));
  const matches = wanted.map((variant, index) => {
    const found = bySku[index] ?? null;
    if (found !== null) return { wanted: variant, stored: found };
    const options = JSON.stringify(variant.optionValues);
    // Another SKU is another variant, whatever its options.
    const mayAdopt = (row: VariantRow): boolean => !variant.given.sku || row.sku === null;
    return {
      wanted: variant,
      stored: take((row) => mayAdopt(row) && JSON.stringify(row.optionValues) === options),
    };
  });
  return { matches, gone: [...left].filter((row) => row.withdrawnAt === null) };
}

function rank(row: VariantRow): number {
  return row.withdrawnAt === null ? 0 : 1;
}
