/**
 * Budgets of requests, counted in Redis and so exact across processes: all that are spent in one turn of the event
 * loop in one round trip. While Redis is gone, each process counts for itself.
 */

import { type Redis, ReplyError } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { present } from '#lib/assert.ts';
import type { Circuit } from '#lib/circuit.ts';
import { SECOND_MS } from '#lib/clock.ts';

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
  /** Counts one request, and calls back once it is counted. Never fails. */
  count(key: string, onCounted: (usage: Usage) => void): void;
  /** What is known without asking: that the budget is spent, and until when. */
  refusal(key: string): Usage | null;
}

const MAX_SPENT = 10_000;
/** A script holds up everybody else at Redis for as long as it runs. */
const MAX_TOGETHER = 200;

/** KEYS: counters. ARGV: the window in milliseconds. Gives of each counter in turn its count and what is left of its window. */
const COUNT = `
local counts = {}
for i, key in ipairs(KEYS) do
  local count = redis.call('incr', key)
  local rest = redis.call('pttl', key)
  if rest < 0 then
    rest = tonumber(ARGV[1])
    redis.call('pexpire', key, rest)
  end
  counts[2 * i - 1] = count
  counts[2 * i] = rest
end
return counts`;
const COMMAND = 'countTogether';

type CountTogether = (keys: number, ...keysAndWindow: readonly (string | number)[]) => Promise<number[]>;

/** Who spends in this turn of the event loop, in their order; one who spends twice is in it twice. */
interface Turn {
  readonly keys: string[];
  readonly callbacks: ((usage: Usage) => void)[];
}

export function createLimiter(redis: Redis, circuit: Circuit, budget: Budget): Limiter {
  const { name, requests, windowSeconds } = budget;
  const countTogether = define(redis);
  const own = new RateLimiterMemory({ points: requests, duration: windowSeconds });
  /** When the budgets that are spent are whole again, by this process's clock. */
  const spent = new LRUCache<string, number>({ max: MAX_SPENT });
  const refusal = (key: string): Usage | null => {
    const until = spent.get(key);
    const resetMs = until === undefined ? 0 : until - performance.now();
    return resetMs > 0 ? { budget, isWithin: false, left: 0, resetMs } : null;
  };
  const usageOf = (key: string, count: number, resetMs: number): Usage => {
    if (count > requests) spent.set(key, performance.now() + resetMs);
    return { budget, isWithin: count <= requests, left: Math.max(0, requests - count), resetMs };
  };
  const countHere = async (key: string): Promise<Usage> => {
    const { consumedPoints, msBeforeNext } = await own.consume(key).catch((error: unknown) => {
      if (error instanceof RateLimiterRes) return error;
      throw error;
    });
    return usageOf(key, consumedPoints, msBeforeNext);
  };
  const countAll = async (keys: readonly string[]): Promise<readonly number[] | null> => {
    if (!circuit.admits()) return null;
    const counters = keys.map((key) => `limit:${name}:${key}`);
    const counting = countTogether(keys.length, ...counters, windowSeconds * SECOND_MS);
    return circuit.observe(counting, (error) => error instanceof ReplyError).catch(() => null);
  };
  const settle = async ({ keys, callbacks }: Turn): Promise<void> => {
    const counts = await countAll(keys);
    for (let at = 0; at < keys.length; at += 1) {
      const [key, onCounted] = [present(keys[at], 'a key'), present(callbacks[at], 'who waits for it')];
      const count = counts?.[2 * at];
      if (count === undefined) void countHere(key).then(onCounted);
      else onCounted(usageOf(key, count, counts?.[2 * at + 1] ?? 0));
    }
  };
  let turn: Turn | null = null;
  const begin = (): Turn => {
    const begun: Turn = { keys: [], callbacks: [] };
    setImmediate(() => {
      if (turn === begun) turn = null;
      void settle(begun);
    });
    return begun;
  };
  return {
    refusal,
    count: (key, onCounted) => {
      turn ??= begin();
      turn.keys.push(key);
      turn.callbacks.push(onCounted);
      if (turn.keys.length >= MAX_TOGETHER) turn = null;
    },
  };
}

function define(redis: Redis): CountTogether {
  redis.defineCommand(COMMAND, { lua: COUNT });
  return (...args) => (redis as unknown as Record<typeof COMMAND, CountTogether>)[COMMAND](...args);
}
