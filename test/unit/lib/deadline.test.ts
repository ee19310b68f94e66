/** Waiting with a limit: work that ends in time counts as it ends, and work that does not is heard of no more. */

import { expect, test } from 'bun:test';
import { withDeadline } from '#lib/deadline.ts';

const A_MINUTE_MS = 60_000;
const never = () => new Promise<never>(() => {});
const late = () => 'late' as const;

test('what ends in time counts, whether it succeeds or fails', async () => {
  expect(await withDeadline(Promise.resolve('done'), A_MINUTE_MS, late)).toBe('done');
  const failed = withDeadline(Promise.reject(new Error('no')), A_MINUTE_MS, late);
  await expect(failed).rejects.toThrow('no');
});

test('what does not is given up for what stands in for it, or for a failure', async () => {
  expect(await withDeadline(never(), 1, late)).toBe('late');
  const refused = withDeadline(never(), 1, () => {
    throw new Error('too late');
  });
  await expect(refused).rejects.toThrow('too late');
});
