/** What reads must keep up while people log in. Ratios are against the same reads in an idle shop, in the same run. */

import { atMost, judgeAll, type Outcome, type Target } from '#bench/targets.ts';

export const TARGETS = {
  originTail: atMost('product at the origin, p99 beside 100 who log in / idle', 3, '×'),
  edgeTail: atMost('product at the edge, p99 beside 100 who log in / idle', 3, '×'),
} as const satisfies Record<string, Target>;

export type TargetId = keyof typeof TARGETS;
export type Outcomes = Readonly<Partial<Record<TargetId, Outcome>>>;

export const judge = (outcomes: Outcomes) => judgeAll<TargetId>(TARGETS, outcomes);
