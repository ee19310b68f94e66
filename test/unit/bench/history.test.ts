/** The history that caches are filled from. */

import { expect, test } from 'bun:test';
import { ranksByLastRead } from '#bench/read/history.ts';

test('names each product that was read once, and what is popular among the last', () => {
  const ranks = ranksByLastRead(1_000, 2_000);
  expect(new Set(ranks).size).toBe(ranks.length);
  expect(ranks.length).toBeLessThan(1_000);
  expect(ranks.indexOf(1)).toBeGreaterThan(ranks.length - 100);
  expect(ranksByLastRead(1_000, 2_000)).toEqual(ranks);
});

test('leaves nothing out when there have been many reads', () => {
  expect(ranksByLastRead(50, 20_000)).toHaveLength(50);
});
