/** The limit on requests at work, against servers of a test's own and by its own clock. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createConcurrencyLimit } from '#origin/http/concurrency-limit.ts';

const BOUNDS = { least: 8, most: 256 };

interface Server {
  /** Requests that it works on at once; what is beyond waits in line. */
  readonly places: number;
  readonly workMs: number;
}

/** Asks as much as the limit lets, for so long, and tells the limit of every answer. */
function load({ places, workMs }: Server, asked: number, steps: number) {
  const state = { nowMs: 0 };
  const limit = createConcurrencyLimit(BOUNDS, () => state.nowMs);
  const limits: number[] = [];
  limit.observe('GET', workMs, 1);
  for (let step = 0; step < steps; step += 1) {
    const running = Math.min(asked, limit.current());
    const tookMs = workMs * Math.max(1, running / places);
    state.nowMs += tookMs;
    for (let answer = 0; answer < running; answer += 1) limit.observe('GET', tookMs, running);
    limits.push(limit.current());
  }
  return limits;
}

test('it stays within its bounds, whatever it is told', () => {
  const told = fc.record({
    kind: fc.constantFrom('a', 'b', 'c'),
    tookMs: fc.oneof(fc.double({ min: 0, max: 60_000, noNaN: true }), fc.constant(0)),
    running: fc.nat({ max: 1_000 }),
    laterMs: fc.nat({ max: 500 }),
  });
  fc.assert(
    fc.property(fc.array(told, { maxLength: 500 }), (all) => {
      const state = { nowMs: 0 };
      const limit = createConcurrencyLimit(BOUNDS, () => state.nowMs);
      for (const { kind, tookMs, running, laterMs } of all) {
        state.nowMs += laterMs;
        limit.observe(kind, tookMs, running);
        expect(limit.current()).toBeGreaterThanOrEqual(BOUNDS.least);
        expect(limit.current()).toBeLessThanOrEqual(BOUNDS.most);
      }
    }),
  );
});

test('of an overloaded server it lets in what keeps every place busy, and no long line', () => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 50 }), fc.integer({ min: 2, max: 200 }), (places, workMs) => {
      const last = load({ places, workMs }, 5_000, 300).slice(-50);
      expect(Math.min(...last)).toBeGreaterThanOrEqual(places);
      expect(Math.max(...last)).toBeLessThanOrEqual(places * 8 + BOUNDS.least);
    }),
  );
});

test('a load that it is far above is no reason to change it', () => {
  expect(new Set(load({ places: 64, workMs: 10 }, 20, 200))).toEqual(new Set([BOUNDS.most]));
});

test('it is found by a load that may use no more than a quarter of it, too', () => {
  const state = { nowMs: 0 };
  const limit = createConcurrencyLimit(BOUNDS, () => state.nowMs);
  limit.observe('GET', 10, 1);
  for (let step = 0; step < 400; step += 1) {
    const running = Math.ceil(limit.current() / 4);
    const tookMs = 10 * Math.max(1, running / 4);
    state.nowMs += tookMs;
    for (let answer = 0; answer < running; answer += 1) limit.observe('GET', tookMs, running);
  }
  expect(limit.current()).toBeGreaterThanOrEqual(8);
  expect(limit.current()).toBeLessThanOrEqual(9 * 8);
});

test('it comes back when the server does', () => {
  const state = { nowMs: 0 };
  const limit = createConcurrencyLimit(BOUNDS, () => state.nowMs);
  const answers = (tookMs: number, rounds: number) => {
    for (let round = 0; round < rounds; round += 1) {
      state.nowMs += 101;
      const running = limit.current();
      for (let n = 0; n < 20; n += 1) limit.observe('GET', tookMs, running);
    }
  };
  answers(10, 5);
  answers(500, 40);
  expect(limit.current()).toBe(BOUNDS.least);
  answers(10, 400);
  expect(limit.current()).toBe(BOUNDS.most);
});

test('a kind of request is held against its own quick time', () => {
  const state = { nowMs: 0 };
  const limit = createConcurrencyLimit(BOUNDS, () => state.nowMs);
  for (let round = 0; round < 100; round += 1) {
    state.nowMs += 101;
    for (let n = 0; n < 20; n += 1) {
      limit.observe('POST checkout', 400, limit.current());
      limit.observe('GET cart', 4, limit.current());
    }
  }
  expect(limit.current()).toBe(BOUNDS.most);
});
