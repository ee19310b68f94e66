/** A token bucket of retries: calls fill it, retries empty it. However long all fail, few more are made than without. */

import type { RetryBudgetPolicy } from './policies.ts';

export interface RetryBudget {
  /** A first attempt is made. */
  earn(): void;
  /** Whether one more attempt may be made; it is counted as made then. */
  take(): boolean;
}

/** Of `n` calls, at most `reserve + share × n` are repeated. */
export function createRetryBudget({ share, reserve }: RetryBudgetPolicy): RetryBudget {
  let tokens = reserve;
  return {
    earn: () => {
      tokens = Math.min(reserve, tokens + share);
    },
    take: () => {
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
