/**
 * What is answered when a read fails: its own last good answer, or the first of its stand-ins that has something, marked
 * as what it is.
 */

import type { Degradation } from '#lib/degraded.ts';
import type { Metrics } from '#lib/metrics.ts';
import { AppError, PROBLEMS } from '#lib/problems.ts';
import type { Answer } from './answer.ts';
import type { LastGood } from './last-good.ts';
import type { CachedRead, StoodIn } from './tiered-cache.ts';

/** Null where there is nothing to say. */
export type StandIn = () => Promise<{
  readonly answer: Answer;
  readonly source: Degradation['source'];
} | null>;

export interface Fallback {
  readonly feature: Degradation['feature'];
  /** Of the last good answer; without it, none is kept. */
  readonly lastGoodKey?: string;
  /** The best first. */
  readonly standIns: readonly StandIn[];
}

interface Kept {
  readonly metrics: Metrics;
  readonly lastGood: LastGood;
}

export function withStandIns(
  { metrics, lastGood }: Kept,
  cached: CachedRead,
  { feature, lastGoodKey: key, standIns }: Fallback,
): CachedRead {
  const last: StandIn = async () => {
    const answer = key === undefined ? null : await lastGood.find(key);
    return answer && { answer, source: 'last_good' };
  };
  return {
    peek: cached.peek,
    read: async () => {
      try {
        const found = await cached.read();
        const isNew = found.from === 'origin' || found.from === 'origin_alone';
        if (key !== undefined && isNew && found.answer !== null) lastGood.remember(key, found.answer);
        return found;
      } catch (error) {
        const stoodIn = isRefusal(error) ? null : await firstOf(feature, [last, ...standIns]);
        if (stoodIn === null) throw error;
        metrics.count('degraded_answers_total', stoodIn.degradation);
        return stoodIn;
      }
    },
  };
}

async function firstOf(
  feature: Degradation['feature'],
  standIns: readonly StandIn[],
): Promise<StoodIn | null> {
  for (const standIn of standIns) {
    const found = await standIn().catch(() => null);
    if (found === null) continue;
    return { answer: found.answer, from: 'stand-in', degradation: { feature, source: found.source } };
  }
  return null;
}

/** The request is wrong, and would be whatever works. */
export function isRefusal(error: unknown): boolean {
  return error instanceof AppError && !PROBLEMS[error.code].retryable;
}
