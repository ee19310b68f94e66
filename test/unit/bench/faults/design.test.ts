/** The table of what is promised, and the command line that chooses from it. */

import { expect, test } from 'bun:test';
import { UsageError } from '#bench/command.ts';
import {
  CELLS,
  COMPONENTS,
  designOf,
  FAULTS,
  longestWaitMs,
  nameOf,
  normalWithinMs,
} from '#bench/faults/design.ts';
import { parseFaultsOptions } from '#bench/faults/options.ts';
import { POLICIES } from '#lib/policies.ts';

test('every component has every fault, but for the two that make no sense', () => {
  const left = COMPONENTS.flatMap((component) => FAULTS.map((fault) => ({ component, fault }))).filter(
    (cell) => designOf(cell) === null,
  );
  expect(left.map(nameOf)).toEqual(['workers:slow', 'workers:refusing']);
  expect(CELLS).toHaveLength(COMPONENTS.length * FAULTS.length - left.length);
});

test('the way back takes five seconds, and what the breaker still waits', () => {
  const design = {
    coldReads: 'goes on',
    carts: 'goes on',
    checkouts: 'goes on',
    emails: 'late',
    why: '',
  } as const;
  expect(normalWithinMs({ ...design, breaker: null }, 6_000)).toBe(5_000);
  expect(normalWithinMs({ ...design, breaker: 'redis' }, 6_000)).toBe(6_000);
  expect(normalWithinMs({ ...design, breaker: 'stripe' }, 6_000)).toBe(9_000);
});

test('a breaker that waits longer each time is given the wait it is in', () => {
  const waits = [1_000, 3_000, 5_000, 20_000, 600_000].map((faultMs) =>
    longestWaitMs(POLICIES.stripe.breaker, faultMs),
  );
  expect(waits).toEqual([2_000, 2_000, 4_000, 16_000, 60_000]);
});

test('without flags all cells are played, with --quick all for a shorter time', () => {
  const all = parseFaultsOptions([]);
  expect(all?.cells).toEqual(CELLS);
  expect(parseFaultsOptions(['--quick'])?.faultMs).toBeLessThan(all?.faultMs ?? 0);
  expect(parseFaultsOptions(['--help'])).toBeNull();
});

test('--only takes components, faults and pairs, each cell once', () => {
  const names = (text: string) => parseFaultsOptions(['--only', text])?.cells.map(nameOf);
  expect(names('postgres:killed, redis:slow')).toEqual(['postgres:killed', 'redis:slow']);
  expect(names('workers,workers:killed')).toEqual(['workers:killed', 'workers:frozen', 'workers:flapping']);
  expect(names('frozen')).toHaveLength(COMPONENTS.length);
});

test.each([
  ['--only', 'mysql'],
  ['--only', 'workers:slow'],
  ['--only', ''],
  ['--rounds', '3'],
])('%s %s is refused', (flag, value) => {
  expect(() => parseFaultsOptions([flag, value])).toThrow(UsageError);
});
