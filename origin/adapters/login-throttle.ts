/**
 * Slows down guessing of passwords. Every attempt counts before it is made, and one that succeeds is taken off again;
 * past the free ones each failure doubles the wait for the next. Counted are the address, whatever it tries, and the
 * account, whoever tries: an address from which the account's owner has logged in before counts for itself, so that
 * strangers' failures keep nobody out of their own account at home.
 */

import type { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import type { Circuit } from '#lib/circuit.ts';
import { type Clock, DAY_MS, MINUTE_MS, SECOND_MS } from '#lib/clock.ts';

/** How many failures cost nothing, how long the first wait is and the longest, and when all is forgotten. */
export interface WaitPolicy {
  readonly freeFailures: number;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  readonly forgetAfterMs: number;
}

export interface LoginPolicies {
  readonly address: WaitPolicy;
  readonly account: WaitPolicy;
  readonly knownPlace: WaitPolicy;
}

export interface LoginPlace {
  /** Made from the account's name; the throttle never sees the name itself. */
  readonly account: string;
  readonly address: string;
}

export interface LoginThrottle {
  /** Counts an attempt. Zero: it may be made; else so many milliseconds later. Never fails. */
  begin(place: LoginPlace): Promise<number>;
  /** It was the owner: the attempt is taken off, and the place is known from now on. */
  succeeded(place: LoginPlace): Promise<void>;
  /** It was the owner, who tried no password: the place is known from now on. Nothing is taken off the address. */
  welcome(place: LoginPlace): Promise<void>;
  /** Nothing was tried: the attempt is taken off. */
  undone(place: LoginPlace): Promise<void>;
}

export const loginPolicies = (freePerAccount: number, freePerAddress: number): LoginPolicies => ({
  address: policy(freePerAddress, 15 * MINUTE_MS),
  account: policy(freePerAccount, 5 * MINUTE_MS),
  knownPlace: policy(2 * freePerAccount, MINUTE_MS),
});

function policy(freeFailures: number, longestWaitMs: number): WaitPolicy {
  return { freeFailures, firstWaitMs: SECOND_MS, longestWaitMs, forgetAfterMs: DAY_MS };
}

const KNOWN_FOR_MS = 30 * DAY_MS;
const MAX_OWN_COUNTS = 50_000;
const PREFIX = 'login:';

/** KEYS: the mark of a known place, then the counts of known place, account and address. ARGV: now, then policies. */
const BEGIN = `
local now = tonumber(ARGV[1])
local counted = { redis.call('exists', KEYS[1]) == 1 and 2 or 3, 4 }
local wait = 0
for _, i in ipairs(counted) do
  local untilMs = tonumber(redis.call('hget', KEYS[i], 'until') or '0')
  wait = math.max(wait, untilMs - now)
end
if wait > 0 then return wait end
for _, i in ipairs(counted) do
  local at = 2 + (i - 2) * 4
  local free, first = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local longest, forget = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local count = redis.call('hincrby', KEYS[i], 'count', 1)
  if count > free then
    local pause = math.min(longest, first * 2 ^ math.min(count - free - 1, 30))
    redis.call('hset', KEYS[i], 'until', string.format('%.0f', now + pause))
  end
  redis.call('pexpire', KEYS[i], forget)
end
return 0`;

/** Takes one off the address, where one was counted; the owner's success clears what was counted on the account, where it was counted. */
const END = `
if ARGV[1] == 'welcome' then
  redis.call('del', KEYS[2])
  redis.call('set', KEYS[1], 1, 'px', ARGV[2])
  return 1
elseif ARGV[1] == 'succeeded' then
  redis.call('del', redis.call('exists', KEYS[1]) == 1 and KEYS[2] or KEYS[3])
  redis.call('set', KEYS[1], 1, 'px', ARGV[2])
else
  local i = redis.call('exists', KEYS[1]) == 1 and 2 or 3
  if tonumber(redis.call('hget', KEYS[i], 'count') or '0') > 0 then redis.call('hincrby', KEYS[i], 'count', -1) end
  redis.call('hdel', KEYS[i], 'until')
end
if tonumber(redis.call('hget', KEYS[4], 'count') or '0') > 0 then redis.call('hincrby', KEYS[4], 'count', -1) end
redis.call('hdel', KEYS[4], 'until')
return 1`;

export interface LoginThrottleOptions {
  readonly redis: Redis;
  readonly circuit: Circuit;
  readonly clock: Clock;
  readonly policies: LoginPolicies;
}

export function createLoginThrottle(options: LoginThrottleOptions): LoginThrottle {
  const { redis, circuit, clock, policies } = options;
  const own = createOwnCounts(clock, policies);
  const inOrder = [policies.knownPlace, policies.account, policies.address];
  const numbers = inOrder.flatMap((each) => [
    each.freeFailures,
    each.firstWaitMs,
    each.longestWaitMs,
    each.forgetAfterMs,
  ]);
  const end = async (place: LoginPlace, how: 'succeeded' | 'welcome' | 'undone') => {
    if (how !== 'welcome') own.undone(place);
    const keys = keysOf(place);
    if (!circuit.admits()) return;
    await circuit.observe(redis.eval(END, keys.length, ...keys, how, KNOWN_FOR_MS)).catch(() => null);
  };
  return {
    begin: async (place) => {
      const keys = keysOf(place);
      if (!circuit.admits()) return own.begin(place);
      try {
        const now = clock.now().getTime();
        return Number(await circuit.observe(redis.eval(BEGIN, keys.length, ...keys, now, ...numbers)));
      } catch {
        return own.begin(place);
      }
    },
    succeeded: (place) => end(place, 'succeeded'),
    welcome: (place) => end(place, 'welcome'),
    undone: (place) => end(place, 'undone'),
  };
}

function keysOf({ account, address }: LoginPlace): string[] {
  const place = `${account}:${address}`;
  return [
    ...[`${PREFIX}known:${place}`, `${PREFIX}place:${place}`],
    ...[`${PREFIX}account:${account}`, `${PREFIX}address:${address}`],
  ];
}

interface Count {
  readonly count: number;
  readonly untilMs: number;
}

/** Of this process, while Redis is gone: no place is known then, and so the address alone is counted. */
function createOwnCounts(clock: Clock, { address: policy }: LoginPolicies) {
  const counts = new LRUCache<string, Count>({ max: MAX_OWN_COUNTS, ttl: policy.forgetAfterMs });
  return {
    begin: ({ address }: LoginPlace): number => {
      const nowMs = clock.now().getTime();
      const { count, untilMs } = counts.get(address) ?? { count: 0, untilMs: 0 };
      if (untilMs > nowMs) return untilMs - nowMs;
      const over = count + 1 - policy.freeFailures;
      const pause = over > 0 ? Math.min(policy.longestWaitMs, policy.firstWaitMs * 2 ** (over - 1)) : 0;
      counts.set(address, { count: count + 1, untilMs: nowMs + pause });
      return 0;
    },
    undone: ({ address }: LoginPlace): void => {
      const { count } = counts.get(address) ?? { count: 0 };
      if (count > 0) counts.set(address, { count: count - 1, untilMs: 0 });
    },
  };
}
