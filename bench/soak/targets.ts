/** What must stay as it is while the shop runs for long. */

import { atLeast, atMost, judgeAll, type Outcome, type Target } from '#bench/targets.ts';

const slope = (process: string) => atMost(`resident memory of ${process}, growth a minute`, 1, 'MB');

export const TARGETS = {
  'origin-1': slope('origin 1'),
  'origin-2': slope('origin 2'),
  'workers-1': slope('workers 1'),
  'workers-2': slope('workers 2'),
  edge: slope('the edge'),
  reads: atLeast('reads answered 200, of all', 99.99, '%'),
  pace: atLeast('reads made, of those that were to be made', 95, '%'),
  orders: atLeast('purchases that ended paid, of all', 99.9, '%'),
} as const satisfies Record<string, Target>;

export type TargetId = keyof typeof TARGETS;
export type Outcomes = Readonly<Partial<Record<TargetId, Outcome>>>;

export const judge = (outcomes: Outcomes) => judgeAll<TargetId>(TARGETS, outcomes);
