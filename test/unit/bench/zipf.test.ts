/** Who is asked for how often. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createWeighted, createZipf } from '#bench/zipf.ts';
import { createRandom } from '#db/seed/random.ts';

const DRAWS = 40_000;

function drawn(items: number, seed: number, count = DRAWS): number[] {
  const zipf = createZipf(items, createRandom(seed).fraction);
  return Array.from({ length: count }, () => zipf.draw());
}

test('every rank drawn exists', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.nat(), (items, seed) => {
      for (const rank of drawn(items, seed, 200)) {
        expect(Number.isInteger(rank)).toBe(true);
        expect(rank).toBeGreaterThanOrEqual(1);
        expect(rank).toBeLessThanOrEqual(items);
      }
    }),
  );
});

test('the extremes of chance draw the first and the last rank', () => {
  const least = createZipf(1_000, () => 0);
  const greatest = createZipf(1_000, () => 1 - 2 ** -32);
  expect(least.draw()).toBe(1);
  expect(greatest.draw()).toBe(1_000);
});

test('the same seed draws the same ranks, another one others', () => {
  expect(drawn(1_000, 7, 50)).toEqual(drawn(1_000, 7, 50));
  expect(drawn(1_000, 7, 50)).not.toEqual(drawn(1_000, 8, 50));
});

test('rank k is drawn in proportion to 1 / k', () => {
  const ranks = drawn(1_000, 42);
  const harmonic = Array.from({ length: 1_000 }, (_, index) => 1 / (index + 1)).reduce((a, b) => a + b);
  for (const rank of [1, 2, 5, 10]) {
    const share = ranks.filter((value) => value === rank).length / DRAWS;
    expect(Math.abs(share - 1 / rank / harmonic)).toBeLessThan(0.01);
  }
});

test('shares grow with the rank and end at all of them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 2_000 }), (items) => {
      const zipf = createZipf(items, () => 0);
      expect(zipf.shareUpTo(0)).toBe(0);
      expect(zipf.shareUpTo(1)).toBeLessThan(zipf.shareUpTo(2));
      expect(zipf.shareUpTo(items)).toBe(1);
      expect(zipf.shareUpTo(items + 1)).toBe(1);
    }),
  );
});

test('what weighs nothing is never drawn', () => {
  const weights = fc
    .array(fc.nat(5), { minLength: 1, maxLength: 30 })
    .filter((all) => all.some((w) => w > 0));
  fc.assert(
    fc.property(weights, fc.nat(), (all, seed) => {
      const weighted = createWeighted(all, createRandom(seed).fraction);
      for (let draw = 0; draw < 50; draw += 1) expect(all[weighted.draw()]).toBeGreaterThan(0);
    }),
  );
});

test('weights that cannot be drawn by are refused', () => {
  for (const weights of [[], [0, 0], [1, -1], [Number.NaN]]) {
    expect(() => createWeighted(weights, () => 0)).toThrow();
  }
});
