/** Places and a queue, whatever comes and goes; and whose time what has waited runs in. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createBulkhead, createRoom, Overflow } from '#lib/bulkhead.ts';
import { timeLeftMs, withTimeLeft } from '#origin/adapters/time-left.ts';

const PLENTY_MS = 3_600_000;
const STAYS = new AbortController().signal;

test('no more run and no more wait than may, and every place is given again', async () => {
  const limits = fc.record({ maxRunning: fc.integer({ min: 1, max: 4 }), maxWaiting: fc.nat({ max: 4 }) });
  await fc.assert(
    fc.asyncProperty(limits, fc.array(fc.boolean(), { maxLength: 40 }), async (policy, steps) => {
      const room = createRoom(policy);
      const inside: (() => void)[] = [];
      let refused = 0;
      let entered = 0;
      for (const comes of steps) {
        if (comes) {
          entered += 1;
          room.enter().then(
            (leave) => inside.push(leave),
            () => {
              refused += 1;
            },
          );
        } else inside.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
        const { running, waiting } = room.load();
        expect(running).toBeLessThanOrEqual(policy.maxRunning);
        expect(waiting).toBeLessThanOrEqual(policy.maxWaiting);
        expect(inside).toHaveLength(running);
      }
      while (inside.length > 0) {
        inside.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(room.load()).toEqual({ running: 0, waiting: 0 });
      expect(refused).toBeLessThanOrEqual(entered);
    }),
    { numRuns: 50 },
  );
});

test('what is over both is refused at once', async () => {
  const bulkhead = createBulkhead({ maxRunning: 1, maxWaiting: 0 });
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = bulkhead(() => promise);
  expect(await bulkhead(async () => 'second').catch((error: unknown) => error)).toBeInstanceOf(Overflow);
  resolve('first');
  expect(await first).toBe('first');
  expect(await bulkhead(async () => 'third')).toBe('third');
});

test('what has waited runs in the time of its own request, not of the one that made room for it', async () => {
  const bulkhead = createBulkhead({ maxRunning: 1, maxWaiting: 1 });
  const { promise, resolve } = Promise.withResolvers<void>();
  const hurried = withTimeLeft(0, STAYS, () => bulkhead(() => promise));
  const patient = withTimeLeft(PLENTY_MS, STAYS, () => bulkhead(async () => timeLeftMs()));
  resolve();
  await hurried;
  expect(await patient).toBeGreaterThan(PLENTY_MS / 2);
});
