/** The scaling table and its rule: up at once, down when less has been enough for a while, never to and fro. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { decide, processesFor, SCALING, type ScalingState, UNSCALED } from '#workers/scaling.ts';

const RULE = SCALING.email;
const HOLD = RULE.holdMs;

test.each([
  ['email', [0, 99, 100, 1_000, 1_001, 1_000_000], [2, 2, 5, 5, 10, 10]],
  ['inventory', [0, 99, 100, 1_000, 1_001, 1_000_000], [2, 2, 5, 5, 10, 10]],
] as const)(
  'the table for %s: 2 below a hundred, 5 to a thousand, 10 above',
  (group, readings, processes) => {
    const { steps } = SCALING[group];
    expect(readings.map((reading) => processesFor(steps, reading))).toEqual([...processes]);
  },
);

/** What is wanted after each reading. */
function follow(readings: readonly (readonly [atMs: number, reading: number | null])[]): number[] {
  let state: ScalingState = UNSCALED;
  return readings.map(([atMs, reading]) => {
    state = decide(RULE, state, reading, atMs);
    return state.wanted;
  });
}

test('more is wanted at once, less when less has been enough for the whole time, and then as much as was needed in it', () => {
  const readings = [
    [0, 0],
    [1, 1_500],
    [2, 50],
    [3, 500],
    [1 + HOLD, 50],
    [2 + HOLD, 50],
    [3 + HOLD, 50],
    [2 + 2 * HOLD, 50],
    [3 + 2 * HOLD, 50],
  ] as const;
  expect(follow(readings)).toEqual([2, 10, 10, 10, 10, 5, 5, 5, 2]);
});

test('while nothing can be read nothing changes, and the time begins anew', () => {
  const readings = [
    [0, 1_500],
    [1, 0],
    [HOLD, null],
    [HOLD + 1, 0],
    [HOLD + 2, 0],
    [2 * HOLD + 1, 0],
  ] as const;
  expect(follow(readings)).toEqual([10, 10, 10, 10, 10, 2]);
  expect(follow([[0, null]])).toEqual([2]);
});

const stories = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: HOLD }),
    reading: fc.option(fc.integer({ min: 0, max: 3_000 }), { freq: 10 }),
  }),
  { minLength: 1, maxLength: 200 },
);

test('whatever is read: enough at every time, and never less within the hold than was needed in it', () => {
  fc.assert(
    fc.property(stories, (story) => {
      let nowMs = 0;
      let state: ScalingState = UNSCALED;
      const needs: { readonly atMs: number; readonly needed: number }[] = [];
      for (const { afterMs, reading } of story) {
        nowMs += afterMs;
        const before = state.wanted;
        state = decide(RULE, state, reading, nowMs);
        if (reading !== null) needs.push({ atMs: nowMs, needed: processesFor(RULE.steps, reading) });
        const lately = needs.filter(({ atMs }) => atMs > nowMs - HOLD).map(({ needed }) => needed);
        expect(state.wanted).toBeGreaterThanOrEqual(Math.max(2, ...lately));
        if (state.wanted > before) expect(state.wanted).toBe(Math.max(2, needs.at(-1)?.needed ?? 0));
      }
    }),
  );
});

test('whatever is read, it never flaps: between two steps down, and between a step up and one down, lies a hold', () => {
  fc.assert(
    fc.property(stories, (story) => {
      let nowMs = 0;
      let state: ScalingState = UNSCALED;
      let changedAtMs = 0;
      for (const { afterMs, reading } of story) {
        nowMs += afterMs;
        const before = state.wanted;
        state = decide(RULE, state, reading, nowMs);
        if (state.wanted < before) expect(nowMs - changedAtMs).toBeGreaterThanOrEqual(HOLD);
        if (state.wanted !== before) changedAtMs = nowMs;
      }
    }),
  );
});
