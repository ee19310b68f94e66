/** How soon an operator hears of a fault and of its end, by rules that look once a second. */

import { atMost, judgeAll, type Outcome, type Target } from '#bench/targets.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { EVALUATION_MS, SCRAPE_MS } from './prometheus.ts';

/** One scrape until it is known, one evaluation until it is judged. */
const MOST_SECONDS = (SCRAPE_MS + EVALUATION_MS) / SECOND_MS;

export const TARGETS = {
  pending: atMost('from the fault to the alert pending, the slowest of all', MOST_SECONDS, 's'),
  firing: atMost(
    "from the fault to the alert firing, less the rule's own wait, the slowest",
    MOST_SECONDS,
    's',
  ),
  resolved: atMost('from the repair to the alert resolved, the slowest', MOST_SECONDS, 's'),
  false: atMost('alerts that fired and had no reason to', 0, ''),
} as const satisfies Record<string, Target>;

export type TargetId = keyof typeof TARGETS;
export type Outcomes = Readonly<Partial<Record<TargetId, Outcome>>>;

export const judge = (outcomes: Outcomes) => judgeAll<TargetId>(TARGETS, outcomes);
