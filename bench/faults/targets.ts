/** What a whole matrix must hold. Pure. */

import { figureOf } from '#bench/statistics.ts';
import { atLeast, atMost, type Judged, judgeAll, type Outcome } from '#bench/targets.ts';
import { SECOND_MS } from '#lib/clock.ts';
import type { AuditReport } from '#ops/audit/report.ts';
import type { JudgedCell, Tally } from './judge.ts';
import type { Kind } from './ledger.ts';

const PERCENT = 100;
const TEN_THOUSAND = 10_000;

export interface Found {
  readonly cells: readonly JudgedCell[];
  readonly audit: AuditReport;
  /** What was still under way when all should have been at rest. */
  readonly unsettled: readonly string[];
}

const TARGETS = {
  reads: atMost('pages seen before and not answered 200, of 10,000', 1, ''),
  coldReads: atMost('pages never seen before and not answered 200, one component broken, of 10,000', 1, ''),
  writes: atLeast('writes answered with success or a clear refusal, in time', 100, '%'),
  cells: atMost('cells of the matrix that are not as designed', 0, ''),
  normal: atMost('slowest way back to normal, of the time that it may take', 100, '%'),
  slowest: atMost('slowest answer to a write', 30, 's'),
  audit: atMost('breaches of the audit, and what never came to rest', 0, ''),
} as const;

export type TargetId = keyof typeof TARGETS;

export function judge({ cells, audit, unsettled }: Found): readonly Judged<TargetId>[] {
  const tallies = (...kinds: readonly Kind[]) =>
    cells.flatMap(({ tallies: each }) => kinds.map((kind) => each[kind]));
  const single = cells.filter(({ cell }) => cell.component !== 'origins');
  const writes = tallies('cart', 'checkout');
  const leftOut = audit.checks.filter((check) => check.leftOut !== null).length;
  const breaches = audit.checks.reduce((sum, check) => sum + check.breaches, 0);
  return judgeAll<TargetId>(TARGETS, {
    reads: one(shareOf(tallies('warm read'), notGood) * TEN_THOUSAND),
    ...(single.length === 0
      ? {}
      : {
          coldReads: one(
            shareOf(
              single.map(({ tallies: each }) => each['cold read']),
              notGood,
            ) * TEN_THOUSAND,
          ),
        }),
    writes: one(shareOf(writes, ({ good, refused }) => good + refused) * PERCENT),
    cells: one(cells.filter(({ breaches: each }) => each.length > 0).length),
    normal: one(Math.max(...cells.map(partOfLimit)) * PERCENT),
    slowest: one(Math.max(...writes.map(({ slowestMs }) => slowestMs)) / SECOND_MS),
    audit: one(breaches + leftOut + unsettled.length),
  });
}

const one = (value: number): Outcome => ({ figure: figureOf([value]) });

const notGood = ({ all, good }: Tally) => all - good;

function shareOf(tallies: readonly Tally[], count: (tally: Tally) => number): number {
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  return sum(count) / sum(({ all }) => all);
}

/** One that was never normal is slower than any limit. */
function partOfLimit({ normalAfterMs, normalWithinMs }: JudgedCell): number {
  return (normalAfterMs ?? Number.POSITIVE_INFINITY) / normalWithinMs;
}
