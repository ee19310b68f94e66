/** The circuit by a clock of the test's own: when it opens, whom it lets try, and how it closes. */

import { expect, test } from 'bun:test';
import { createCircuit } from '#lib/circuit.ts';

const POLICY = { failures: 3, failureRate: 0.5, halfOpenAfterMs: 1_000 };

function setUp() {
  const state = { nowMs: 0 };
  const changes: string[] = [];
  const circuit = createCircuit(POLICY, { now: () => new Date(state.nowMs) }, (change) =>
    changes.push(change),
  );
  const fail = (times: number) => {
    for (let count = 0; count < times; count += 1) circuit.failed();
  };
  return { circuit, state, changes, fail };
}

test('it opens after so many failures in a row, and a success between them starts the count anew', () => {
  const { circuit, changes, fail } = setUp();
  fail(2);
  circuit.succeeded();
  fail(2);
  expect([circuit.isOpen(), circuit.admits()]).toEqual([false, true]);
  fail(1);
  expect([circuit.isOpen(), circuit.admits()]).toEqual([true, false]);
  fail(5);
  expect(changes).toEqual(['opened']);
});

test('it opens when most of the last calls failed, though no three in a row', () => {
  const { circuit, changes, fail } = setUp();
  for (let calls = 0; calls < 18; calls += 3) {
    fail(2);
    circuit.succeeded();
  }
  expect(circuit.isOpen()).toBe(false);
  fail(2);
  expect([circuit.isOpen(), changes]).toEqual([true, ['opened']]);
});

test('what failed ten seconds ago no longer counts', () => {
  const { circuit, state, fail } = setUp();
  for (let calls = 0; calls < 18; calls += 3) {
    fail(2);
    circuit.succeeded();
  }
  state.nowMs = 10_000;
  fail(2);
  expect(circuit.isOpen()).toBe(false);
});

test('while it is open one caller in each interval may try, whether or not the last one came back', () => {
  const { circuit, state, fail } = setUp();
  fail(3);
  state.nowMs = 999;
  expect(circuit.admits()).toBe(false);
  for (const nowMs of [1_000, 2_000]) {
    state.nowMs = nowMs;
    expect([circuit.admits(), circuit.admits()]).toEqual([true, false]);
    state.nowMs = nowMs + 999;
    expect(circuit.admits()).toBe(false);
  }
});

test('a try that fails leaves it open, and a success closes it for everyone', () => {
  const { circuit, state, changes, fail } = setUp();
  fail(3);
  state.nowMs = 1_000;
  expect(circuit.admits()).toBe(true);
  circuit.failed();
  expect([circuit.isOpen(), circuit.admits()]).toEqual([true, false]);
  circuit.succeeded();
  expect([circuit.isOpen(), circuit.admits(), circuit.admits()]).toEqual([false, true, true]);
  expect(changes).toEqual(['opened', 'closed']);
  fail(2);
  expect(circuit.isOpen()).toBe(false);
});
