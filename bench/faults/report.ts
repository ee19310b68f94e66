/** A played matrix as a report. Pure. */

import type { Matrix, MatrixCell } from '#bench/page/matrix.ts';
import type { Report, Surroundings, Table } from '#bench/page/model.ts';
import { COMPONENTS, FAULTS, TITLES } from './design.ts';
import { inSeconds, type JudgedCell, type Tally } from './judge.ts';
import { KINDS } from './ledger.ts';
import { type Found, judge } from './targets.ts';

export interface Told {
  readonly faultMs: number;
  readonly surroundings: Surroundings;
  readonly durationSeconds: number;
}

export function toReport(found: Found, { faultMs, surroundings, durationSeconds }: Told): Report {
  const { cells } = found;
  const reads = cells.reduce(
    (sum, { tallies }) => sum + tallies['warm read'].all + tallies['cold read'].all,
    0,
  );
  const writes = cells.reduce((sum, { tallies }) => sum + tallies.cart.all + tallies.checkout.all, 0);
  return {
    title: 'Hotshelf: what breaks, and what the shopper sees',
    ...surroundings,
    durationSeconds,
    parameters: { faultMs, cells: cells.length, reads, writes },
    about: `${cells.length} faults of ${inSeconds(faultMs)} each, ${reads.toLocaleString('en-US')} reads and ${writes.toLocaleString('en-US')} other requests through the edge meanwhile.`,
    chartsTitle: '',
    chartsNote: '',
    judged: judge(found),
    matrix: matrixOf(cells),
    charts: [],
    tables: [complaintTable(found), auditTable(found)],
  };
}

function matrixOf(cells: readonly JudgedCell[]): Matrix {
  const played = COMPONENTS.filter((component) => cells.some(({ cell }) => cell.component === component));
  return {
    title: 'The matrix',
    note: 'Killed: ended and started again. Frozen: stands still, connections open. Slow: 5 s more, there and back. Refusing: takes no connection. Flapping: there and gone, within a second. Normal: a whole purchase is paid, and has its email and its sale.',
    columns: FAULTS,
    rows: played.map((component) => {
      const row = cells.filter(({ cell }) => cell.component === component);
      return {
        name: TITLES[component],
        note: row[0]?.design.why ?? '',
        cells: FAULTS.map((fault) => {
          const found = row.find(({ cell }) => cell.fault === fault);
          return found === undefined ? null : cellOf(found);
        }),
      };
    }),
  };
}

function cellOf(judged: JudgedCell): MatrixCell {
  const isHeld = judged.breaches.length === 0;
  return {
    verdict: isHeld ? 'held' : 'short',
    headline: isHeld ? 'as designed' : 'not as designed',
    lines: [...judged.breaches, ...linesOf(judged)],
  };
}

/** What the shopper saw. */
export function linesOf({ tallies, normalAfterMs, paidOrders, emailsLate }: JudgedCell): readonly string[] {
  const warm = tallies['warm read'];
  const stale = warm.stale === 0 ? '' : `, ${percent(warm.stale, warm.all)} stale`;
  const degraded = warm.degraded === 0 ? '' : `, ${percent(warm.degraded, warm.all)} degraded`;
  return [
    `pages: ${percent(warm.good, warm.all)} of ${warm.all} answered${stale}${degraded}, slowest ${inSeconds(warm.slowestMs)}`,
    `never seen before: ${described(tallies['cold read'])}`,
    `carts: ${described(tallies.cart)}`,
    `checkouts: ${described(tallies.checkout)}`,
    `${paidOrders} paid${emailsLate === 0 ? '' : `, ${emailsLate} emails late`}`,
    `normal after ${inSeconds(normalAfterMs)}`,
  ];
}

function described({ all, good, refused, broken, slowestMs }: Tally): string {
  const parts = [
    `${good} of ${all}`,
    ...(refused === 0 ? [] : [`${refused} refused`]),
    ...(broken === 0 ? [] : [`${broken} broken`]),
  ];
  return `${parts.join(', ')}; slowest ${inSeconds(slowestMs)}`;
}

function percent(part: number, all: number): string {
  return `${((part / all) * 100).toFixed(part === all ? 0 : 2)} %`;
}

function complaintTable({ cells }: Found): Table {
  const rows = cells.flatMap(({ cell, tallies }) =>
    KINDS.flatMap((kind) =>
      tallies[kind].complaints.map(([what, times]) => [
        TITLES[cell.component],
        cell.fault,
        kind,
        what,
        String(times),
      ]),
    ),
  );
  return {
    title: 'What came instead of what was asked for',
    note: 'Each answer of its own: whoever sends a request again is counted again.',
    head: ['Broken', 'How', 'Request', 'Answer', 'Times'],
    rows,
  };
}

function auditTable({ audit, unsettled }: Found): Table {
  return {
    title: 'Audit',
    note: `The books are ${audit.verdict}. Nothing is excused by its age. ${unsettled.join(', ')}`,
    head: ['Invariant', 'Check', 'Looked at', 'Breaches'],
    rows: audit.checks.map(({ invariant, promise, checked, breaches, leftOut }) => [
      invariant,
      promise,
      String(checked),
      leftOut ?? String(breaches),
    ]),
  };
}
