/** The soak: how growth is told from noise, and what the command line takes. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { UsageError } from '#bench/command.ts';
import { lineThrough } from '#bench/soak/line.ts';
import { parseSoakOptions } from '#bench/soak/options.ts';

const numbers = fc.integer({ min: -1_000, max: 1_000 });

test('a line through points of a line is that line', () => {
  fc.assert(
    fc.property(numbers, numbers, fc.integer({ min: 2, max: 50 }), (slope, begin, count) => {
      const points = Array.from({ length: count }, (_, x) => ({ x, y: begin + slope * x }));
      const line = lineThrough(points);
      expect(line.slope).toBeCloseTo(slope, 6);
      expect(line.at(7)).toBeCloseTo(begin + slope * 7, 5);
    }),
  );
});

test('what goes up and down as much has no slope', () => {
  const points = Array.from({ length: 1_200 }, (_, x) => ({ x, y: 150 + (x % 2 === 0 ? 10 : -10) }));
  expect(Math.abs(lineThrough(points).slope)).toBeLessThan(0.001);
});

test('half an hour is the usual time, of which five minutes do not count; of a short run half of it', () => {
  expect(parseSoakOptions([])).toEqual({
    ...{ durationMs: 1_800_000, settleMs: 300_000 },
    ...{ readsPerSecond: 200, ordersPerSecond: 2 },
  });
  expect(parseSoakOptions(['--minutes', '2', '--reads', '50', '--orders', '1'])).toEqual({
    ...{ durationMs: 120_000, settleMs: 60_000 },
    ...{ readsPerSecond: 50, ordersPerSecond: 1 },
  });
});

test('what is no number of minutes is refused, and what nobody knows', () => {
  for (const args of [
    ['--minutes', '0'],
    ['--minutes', 'ten'],
    ['--hours', '1'],
  ]) {
    expect(() => parseSoakOptions(args)).toThrow(UsageError);
  }
  expect(parseSoakOptions(['--help'])).toBeNull();
});
