/** What the bench reads off other programs: wrk, pgbench, the kernel, `Cache-Status`. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseStat } from '#bench/load/cpu.ts';
import { parseRate } from '#bench/load/pgbench.ts';
import { parseSummary } from '#bench/load/wrk.ts';
import { tierOf } from '#bench/read/tier.ts';

const SUMMARY = {
  requests: 500,
  durationUs: 2_000_000,
  meanUs: 1_500.5,
  p50Us: 1_000,
  p99Us: 9_000,
  maxUs: 12_000,
  refused: 3,
  broken: 4,
};

test("wrk's figures come from the last line, in milliseconds and per second", () => {
  const output = `Running 600s test\n  Latency 1.00ms\n${JSON.stringify(SUMMARY)}\n`;
  expect(parseSummary(output)).toEqual({
    requests: 500,
    perSecond: 250,
    meanMs: 1.5005,
    p50Ms: 1,
    p99Ms: 9,
    refused: 3,
    broken: 4,
  });
});

test('output without a summary is an error, not a figure', () => {
  fc.assert(
    fc.property(fc.string(), (output) => {
      expect(() => parseSummary(output)).toThrow('no summary');
    }),
  );
  const { p99Us: _, ...incomplete } = SUMMARY;
  expect(() => parseSummary(JSON.stringify(incomplete))).toThrow('no summary');
});

test('a pgbench run counts only when nothing in it failed', () => {
  const rate = 'tps = 3021.512000 (without initial connection time)\n';
  expect(parseRate(`number of failed transactions: 0 (0.000%)\n${rate}`)).toBe(3_021.512);
  expect(() => parseRate(`number of failed transactions: 2 (0.100%)\n${rate}`)).toThrow();
  expect(() => parseRate('pgbench: error: aborted')).toThrow();
});

test('processor time is user and system time, whatever the process calls itself', () => {
  const stat = '7 (a ) b(c) S 3 7 7 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 1 0 100 1000 10';
  expect(parseStat(7, stat)).toEqual({ pid: 7, parent: 3, seconds: 2 });
});

test.each([
  ['hotshelf-edge; hit; ttl=60; detail=colo', 'edge'],
  ['hotshelf-memory; hit, hotshelf-edge; fwd=miss; stored', 'memory'],
  ['hotshelf-redis; hit, hotshelf-memory; fwd=miss', 'redis'],
  ['hotshelf-redis; fwd=miss, hotshelf-memory; fwd=miss, hotshelf-edge; fwd=miss; stored', 'none'],
  ['hotshelf-origin; hit; detail=memory', 'memory'],
  [null, 'none'],
] as const)('%p was answered by %s', (header, tier) => {
  expect(tierOf(header)).toBe(tier);
});
