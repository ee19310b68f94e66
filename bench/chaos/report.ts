/** A run as a report: the faults and the orders on one time line, and what everybody saw. Pure. */

import type { Chart, RateLine, Span, Surroundings, Table } from '#bench/page/model.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { countBy, type Diary } from './diary.ts';
import type { ChaosOptions } from './options.ts';
import { inSeconds, type PlayedEpisode, type Struck } from './play.ts';
import type { Findings } from './run.ts';
import { describeFault } from './schedule.ts';
import { judge } from './verdicts.ts';

export interface Told {
  readonly options: ChaosOptions;
  readonly surroundings: Surroundings;
  readonly durationSeconds: number;
}

export function toReport(findings: Findings, { options, surroundings, durationSeconds }: Told) {
  const { diary, episodes } = findings;
  const orders = findings.ordersByStatus.reduce((sum, [, count]) => sum + count, 0);
  const strikes = episodes.flatMap(({ struck }) => struck);
  return {
    title: 'Hotshelf: chaos',
    ...surroundings,
    durationSeconds,
    parameters: { seed: options.seed, durationMs: options.durationMs, shoppers: options.shoppers },
    about: `Seed ${options.seed}: ${orders} orders placed while ${strikes.length} things went wrong.`,
    judged: judge(findings),
    chartsTitle: 'What went wrong, and what came of it',
    chartsNote: 'Red: the fault lasts. Pale: all is up again, and the shop is not yet normal.',
    charts: chartsOf(findings),
    tables: [
      faultTable(episodes),
      countTable(
        'How visits ended',
        diary.visits.map(({ ending }) => ending),
      ),
      countTable(
        'What shoppers got instead of an answer',
        diary.failures.map(({ what }) => what),
      ),
      countTable(
        'What the chaos was made of',
        strikes.map(({ strike }) => describeTarget(strike.fault)),
      ),
      statusTable(findings),
      auditTable(findings),
      complaintTable(findings),
    ],
  };
}

function describeTarget(fault: Struck['strike']['fault']): string {
  return fault.kind === 'network' ? `network to ${fault.target}: ${fault.fault.kind}` : describeFault(fault);
}

function chartsOf({ episodes, diary }: Findings): readonly Chart[] {
  const spans = episodes.flatMap(spansOf);
  const rows = [...new Set(spans.map(({ row }) => row))].toSorted();
  const lastMs = Math.max(
    SECOND_MS,
    ...diary.visits.map(({ atMs }) => atMs),
    ...episodes.map(({ upMs }) => upMs),
  );
  const durationSeconds = Math.ceil(lastMs / SECOND_MS);
  const line = (label: string, role: RateLine['role'], times: readonly number[]): RateLine => ({
    label,
    role,
    perSecond: perSecond(times, durationSeconds),
  });
  const paid = diary.visits.filter(({ ending }) => ending.startsWith('paid')).map(({ atMs }) => atMs);
  return [
    {
      kind: 'timeline',
      title: 'Faults',
      note: 'Hover over a bar for what it is.',
      durationSeconds,
      rows,
      spans,
    },
    {
      kind: 'rates',
      title: 'Orders and failures',
      note: 'Blue: visits that ended with an order. Red: tries that brought no final answer, and were repeated.',
      unit: 'a second',
      durationSeconds,
      lines: [
        line('paid', 'subject', paid),
        line(
          'failed tries',
          'mark',
          diary.failures.map(({ atMs }) => atMs),
        ),
      ],
    },
  ];
}

function spansOf({ struck, upMs, normalAfterMs }: PlayedEpisode): readonly Span[] {
  return struck.flatMap(({ strike: { fault }, beganMs, endedMs }): Span[] => {
    const row = fault.kind === 'network' ? `to ${fault.target}` : fault.target;
    const label = describeFault(fault);
    const begun = { row, fromSeconds: beganMs / SECOND_MS, toSeconds: endedMs / SECOND_MS };
    if (normalAfterMs === null) return [{ ...begun, role: 'fault', label }];
    const toSeconds = (upMs + normalAfterMs) / SECOND_MS;
    const after = { row, fromSeconds: endedMs / SECOND_MS, toSeconds, label: `after ${label}` };
    return [
      { ...begun, role: 'fault', label },
      { ...after, role: 'recovery' },
    ];
  });
}

function perSecond(times: readonly number[], durationSeconds: number): readonly number[] {
  const counts = Array.from({ length: durationSeconds }, () => 0);
  for (const atMs of times) {
    const second = Math.floor(atMs / SECOND_MS);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts.slice(0, durationSeconds);
}

function faultTable(episodes: readonly PlayedEpisode[]): Table {
  const rows = episodes.flatMap(({ struck, normalAfterMs }) =>
    struck.map(({ strike, beganMs, endedMs }) => [
      inSeconds(beganMs),
      describeFault(strike.fault),
      inSeconds(endedMs - beganMs),
      normalAfterMs === null ? 'not before the next' : inSeconds(normalAfterMs),
    ]),
  );
  return {
    title: 'Faults',
    note: 'Normal: an order that was begun once all was up is paid, and has its email and its sale; at each origin.',
    head: ['At', 'What', 'Up again after', 'Normal after that'],
    rows,
  };
}

function countTable(title: string, words: readonly string[]): Table {
  const rows = countBy(words, (word) => word).map(([word, count]) => [word, String(count)]);
  return { title, note: `${words.length} in all.`, head: ['What', 'How often'], rows };
}

function statusTable({ ordersByStatus, settledAfterMs }: Findings): Table {
  const rows = ordersByStatus.map(([status, count]) => [status, String(count)]);
  const note = `In the database, once all had come to rest ${inSeconds(settledAfterMs)} after the last shopper.`;
  return { title: 'Orders', note, head: ['Status', 'How many'], rows };
}

function auditTable({ audit }: Findings): Table {
  return {
    title: 'Audit',
    note: `The books are ${audit.verdict}. Nothing is excused by its age.`,
    head: ['Invariant', 'Check', 'Looked at', 'Breaches'],
    rows: audit.checks.map(({ invariant, promise, checked, breaches, leftOut }) => [
      invariant,
      promise,
      String(checked),
      leftOut ?? String(breaches),
    ]),
  };
}

const complaintsOf = ({
  missing,
  unsettled,
  diary,
}: Pick<Findings, 'missing' | 'unsettled'> & { readonly diary: Diary }) => [
  ...missing,
  ...unsettled,
  ...diary.contradictions,
];

function complaintTable(findings: Findings): Table {
  const rows = complaintsOf(findings).map((complaint) => [complaint]);
  return { title: 'Complaints', note: `${rows.length} in all.`, head: ['What is wrong'], rows };
}
