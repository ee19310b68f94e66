/** When a chaos run has held what it must. */

import { expect, test } from 'bun:test';
import { type Diary, openDiary } from '#bench/chaos/diary.ts';
import type { PlayedEpisode } from '#bench/chaos/play.ts';
import { toReport } from '#bench/chaos/report.ts';
import type { Findings } from '#bench/chaos/run.ts';
import type { Fault } from '#bench/chaos/schedule.ts';
import { judge, type TargetId } from '#bench/chaos/verdicts.ts';
import { renderPage } from '#bench/page/page.ts';
import { type CheckReport, toReport as toAudit } from '#ops/audit/report.ts';

const NAMES = [
  ['I1', 'stock-in-range'],
  ['I2', 'no-oversell'],
  ['I3', 'charged-once'],
  ['I4', 'sold-once'],
  ['I4', 'one-mail'],
  ['I5', 'open-past-deadline'],
] as const;

const checks = (breached?: string): CheckReport[] =>
  NAMES.map(([invariant, name]) => ({
    ...{ invariant, name, promise: name, checked: 3, breaches: name === breached ? 1 : 0 },
    ...{ inFlight: 0, rows: [], leftOut: null, tookMs: 1 },
  }));

const episode = (fault: Fault, normalAfterMs: number | null): PlayedEpisode => ({
  struck: [{ strike: { atMs: 3_000, lastsMs: 500, fault }, beganMs: 3_000, endedMs: 3_600 }],
  upMs: 3_600,
  normalAfterMs,
});

const REDIS_KILLED: Fault = { kind: 'kill', target: 'redis', isWiped: false };
const SLOW_STRIPE: Fault = { kind: 'network', target: 'stripe', fault: { kind: 'latency', ms: 50 } };

function diary(): Diary {
  const empty = openDiary();
  empty.visits.push({ atMs: 1_000, ending: 'paid', tookMs: 20, tries: 1 });
  empty.failures.push({ atMs: 3_100, what: 'no connection' });
  return empty;
}

function findings(other: Partial<Findings> = {}): Findings {
  return {
    episodes: [episode(REDIS_KILLED, 900), episode(SLOW_STRIPE, 100)],
    diary: diary(),
    unsettled: [],
    settledAfterMs: 100,
    audit: toAudit(checks(), new Date(0), 1),
    missing: [],
    ordersByStatus: [['paid', 1]],
    ...other,
  };
}

const shortOf = (found: Findings) =>
  judge(found).flatMap(({ id, verdict }) => (verdict === 'held' ? [] : [id]));

test('a run in which nothing is wrong holds every target', () => {
  expect(shortOf(findings())).toEqual([]);
});

test.each<[string, TargetId]>([
  ['stock-in-range', 'oversold'],
  ['no-oversell', 'oversold'],
  ['charged-once', 'money'],
  ['sold-once', 'lost'],
  ['open-past-deadline', 'lost'],
  ['one-mail', 'mails'],
])('a breach of %s is short of: %s', (name, target) => {
  expect(shortOf(findings({ audit: toAudit(checks(name), new Date(0), 1) }))).toEqual([target]);
});

test('a check that could not be made holds nothing', () => {
  const leftOut = checks().map((check) => ({ ...check, leftOut: 'there is no Stripe to ask' }));
  const short = shortOf(findings({ audit: toAudit(leftOut, new Date(0), 1) }));
  expect(short).toEqual(['oversold', 'money', 'lost', 'mails']);
});

test('whoever is told one thing and finds another is counted', () => {
  expect(shortOf(findings({ missing: ['order 1'] }))).toEqual(['acknowledged']);
  expect(shortOf(findings({ unsettled: ['1 event'] }))).toEqual(['unsettled']);
  const confused = { ...diary(), contradictions: ['201 and 409'] };
  expect(shortOf(findings({ diary: confused }))).toEqual(['contradictions']);
  expect(shortOf(findings({ diary: openDiary() }))).toEqual(['paid']);
});

test('the slowest return to normal counts, and one that never came is the slowest', () => {
  const slow = [episode(REDIS_KILLED, 100), episode(REDIS_KILLED, 5_001), episode(SLOW_STRIPE, 1)];
  expect(shortOf(findings({ episodes: slow }))).toEqual(['killed']);
  expect(shortOf(findings({ episodes: [episode(REDIS_KILLED, 1), episode(SLOW_STRIPE, null)] }))).toEqual([
    'others',
  ]);
});

test('the page has every fault, what shoppers saw and the verdicts', () => {
  const surroundings = { startedAt: '', command: '', commit: '', machine: [], versions: {} };
  const options = { seed: 7, durationMs: 10_000, shoppers: 1, keepsFolder: false };
  const report = toReport(findings(), { options, surroundings, durationSeconds: 10 });
  const page = renderPage(report, '');
  for (const text of ['redis killed', 'network to stripe: 50 ms later', 'no connection', 'Seed 7', 'held']) {
    expect(page).toContain(text);
  }
});
