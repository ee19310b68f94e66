/** The security log: every event is counted, and lines are written at a bounded rate. */

import { describe, expect, test } from 'bun:test';
import { after, MINUTE_MS } from '#lib/clock.ts';
import { createLogger } from '#lib/log.ts';
import { AppError, PROBLEMS, type ProblemCode } from '#lib/problems.ts';
import {
  createSecurityLog,
  MAX_LINES_A_MINUTE,
  MAX_LINES_OF_AN_ADDRESS,
  SECURITY_EVENTS,
  type SecurityEvent,
  securityEventOf,
} from '#lib/security-events.ts';

const START = new Date('2026-01-01T00:00:00Z');

function open() {
  const lines: Record<string, unknown>[] = [];
  const counts = new Map<SecurityEvent, number>();
  let aheadMs = 0;
  const log = createLogger({ level: 'info', write: (line) => lines.push(JSON.parse(line)) });
  const security = createSecurityLog({ now: () => after(START, aheadMs) }, (event) =>
    counts.set(event, (counts.get(event) ?? 0) + 1),
  );
  return {
    lines,
    counts,
    fail: (clientAddress: string | null) => security.record('login.failed', { log, clientAddress }),
    succeed: () => security.record('login.succeeded', { log, clientAddress: '203.0.113.1' }),
    refuse: () => security.record('csrf.refused', { log, clientAddress: '203.0.113.1' }),
    later: (ms: number) => {
      aheadMs += ms;
    },
  };
}

describe('a flood', () => {
  test('from one address leaves a few lines a minute, and is counted to the last', () => {
    const { lines, counts, fail, refuse } = open();
    for (let times = 0; times < 10_000; times += 1) fail('203.0.113.1');
    expect(lines).toHaveLength(MAX_LINES_OF_AN_ADDRESS);
    expect(counts.get('login.failed')).toBe(10_000);
    refuse();
    expect(lines).toHaveLength(MAX_LINES_OF_AN_ADDRESS + 1);
  });

  test('does not hide what another address does', () => {
    const { lines, fail } = open();
    for (let times = 0; times < 1_000; times += 1) fail('203.0.113.1');
    fail('203.0.113.2');
    expect(lines.at(-1)).toMatchObject({ clientAddress: '203.0.113.2', unlogged: 990 });
  });

  test('from everywhere is bounded, too', () => {
    const { lines, fail } = open();
    for (let address = 0; address < 10_000; address += 1) fail(`203.0.${address}`);
    for (let times = 0; times < 1_000; times += 1) fail(null);
    expect(lines).toHaveLength(MAX_LINES_A_MINUTE);
  });

  test('is told of in the next line that is written', () => {
    const { lines, fail, later } = open();
    for (let times = 0; times < 100; times += 1) fail('203.0.113.1');
    later(MINUTE_MS);
    fail('203.0.113.1');
    fail('203.0.113.1');
    expect(lines.slice(-2).map(({ unlogged }) => unlogged)).toEqual([
      100 - MAX_LINES_OF_AN_ADDRESS,
      undefined,
    ]);
  });

  test('of log-ins that succeed is on record whole: each has cost a password', () => {
    const { lines, succeed } = open();
    for (let times = 0; times < 1_000; times += 1) succeed();
    expect(lines).toHaveLength(1_000);
  });
});

describe('a failure', () => {
  test('is an event of the list, or none', () => {
    const codes = Object.keys(PROBLEMS) as ProblemCode[];
    const events = codes.map((code) => securityEventOf(new AppError(code)));
    for (const event of events) if (event !== null) expect(SECURITY_EVENTS).toContainKey(event);
    expect(securityEventOf(new AppError('out_of_stock'))).toBeNull();
    expect(securityEventOf(new AppError('order_not_found'))).toBeNull();
    expect(securityEventOf(new AppError('order_not_found', {}, { reason: 'of_another' }))).toBe(
      'access.refused',
    );
  });

  test('tells the log what it does not tell its caller', () => {
    const failure = new AppError('credentials_invalid', {}, { userId: 'u', reason: 'wrong_password' });
    expect(JSON.stringify(failure.extras)).toBe('{}');
    expect(failure.message).not.toContain('wrong_password');
  });
});
