/**
 * Budgets of requests, counted in Redis and so exact across processes, each request in one round trip. While Redis is
 * gone, each process counts for itself.
 */

import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Circuit } from '#lib/circuit.ts';

export interface Budget {
  readonly name: string;
  readonly requests: number;
  readonly windowSeconds: number;
}

/** How a budget stands after a request. */
export interface Usage {
  readonly budget: Budget;
  readonly isWithin: boolean;
  readonly left: number;
  /** Until the budget is whole again. */
  readonly resetMs: number;
}

export interface Limiter {
  /** Counts one request. Never fails. */
  spend(key: string): Promise<Usage>;
}

export function createLimiter(redis: Redis, circuit: Circuit, budget: Budget): Limiter {
  const { name, requests, windowSeconds } = budget;
  const settings = { keyPrefix: `limit:${name}`, points: requests, duration: windowSeconds };
  const shared = new RateLimiterRedis({
    ...settings,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    // Who is over the budget is refused without asking again.
    inMemoryBlockOnConsumed: requests + 1,
  });
  const own = new RateLimiterMemory(settings);
  const isAnswer = (error: unknown) => error instanceof RateLimiterRes;
  const usage = ({ consumedPoints, remainingPoints, msBeforeNext }: RateLimiterRes): Usage => ({
    budget,
    isWithin: consumedPoints <= requests,
    left: remainingPoints,
    resetMs: msBeforeNext,
  });
  return {
    spend: async (key) => {
      if (circuit.admits()) {
        try {
          return usage(await circuit.observe(shared.consume(key), isAnswer));
        } catch (error) {
          if (error instanceof RateLimiterRes) return refused(budget, error);
        }
      }
      try {
        return usage(await own.consume(key));
      } catch (error) {
        if (error instanceof RateLimiterRes) return refused(budget, error);
        throw error;
      }
    },
  };
}

function refused(budget: Budget, { msBeforeNext }: RateLimiterRes): Usage {
  return { budget, isWithin: false, left: 0, resetMs: msBeforeNext };
}
