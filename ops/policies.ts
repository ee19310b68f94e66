/** `npm run policies`: how every dependency is called, as a table made from the figures themselves. */

import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import {
  type BreakerPolicy,
  POLICIES,
  type Policy,
  REQUEST_LIMITS,
  type RetryPolicy,
  WEBHOOK_AT_ONCE,
  WEBHOOK_RETRIES,
} from '#lib/policies.ts';

const NONE = '-';

function time(ms: number | null): string {
  if (ms === null) return NONE;
  if (ms < SECOND_MS) return `${ms} ms`;
  return ms < MINUTE_MS ? `${ms / SECOND_MS} s` : `${ms / MINUTE_MS} min`;
}

const percent = (share: number) => `${share * 100} %`;

function retries({ most, firstWaitMs, longestWaitMs, budget }: RetryPolicy): string {
  if (most === 0) return NONE;
  return `${most}, after ${time(firstWaitMs)} to ${time(longestWaitMs)}; ${percent(budget.share)} of calls + ${budget.reserve}`;
}

function opens(breaker: BreakerPolicy | null): string {
  if (breaker === null) return NONE;
  return `${breaker.failures} in a row, or over ${percent(breaker.failureRate)}`;
}

function probes(breaker: BreakerPolicy | null): string {
  if (breaker === null) return NONE;
  const { halfOpenAfterMs: first, longestHalfOpenAfterMs: last } = breaker;
  return first === last ? `every ${time(first)}` : `after ${time(first)}, growing to ${time(last)}`;
}

function atOnce({ bulkhead }: Policy): string {
  if (bulkhead === null) return NONE;
  return bulkhead.maxWaiting === 0
    ? `${bulkhead.maxRunning}`
    : `${bulkhead.maxRunning} + ${bulkhead.maxWaiting} waiting`;
}

const HEAD = ['dependency', 'answer in', 'connects in', 'retries', 'opens after', 'one probe', 'at once'];

export function policyTable(): string {
  const rows = Object.entries<Policy>(POLICIES).map(([name, policy]) => [
    ...[name, time(policy.timeoutMs), time(policy.connectMs), retries(policy.retry)],
    ...[opens(policy.breaker), probes(policy.breaker), atOnce(policy)],
  ]);
  const all = [HEAD, ...rows];
  const widths = HEAD.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  const { catalogMs, readMs, writeMs } = REQUEST_LIMITS;
  const { attempts, firstWaitMs, longestWaitMs, factor } = WEBHOOK_RETRIES;
  return [
    ...all.map(line),
    '',
    ...Object.entries<Policy>(POLICIES).map(([name, { why }]) => `${name.padEnd(widths[0] ?? 0)}  ${why}`),
    '',
    `A request has ${time(catalogMs)} for a page of the catalogue, ${time(readMs)} for any other read and ${time(writeMs)} for a write, from the edge to the last query.`,
    `A webhook is tried ${attempts} times, after ${time(firstWaitMs)}, each wait ${factor} times the one before and ${time(longestWaitMs)} at most; ${WEBHOOK_AT_ONCE.well} at once an endpoint, ${WEBHOOK_AT_ONCE.failing} while it fails.`,
  ].join('\n');
}

if (import.meta.main) console.log(policyTable());
