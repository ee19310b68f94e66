/**
 * Budgets of requests, counted in Redis and so exact across processes, in one round trip; requests of one key that
 * come while one is on its way share the next. While Redis is gone, each process counts for itself.
 */

import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
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
  /** What is known without asking: that the budget is spent, and until when. */
  refusal(key: string): Usage | null;
}

const MAX_SPENT = 10_000;

/** What a key has come to with all that was counted together. */
interface Count {
  readonly consumed: number;
  readonly resetMs: number;
}

/** Counts so many requests of a key at once. Never fails. */
type CountAll = (key: string, requests: number) => Promise<Count>;

export function createLimiter(redis: Redis, circuit: Circuit, budget: Budget): Limiter {
  const { requests } = budget;
  const count = together(countInRedis(redis, circuit, budget));
  /** When the budgets that are spent are whole again, by this process's clock. */
  const spent = new LRUCache<string, number>({ max: MAX_SPENT });
  const refusal = (key: string): Usage | null => {
    const resetMs = (spent.get(key) ?? 0) - performance.now();
    return resetMs > 0 ? { budget, isWithin: false, left: 0, resetMs } : null;
  };
  return {
    refusal,
    spend: async (key) => {
      const known = refusal(key);
      if (known !== null) return known;
      const { consumed, resetMs } = await count(key);
      if (consumed > requests) spent.set(key, performance.now() + resetMs);
      return { budget, isWithin: consumed <= requests, left: Math.max(0, requests - consumed), resetMs };
    },
  };
}

function countInRedis(redis: Redis, circuit: Circuit, budget: Budget): CountAll {
  const { name, requests, windowSeconds } = budget;
  const settings = { keyPrefix: `limit:${name}`, points: requests, duration: windowSeconds };
  const shared = new RateLimiterRedis({
    ...settings,
    storeClient: redis,
    rejectIfRedisNotReady: true,
  });
  const own = new RateLimiterMemory(settings);
  const isAnswer = (error: unknown) => error instanceof RateLimiterRes;
  const counted = async (consuming: Promise<RateLimiterRes>): Promise<Count> => {
    const { consumedPoints, msBeforeNext } = await consuming.catch((error: unknown) => {
      if (error instanceof RateLimiterRes) return error;
      throw error;
    });
    return { consumed: consumedPoints, resetMs: msBeforeNext };
  };
  return async (key, together) => {
    if (!circuit.admits()) return counted(own.consume(key, together));
    try {
      return await counted(circuit.observe(shared.consume(key, together), isAnswer));
    } catch {
      return counted(own.consume(key, together));
    }
  };
}

interface Batch {
  size: number;
  readonly counted: PromiseWithResolvers<Count>;
}

/** One call for each key at a time; each request learns what the key had come to with itself. */
function together(countAll: CountAll): (key: string) => Promise<Count> {
  /** Of each key with a call on its way, those who go next. */
  const nextOf = new Map<string, Batch>();
  const newBatch = (): Batch => ({ size: 0, counted: Promise.withResolvers() });
  const send = async (key: string, batch: Batch): Promise<void> => {
    const next = newBatch();
    nextOf.set(key, next);
    batch.counted.resolve(await countAll(key, batch.size));
    if (next.size === 0) nextOf.delete(key);
    else void send(key, next);
  };
  return async (key) => {
    const waiting = nextOf.get(key);
    const batch = waiting ?? newBatch();
    batch.size += 1;
    const place = batch.size;
    if (waiting === undefined) void send(key, batch);
    const { consumed, resetMs } = await batch.counted.promise;
    return { consumed: consumed - batch.size + place, resetMs };
  };
}
