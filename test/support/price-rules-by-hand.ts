/** Price lists as a test makes them up, and what one of them shows: said a second time, and otherwise than the shop says it. */

import fc from 'fast-check';

export interface MadeUpPrice {
  readonly variant: number;
  readonly currency: 'USD' | 'EUR';
  readonly kind: 'regular' | 'sale';
  readonly minQuantity: 1 | 2;
  readonly price: number;
  readonly compareAt: number | null;
  /** In milliseconds from an instant that the test chooses; the end is null for ever. */
  readonly from: number;
  readonly until: number | null;
}

export interface MadeUpVariant {
  readonly price: number;
  readonly compareAt: number | null;
}

const HOUR_MS = 3_600_000;
const amount = fc.integer({ min: 0, max: 5_000 });
const above = (price: number, more: number | null) => (more === null ? null : price + more);

const ownPrice = fc
  .record({ price: amount, more: fc.option(fc.integer({ min: 1, max: 900 })) })
  .map(({ price, more }): MadeUpVariant => ({ price, compareAt: above(price, more) }));

/** Windows one after the other, with gaps or without, the last one open or not. */
const windows = fc
  .record({
    marks: fc.uniqueArray(fc.integer({ min: -3, max: 3 }), { minLength: 2, maxLength: 4 }),
    isOpen: fc.boolean(),
    isTight: fc.boolean(),
  })
  .map(({ marks, isOpen, isTight }) => {
    const at = marks.toSorted((one, next) => one - next).map((mark) => mark * HOUR_MS);
    const pairs = at.flatMap((from, index): Pick<MadeUpPrice, 'from' | 'until'>[] => {
      const until = at[index + 1];
      if (until === undefined) return isOpen ? [{ from, until: null }] : [];
      return [{ from, until }];
    });
    return isTight ? pairs : pairs.filter((_, index) => index % 2 === 0);
  });

const list = fc
  .record({
    variant: fc.integer({ min: 0, max: 1 }),
    currency: fc.constantFrom('USD' as const, 'EUR' as const),
    kind: fc.constantFrom('regular' as const, 'sale' as const),
    minQuantity: fc.constantFrom(1 as const, 1 as const, 2 as const),
    price: amount,
    more: fc.option(fc.integer({ min: 1, max: 900 })),
    windows,
  })
  .map(({ windows: all, more, price, ...rest }) =>
    all.map((window, index): MadeUpPrice => {
      return { ...rest, ...window, price: price + index, compareAt: above(price + index, more) };
    }),
  );

/** Two variants, and lists of which no two of one kind are of the same variant, currency and quantity. */
export const madeUpLists = fc.record({
  variants: fc.tuple(ownPrice, ownPrice),
  prices: fc
    .uniqueArray(list, {
      maxLength: 7,
      selector: ([first]) => first && [first.variant, first.currency, first.kind, first.minQuantity].join(),
    })
    .map((lists) => lists.flat()),
});

/** What one of a variant costs whoever is not known, and what that is compared with; null where it is not sold. */
export function shownAt(
  {
    prices,
    variants,
  }: { readonly prices: readonly MadeUpPrice[]; readonly variants: readonly MadeUpVariant[] },
  {
    variant,
    currency,
    at,
  }: { readonly variant: number; readonly currency: 'USD' | 'EUR'; readonly at: number },
): { price: number; compareAt: number | null } | null {
  const inForce = prices.filter(
    (each) =>
      each.variant === variant &&
      each.currency === currency &&
      each.minQuantity === 1 &&
      each.from <= at &&
      (each.until === null || at < each.until),
  );
  const own = currency === 'USD' ? (variants[variant] ?? null) : null;
  const regular = inForce.find(({ kind }) => kind === 'regular') ?? own;
  const sale = inForce.find(({ kind }) => kind === 'sale');
  if (sale === undefined) return regular && { price: regular.price, compareAt: regular.compareAt };
  const isListed = inForce.some(({ kind }) => kind === 'regular');
  if (isListed && regular !== null && regular.price < sale.price) {
    return { price: regular.price, compareAt: regular.compareAt };
  }
  const without = regular !== null && regular.price > sale.price ? regular.price : null;
  return { price: sale.price, compareAt: sale.compareAt ?? without };
}

/** Every instant at which something begins or ends, and those right before. */
export function boundariesOf(prices: readonly MadeUpPrice[]): number[] {
  const all = prices.flatMap(({ from, until }) => (until === null ? [from] : [from, until]));
  return [...new Set([0, ...all.flatMap((at) => [at - 1, at])])];
}
