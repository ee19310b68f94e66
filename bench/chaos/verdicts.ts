/** What a run must hold, from what it has found. Pure. */

import { figureOf } from '#bench/statistics.ts';
import { atLeast, atMost, type Judged, judgeAll, type Outcome } from '#bench/targets.ts';
import { SECOND_MS } from '#lib/clock.ts';
import type { CheckReport } from '#ops/audit/report.ts';
import type { PlayedEpisode } from './play.ts';
import type { Findings } from './run.ts';

export const TARGETS = {
  oversold: atMost('oversold: stock or sales that do not add up', 0, ''),
  money: atMost('double charged, or money that does not add up', 0, ''),
  lost: atMost('lost: events without their effect, orders without an end', 0, ''),
  mails: atMost('emails that are missing or came twice', 0, ''),
  acknowledged: atMost('acknowledged orders that are missing or otherwise', 0, ''),
  contradictions: atMost('answers that contradict each other', 0, ''),
  unsettled: atMost('things still under way when all was well again', 0, ''),
  killed: atMost('back to normal after worker, broker, cache or database was killed', 5, 's'),
  others: atMost('back to normal after any other fault', 5, 's'),
  paid: atLeast('visits that ended with an order', 1, ''),
} as const;

export type TargetId = keyof typeof TARGETS;

/** What the limit on the way back to normal is for. */
const KILLED_PARTS: ReadonlySet<string> = new Set([
  ...['workers-1', 'workers-2', 'nats', 'redis', 'postgres'],
]);
const MAIL_CHECK = 'one-mail';

export function judge(findings: Findings): readonly Judged<TargetId>[] {
  const { audit, missing, diary, unsettled, episodes } = findings;
  const breaches = (isMeant: (check: CheckReport) => boolean): Outcome => {
    const meant = audit.checks.filter(isMeant);
    const leftOut = meant.find((check) => check.leftOut !== null);
    if (leftOut !== undefined) return { missing: `${leftOut.name} was left out: ${leftOut.leftOut}` };
    return count(meant.reduce((sum, check) => sum + check.breaches, 0));
  };
  const [afterKills, afterOthers] = [episodes.filter(isOfKill), episodes.filter((each) => !isOfKill(each))];
  return judgeAll<TargetId>(TARGETS, {
    oversold: breaches(({ invariant }) => invariant === 'I1' || invariant === 'I2'),
    money: breaches(({ invariant }) => invariant === 'I3'),
    lost: breaches(
      ({ invariant, name }) => invariant === 'I5' || (invariant === 'I4' && name !== MAIL_CHECK),
    ),
    mails: breaches(({ name }) => name === MAIL_CHECK),
    acknowledged: count(missing.length),
    contradictions: count(diary.contradictions.length),
    unsettled: count(unsettled.length),
    ...(afterKills.length === 0 ? {} : { killed: slowest(afterKills) }),
    ...(afterOthers.length === 0 ? {} : { others: slowest(afterOthers) }),
    paid: count(diary.visits.filter(({ ending }) => ending.startsWith('paid')).length),
  });
}

function isOfKill({ struck }: PlayedEpisode): boolean {
  return struck.some(({ strike: { fault } }) => fault.kind === 'kill' && KILLED_PARTS.has(fault.target));
}

const count = (value: number): Outcome => ({ figure: figureOf([value]) });

/** One that was never normal is slower than any limit. */
function slowest(episodes: readonly PlayedEpisode[]): Outcome {
  const seconds = episodes.map(
    ({ normalAfterMs }) => (normalAfterMs ?? Number.POSITIVE_INFINITY) / SECOND_MS,
  );
  return { figure: figureOf([Math.max(...seconds)]) };
}
