/** What the shop must still do while more is asked than it can. */

import { atLeast, atMost, judgeAll, type Outcome, type Target } from '#bench/targets.ts';

const goodput = (times: number) =>
  atLeast(`answers/s at ${times} times the capacity, of the most there is`, 90, '%');

export const TARGETS = {
  goodput2: goodput(2),
  goodput5: goodput(5),
  goodput10: goodput(10),
  refusal: atMost('refused at 10 times the capacity, time to the answer, median', 10, 'ms'),
  payments: atLeast('shoppers who bought during 10 times the capacity, of those who wanted', 99, '%'),
  amplification: atMost('requests at an origin that hangs up / those of shoppers, 2,000 reads', 1.1, ''),
} as const satisfies Record<string, Target>;

export type TargetId = keyof typeof TARGETS;
export type Outcomes = Readonly<Partial<Record<TargetId, Outcome>>>;

export const judge = (outcomes: Outcomes) => judgeAll<TargetId>(TARGETS, outcomes);
