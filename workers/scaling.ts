/**
 * How many processes of the workers there are to be, as a table, and the rule that reads it: up at once, down when less
 * has been enough for a while. The local stack follows it, and Kubernetes by what `ops/kubernetes/` makes of it.
 */

import { SECOND_MS } from '#lib/clock.ts';
import type { ScaledGroup } from './groups.ts';

export interface ScalingStep {
  /** The least reading that wants so many. */
  readonly from: number;
  readonly processes: number;
}

export interface ScalingRule {
  readonly reading: 'queue depth' | 'orders per hour';
  /** Ascending, the first from 0 on. */
  readonly steps: readonly ScalingStep[];
  /** For so long less must have been enough before processes are stopped. */
  readonly holdMs: number;
}

const HOLD_MS = 60 * SECOND_MS;

export const SCALING: Readonly<Record<ScaledGroup, ScalingRule>> = {
  /** Messages that wait for the group's consumers, or are in their hands. */
  email: {
    reading: 'queue depth',
    steps: [
      { from: 0, processes: 2 },
      { from: 100, processes: 5 },
      { from: 1_001, processes: 10 },
    ],
    holdMs: HOLD_MS,
  },
  /** Orders placed within the last hour. */
  inventory: {
    reading: 'orders per hour',
    steps: [
      { from: 0, processes: 2 },
      { from: 100, processes: 5 },
      { from: 1_001, processes: 10 },
    ],
    holdMs: HOLD_MS,
  },
};

export interface ScalingState {
  readonly wanted: number;
  /** While less would be enough: since when, and the most that was needed since. */
  readonly slack: { readonly sinceMs: number; readonly most: number } | null;
}

export const UNSCALED: ScalingState = { wanted: 0, slack: null };

/** @param reading null when it could not be taken: then nothing changes, and the time in which less is enough begins anew */
export function decide(
  { steps, holdMs }: ScalingRule,
  state: ScalingState,
  reading: number | null,
  nowMs: number,
): ScalingState {
  if (reading === null) return { wanted: Math.max(state.wanted, processesFor(steps, 0)), slack: null };
  const needed = processesFor(steps, reading);
  if (needed >= state.wanted) return { wanted: needed, slack: null };
  const slack = {
    sinceMs: state.slack?.sinceMs ?? nowMs,
    most: Math.max(state.slack?.most ?? 0, needed),
  };
  if (nowMs - slack.sinceMs < holdMs) return { wanted: state.wanted, slack };
  return { wanted: slack.most, slack: null };
}

export function processesFor(steps: readonly ScalingStep[], reading: number): number {
  return steps.findLast(({ from }) => reading >= from)?.processes ?? 0;
}
