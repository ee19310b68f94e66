/** What rounds are boiled down to. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { figureOf, median, percentile, ratioOf } from '#bench/statistics.ts';

const values = fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 60 });
const percents = fc.double({ min: 0.1, max: 100, noNaN: true });

test('a percentile is one of the values, and at least so many percent of them do not exceed it', () => {
  fc.assert(
    fc.property(values, percents, (all, percent) => {
      const found = percentile(all, percent);
      expect(all).toContain(found);
      const share = all.filter((value) => value <= found).length / all.length;
      expect(share * 100).toBeGreaterThanOrEqual(percent - 1e-9);
    }),
  );
});

test('no smaller value would do for the percentile', () => {
  fc.assert(
    fc.property(values, percents, (all, percent) => {
      const found = percentile(all, percent);
      const share = all.filter((value) => value < found).length / all.length;
      expect(share * 100).toBeLessThan(percent + 1e-9);
    }),
  );
});

test('half of the values lie on either side of the median, whatever their order', () => {
  fc.assert(
    fc.property(values, (all) => {
      const middle = median(all);
      expect(all.filter((value) => value < middle).length).toBeLessThanOrEqual(all.length / 2);
      expect(all.filter((value) => value > middle).length).toBeLessThanOrEqual(all.length / 2);
      expect(median(all.toReversed())).toBe(middle);
    }),
  );
});

test('the median of an even number of values is half-way between the middle two', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('a figure spans its rounds and keeps their order', () => {
  fc.assert(
    fc.property(values, (rounds) => {
      const figure = figureOf(rounds);
      expect(figure.least).toBeLessThanOrEqual(figure.median);
      expect(figure.median).toBeLessThanOrEqual(figure.greatest);
      expect(figure.rounds).toEqual(rounds);
    }),
  );
});

test('a machine that is slower in one round, for both alike, changes no ratio', () => {
  fc.assert(
    fc.property(values, (slowdowns) => {
      const subject = slowdowns.map((slowdown) => 80 * slowdown);
      const limit = slowdowns.map((slowdown) => 100 * slowdown);
      const { least, greatest } = ratioOf(subject, limit);
      expect(least).toBeCloseTo(0.8, 9);
      expect(greatest).toBeCloseTo(0.8, 9);
    }),
  );
});

test('rounds that do not pair up have no ratio', () => {
  expect(() => ratioOf([1, 2], [1])).toThrow('pair up');
});
