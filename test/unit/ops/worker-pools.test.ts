/** A pool of workers with a supervisor that only writes down what it is told. */

import { expect, test } from 'bun:test';
import type { Part } from '#ops/local/part.ts';
import { startPool } from '#ops/local/worker-pools.ts';
import { eventually } from '#test/support/eventually.ts';
import type { ScalingRule } from '#workers/scaling.ts';

const RULE: ScalingRule = {
  reading: 'queue depth',
  steps: [
    { from: 0, processes: 1 },
    { from: 10, processes: 3 },
  ],
  holdMs: 0,
};

function setUp({ broken = [] as readonly string[] } = {}) {
  const state = { reading: 0, fails: false, readings: 0 };
  const running = new Set<string>();
  const said: string[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const pool = startPool({
    group: 'email',
    rule: RULE,
    everyMs: 1,
    read: async () => {
      state.readings += 1;
      if (state.fails) throw new Error('NATS is gone');
      return state.reading;
    },
    makePart: async (name) => ({ name }) as Part,
    supervisor: {
      start: async ({ name }) => {
        if (broken.includes(name)) throw new Error(`${name} ended.\nits log`);
        running.add(name);
      },
      retire: async (name) => {
        running.delete(name);
        const end = Promise.withResolvers<void>();
        ends.push(end);
        await end.promise;
      },
    },
    say: (text) => said.push(text),
  });
  const names = () => [...running].toSorted().join();
  const nowRuns = (wanted: string) => eventually(wanted, () => names() === wanted);
  const stop = async () => {
    const stopped = pool.stop();
    await eventually('nothing runs', () => running.size === 0);
    for (const end of ends) end.resolve();
    await stopped;
  };
  return { state, said, nowRuns, stop };
}

test('it follows the readings, says each change once, and gives no name away before its owner has ended', async () => {
  const { state, said, nowRuns, stop } = setUp();
  await nowRuns('workers-email-1');
  state.reading = 10;
  await nowRuns('workers-email-1,workers-email-2,workers-email-3');
  state.reading = 0;
  await nowRuns('workers-email-1');
  state.reading = 10;
  await nowRuns('workers-email-1,workers-email-4,workers-email-5');
  await stop();
  expect(said).toEqual([
    'workers for email: 0 → 1 (queue depth 0)',
    'workers for email: 1 → 3 (queue depth 10)',
    'workers for email: 3 → 1 (queue depth 0)',
    'workers for email: 1 → 3 (queue depth 10)',
  ]);
});

test('while nothing can be read it stays as it is', async () => {
  const { state, said, nowRuns, stop } = setUp();
  state.reading = 10;
  await nowRuns('workers-email-1,workers-email-2,workers-email-3');
  state.fails = true;
  const before = state.readings;
  await eventually('it has tried', () => state.readings > before + 5);
  await nowRuns('workers-email-1,workers-email-2,workers-email-3');
  await stop();
  expect(said.at(-1)).toContain('→ 3');
});

test('one that does not start is told of in a line, and not tried again at once', async () => {
  const { said, stop } = setUp({ broken: ['workers-email-1'] });
  await eventually('it is said', () => said.length === 2);
  await stop();
  expect(said).toEqual([
    'workers for email: 0 → 1 (queue depth 0)',
    '! workers-email-1 did not start: Error: workers-email-1 ended.',
  ]);
});
