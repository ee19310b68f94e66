/** What is shown for what was bought: one order for the same purchases, and never what somebody has already. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ProductId } from '#lib/ids.ts';
import { HALF_LIFE_MS, heatAt, type Pair, pairsBothWays, rank } from '#origin/recommendations/heat.ts';

const product = fc.integer({ min: 0, max: 9 }).map((number) => `product-${number}` as ProductId);
/** Heats of a few weeks around now, and of long ago. */
const heat = fc.oneof(
  fc.double({ min: 1_460, max: 1_480, noNaN: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
/** What heats are taken from, so that weights are numbers. */
const HOTTEST = 1_480;
const pairs: fc.Arbitrary<Pair[]> = fc.uniqueArray(
  fc.record({ productId: product, otherId: product, heat }),
  {
    selector: ({ productId, otherId }) => `${productId} ${otherId}`,
    maxLength: 40,
  },
);
const owned = fc.uniqueArray(product, { maxLength: 5 }).map((ids) => new Set(ids));

test('the order is one for the same pairs, in whatever order they come', () => {
  const property = fc.property(pairs, owned, fc.infiniteStream(fc.nat()), (some, own, keys) => {
    const shuffled = some
      .map((pair) => ({ pair, key: keys.next().value }))
      .toSorted((one, other) => one.key - other.key)
      .map(({ pair }) => pair);
    expect(rank(shuffled, own)).toEqual(rank(some, own));
  });
  fc.assert(property);
});

test('nothing is shown twice, nothing that one has, and nothing that goes with nothing of it', () => {
  const property = fc.property(pairs, owned, (some, own) => {
    const shown = rank(some, own);
    const expected = new Set(some.map(({ otherId }) => otherId)).difference(own);
    expect(new Set(shown)).toEqual(expected);
    expect(shown).toHaveLength(expected.size);
  });
  fc.assert(property);
});

test('what was bought together once more stands no lower', () => {
  const property = fc.property(pairs, owned, fc.nat(), (some, own, which) => {
    fc.pre(some.length > 0);
    const index = which % some.length;
    const hotter = some.map((pair, at) => (at === index ? { ...pair, heat: pair.heat + 1 } : pair));
    const { otherId } = some[index] ?? { otherId: '' as ProductId };
    expect(rank(hotter, own).indexOf(otherId)).toBeLessThanOrEqual(rank(some, own).indexOf(otherId));
  });
  fc.assert(property);
});

test('a purchase weighs half of one of a half-life later', () => {
  const now = new Date('2026-01-31T12:00:00Z');
  const before = new Date(now.getTime() - HALF_LIFE_MS);
  expect(heatAt(now) - heatAt(before)).toBeCloseTo(1, 9);
  const [bag, lamp, mug, tent] = ['bag', 'lamp', 'mug', 'tent'] as unknown as ProductId[];
  const pair = (productId = bag, otherId = bag, time = now) => ({
    ...{ productId: productId as ProductId, otherId: otherId as ProductId, heat: heatAt(time) },
  });
  // Three old ones are more than one of now, and one is less.
  const old = [bag, mug, tent].map((id) => pair(id, lamp, before));
  const bought = new Set([bag, mug, tent] as ProductId[]);
  const other = 'stove' as ProductId;
  expect(rank([...old, pair(bag, other)], bought)).toEqual([lamp as ProductId, other]);
  expect(rank([...old.slice(0, 1), pair(bag, other)], bought)).toEqual([other, lamp as ProductId]);
});

test('pairs are both ways, each once, and as hot as all that was given of them', () => {
  const property = fc.property(
    fc.array(fc.record({ productId: product, otherId: product, heat }), { maxLength: 40 }),
    (given) => {
      fc.pre(given.every(({ productId, otherId }) => productId !== otherId));
      const made = new Map(
        pairsBothWays(given).map((pair) => [`${pair.productId} ${pair.otherId}`, pair.heat]),
      );
      const weigh = (one: ProductId, other: ProductId) => {
        const heats = given
          .filter(
            ({ productId, otherId }) =>
              [productId, otherId].toSorted().join() === [one, other].toSorted().join(),
          )
          .map((pair) => pair.heat - HOTTEST);
        return heats.reduce((sum, each) => sum + 2 ** each, 0);
      };
      for (const { productId, otherId } of given) {
        for (const [one, other] of [
          [productId, otherId],
          [otherId, productId],
        ] as const) {
          const found = made.get(`${one} ${other}`) ?? Number.NaN;
          expect(2 ** (found - HOTTEST)).toBeCloseTo(weigh(one, other), 6);
        }
      }
      expect(pairsBothWays(given)).toHaveLength(made.size);
    },
  );
  fc.assert(property);
});
