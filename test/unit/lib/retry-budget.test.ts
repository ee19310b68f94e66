/** The retry budget, whatever happens in whatever order. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { createRetryBudget } from '#lib/retry-budget.ts';

const POLICY = { share: 0.1, reserve: 10 };

test('of any number of calls, in any order with their failures, at most the reserve and a tenth are repeated', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 5 }), { maxLength: 400 }), (failuresOfCalls) => {
      const budget = createRetryBudget(POLICY);
      let retries = 0;
      for (const failures of failuresOfCalls) {
        budget.earn();
        for (let failed = 0; failed < failures && budget.take(); failed += 1) retries += 1;
      }
      expect(retries).toBeLessThanOrEqual(POLICY.reserve + POLICY.share * failuresOfCalls.length + 1e-9);
    }),
  );
});

test('a full outage, however long, is amplified by no more than a tenth beyond the reserve', () => {
  const budget = createRetryBudget(POLICY);
  const calls = 10_000;
  let attempts = 0;
  for (let call = 0; call < calls; call += 1) {
    budget.earn();
    attempts += 1;
    for (let retry = 0; retry < 4 && budget.take(); retry += 1) attempts += 1;
  }
  expect(attempts / calls).toBeLessThanOrEqual(1.1 + POLICY.reserve / calls);
});

test('what was not used is not saved up', () => {
  const budget = createRetryBudget(POLICY);
  for (let call = 0; call < 10_000; call += 1) budget.earn();
  let retries = 0;
  while (budget.take()) retries += 1;
  expect(retries).toBe(POLICY.reserve);
});
