/** How far behind a replica is said to be. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createPrimaryTrail } from '#db/replica-lag.ts';

const MAX_SIGHTS = 8;
const NONE = { ms: 0, bytes: 0 };

function trailOf(...sights: readonly (readonly [position: bigint, atMs: number])[]) {
  const trail = createPrimaryTrail(MAX_SIGHTS);
  for (const [position, atMs] of sights) trail.record(position, atMs);
  return trail;
}

test('nothing is known before the primary was seen', () => {
  expect(trailOf().lagOf(5n)).toBeNull();
});

test('a replica is behind since the primary was first seen further than it', () => {
  const trail = trailOf([10n, 0], [20n, 250], [30n, 500], [30n, 750]);
  expect(trail.lagOf(10n)).toEqual({ ms: 500, bytes: 20 });
  expect(trail.lagOf(25n)).toEqual({ ms: 250, bytes: 5 });
  expect(trail.lagOf(30n)).toEqual(NONE);
  expect(trail.lagOf(35n)).toEqual(NONE);
});

test('an idle primary makes no lag, however long it is idle', () => {
  expect(trailOf([10n, 0], [10n, 3_600_000]).lagOf(10n)).toEqual(NONE);
});

test('while the primary is out of sight no lag grows', () => {
  const trail = trailOf([10n, 0], [20n, 250]);
  expect(trail.lagOf(10n)).toEqual({ ms: 0, bytes: 10 });
  expect(trail.lagOf(10n)).toEqual({ ms: 0, bytes: 10 });
});

test('a primary that was promoted in the place of another begins a new trail', () => {
  const trail = trailOf([10n, 0], [20n, 250], [15n, 500]);
  expect(trail.lagOf(15n)).toEqual(NONE);
});

test('a replica further back than the trail reaches is as late as the whole trail', () => {
  const sights = Array.from({ length: 20 }, (_, index) => [BigInt(index), index * 250] as const);
  expect(trailOf(...sights).lagOf(0n)).toEqual({ ms: (MAX_SIGHTS - 1) * 250, bytes: 19 });
});

test('a replica that is further is never later', () => {
  const steps = fc.array(fc.tuple(fc.bigInt(0n, 9n), fc.nat(500)), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(steps, fc.bigInt(0n, 200n), fc.bigInt(0n, 200n), (moves, one, other) => {
      let [position, atMs] = [0n, 0];
      const trail = createPrimaryTrail(MAX_SIGHTS);
      for (const [bytes, ms] of moves) {
        position += bytes;
        atMs += ms;
        trail.record(position, atMs);
      }
      const [behind, ahead] = one < other ? [one, other] : [other, one];
      const [late, early] = [trail.lagOf(behind) ?? NONE, trail.lagOf(ahead) ?? NONE];
      expect(early.ms).toBeLessThanOrEqual(late.ms);
      expect(early.bytes).toBeLessThanOrEqual(late.bytes);
    }),
  );
});
