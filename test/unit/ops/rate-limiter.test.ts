/** The rate limiting binding of the local edge. */

import { afterEach, expect, setSystemTime, test } from 'bun:test';
import createRateLimiter from '#ops/edge/rate-limiter.ts';

const WINDOW_START = new Date('2026-01-01T00:00:00Z');

afterEach(() => {
  setSystemTime();
});

test('each key has its own count, and both begin anew with the next window', async () => {
  setSystemTime(WINDOW_START);
  const limiter = createRateLimiter({ limit: 2, periodSeconds: 10 });
  const attempts = async (key: string) => {
    const outcomes: boolean[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) outcomes.push((await limiter.limit({ key })).success);
    return outcomes;
  };
  expect(await attempts('one')).toEqual([true, true, false]);
  expect(await attempts('other')).toEqual([true, true, false]);
  setSystemTime(new Date(WINDOW_START.getTime() + 9_999));
  expect((await limiter.limit({ key: 'one' })).success).toBe(false);
  setSystemTime(new Date(WINDOW_START.getTime() + 10_000));
  expect(await attempts('one')).toEqual([true, true, false]);
});
