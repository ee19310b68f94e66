/** The table that people read, and what must hold of the figures in it. */

import { expect, test } from 'bun:test';
import { POLICIES, type Policy, REQUEST_LIMITS, WEBHOOK_RETRIES } from '#lib/policies.ts';
import { policyTable } from '#ops/policies.ts';

const rows = Object.entries<Policy>(POLICIES);

test('the table names every dependency with its reason', () => {
  const text = policyTable();
  for (const [name, { why }] of rows) {
    expect(text).toContain(`\n${name} `);
    expect(text).toContain(why);
  }
});

test('retries are a tenth of all calls at most', () => {
  for (const [, { retry }] of rows) expect(retry.budget.share).toBeLessThanOrEqual(0.1);
});

test('a breaker opens after five failures in a row at the latest, and asks again within a minute', () => {
  for (const [, { breaker }] of rows) {
    if (breaker === null) continue;
    expect(breaker.failures).toBeLessThanOrEqual(5);
    expect(breaker.longestHalfOpenAfterMs).toBeLessThanOrEqual(60_000);
  }
});

test('what is ours is probed often enough for the shop to be itself within five seconds', () => {
  for (const name of ['postgres', 'postgres-general', 'postgres-search', 'redis', 'origin'] as const) {
    expect(POLICIES[name].breaker.longestHalfOpenAfterMs).toBeLessThanOrEqual(1_000);
  }
});

test('all attempts of a payment together end before the edge gives up a checkout', () => {
  const { timeoutMs, retry } = POLICIES.stripe;
  const longest = (retry.most + 1) * timeoutMs + retry.most * retry.longestWaitMs;
  expect(longest).toBeLessThan(REQUEST_LIMITS.writeMs - REQUEST_LIMITS.marginMs);
});

test('a webhook is tried again and again for about a day', () => {
  const { attempts, firstWaitMs, factor, longestWaitMs } = WEBHOOK_RETRIES;
  const waits = Array.from({ length: attempts - 1 }, (_, at) =>
    Math.min(firstWaitMs * factor ** at, longestWaitMs),
  );
  const hours = waits.reduce((sum, ms) => sum + ms, 0) / 3_600_000;
  expect(hours).toBeWithin(20, 28);
  expect(policyTable()).toContain(`A webhook is tried ${attempts} times`);
});
