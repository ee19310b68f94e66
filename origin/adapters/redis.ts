/**
 * Redis as the shop uses it: a shared cache that may be gone at any moment. Every call is short; a read that
 * fails is a miss, a write that fails is dropped, and only {@link SharedCache.ping} tells the truth. What hangs is
 * left alone after the first call that got no answer, but for one call a second, until one is answered.
 */

import { Redis, ReplyError } from 'ioredis';
import { verifiedTls } from '#db/tls.ts';
import type { Clock } from '#lib/clock.ts';
import { circuitOf, type GuardSurroundings } from '#lib/guards.ts';
import type { Logger } from '#lib/log.ts';
import { POLICIES } from '#lib/policies.ts';
import { AppError } from '#lib/problems.ts';
import { type Budget, createLimiter, type Limiter } from './limiter.ts';
import { createLoginThrottle, type LoginPolicies, type LoginThrottle } from './login-throttle.ts';
import { createOwedRaises, type Raise } from './owed-raises.ts';

export interface SharedCache {
  get(key: string): Promise<Uint8Array | null>;
  /** The value, and the floor of a fence, in one round trip. */
  getWithFloor(
    key: string,
    fence: string,
  ): Promise<{ readonly value: Uint8Array | null; readonly floor: number }>;
  /** Stores the value unless its version is below the fence's floor. Returns the floor; null when Redis did not answer. */
  setFenced(entry: FencedEntry): Promise<number | null>;
  /**
   * Raises a fence's floor to a version and drops keys, in one step: nothing older can be stored from then on.
   * Returns the floor; null when Redis did not answer.
   */
  raise(fence: string, version: number, keys: readonly string[]): Promise<number | null>;
  /** Raises a fence's floor by one, or to `atLeast`. Returns the floor; null when Redis did not answer. */
  advance(fence: string, atLeast: number): Promise<number | null>;
  /** False while what is asked of it is a miss for no other reason than that it does not answer. */
  isThere(): boolean;
  /** @throws when Redis does not answer in time. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Marks that only rise, such as a place in a log; texts of one length that sort. */
export interface SharedMarks {
  /** Raises the mark to this one unless it is above already. @throws when Redis does not answer in time. */
  raise(key: string, mark: string, ttlMs: number): Promise<void>;
  /** @throws when Redis does not answer in time. */
  read(key: string): Promise<string | null>;
  /** Since when Redis has been there without a break; 0 while it is not. What was marked before may be lost. */
  connectedForMs(): number;
}

/** What is counted across processes. */
export interface SharedCounts {
  limiter(budget: Budget): Limiter;
  loginThrottle(policies: LoginPolicies, clock: Clock): LoginThrottle;
}

/** In the place of Redis where there shall be none. */
export const NO_SHARED_CACHE: SharedCache = {
  get: async () => null,
  getWithFloor: async () => ({ value: null, floor: 0 }),
  setFenced: async () => null,
  raise: async () => null,
  advance: async () => null,
  isThere: () => true,
  ping: async () => {},
  close: async () => {},
};

export interface FencedEntry {
  readonly key: string;
  readonly fence: string;
  readonly version: number;
  readonly value: Uint8Array;
  readonly ttlMs: number;
}

const MAX_RECONNECT_DELAY_MS = 500;
const FENCE_PREFIX = 'fence:';
/** Longer than any answer that it fences may live. */
const FENCE_TTL_SECONDS = 24 * 60 * 60;

const SET_FENCED = `
local floor = tonumber(redis.call('get', KEYS[2]) or '0')
if tonumber(ARGV[1]) >= floor then redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3]) end
return floor`;

const RAISE = `
local floor = math.max(tonumber(redis.call('get', KEYS[1]) or '0'), tonumber(ARGV[1]))
redis.call('set', KEYS[1], string.format('%.0f', floor), 'ex', ${FENCE_TTL_SECONDS})
for i = 2, #KEYS do redis.call('del', KEYS[i]) end
return floor`;

const ADVANCE = `
local floor = math.max(tonumber(redis.call('get', KEYS[1]) or '0') + 1, tonumber(ARGV[1]))
redis.call('set', KEYS[1], string.format('%.0f', floor), 'ex', ${FENCE_TTL_SECONDS})
return floor`;

const RAISE_MARK = `
local mark = redis.call('get', KEYS[1])
if not mark or mark < ARGV[1] then mark = ARGV[1] end
redis.call('set', KEYS[1], mark, 'px', ARGV[2])
return 1`;

export interface ConnectedRedis extends SharedCache {
  readonly marks: SharedMarks;
  readonly counts: SharedCounts;
}

/** @param caFile of a private authority, for a `rediss://` address */
export function connectRedis(url: string, surroundings: GuardSurroundings, caFile?: string): ConnectedRedis {
  const { log } = surroundings;
  const redis = openClient(url, log, caFile);
  const circuit = circuitOf('redis', surroundings);
  let readyAt: number | null = null;
  redis.on('ready', () => {
    readyAt = performance.now();
    circuit.succeeded();
    owed.pay();
    log.info('redis is ready');
  });
  redis.on('close', () => {
    readyAt = null;
    log.warn('the connection to redis closed');
  });

  const observed = <T>(call: Promise<T>) => circuit.observe(call, (error) => error instanceof ReplyError);
  const orElse = async <T>(call: Promise<T>, fallback: T): Promise<T> => {
    try {
      return await observed(call);
    } catch (error) {
      log.debug('a redis command failed', { error });
      return fallback;
    }
  };
  const raiseFloor = ({ fence, version, keys }: Raise) =>
    orElse(redis.eval(RAISE, keys.length + 1, FENCE_PREFIX + fence, ...keys, version), null);
  const owed = createOwedRaises(raiseFloor);
  return {
    get: async (key) => (circuit.admits() ? orElse(redis.getBuffer(key), null) : null),
    getWithFloor: async (key, fence) => {
      if (!circuit.admits()) return { value: null, floor: 0 };
      const [value, floor] = await orElse(redis.mgetBuffer(key, FENCE_PREFIX + fence), [null, null]);
      return { value: value ?? null, floor: Number(floor ?? 0) };
    },
    setFenced: async ({ key, fence, version, value, ttlMs }) => {
      if (!circuit.admits()) return null;
      const call = redis.eval(SET_FENCED, 2, key, FENCE_PREFIX + fence, version, Buffer.from(value), ttlMs);
      const floor = await orElse(call, null);
      return floor === null ? null : Number(floor);
    },
    raise: async (fence, version, keys) => {
      const floor = await raiseFloor({ fence, version, keys });
      if (floor === null) owed.add({ fence, version, keys });
      return floor === null ? null : Number(floor);
    },
    advance: async (fence, atLeast) => {
      const floor = await orElse(redis.eval(ADVANCE, 1, FENCE_PREFIX + fence, atLeast), null);
      if (floor === null) owed.add({ fence, version: atLeast, keys: [] });
      return floor === null ? null : Number(floor);
    },
    marks: {
      raise: async (key, mark, ttlMs) => {
        await observed(redis.eval(RAISE_MARK, 1, key, mark, ttlMs));
      },
      read: async (key) => {
        if (!circuit.admits()) throw new AppError('unavailable');
        return observed(redis.get(key));
      },
      connectedForMs: () => (readyAt === null ? 0 : performance.now() - readyAt),
    },
    counts: {
      limiter: (budget) => createLimiter(redis, circuit, budget),
      loginThrottle: (policies, clock) => createLoginThrottle({ redis, circuit, clock, policies }),
    },
    isThere: () => readyAt !== null && !circuit.isOpen(),
    ping: async () => {
      await redis.ping();
    },
    close: async () => {
      redis.disconnect();
    },
  };
}

function openClient(url: string, log: Logger, caFile: string | undefined): Redis {
  const { protocol, hostname } = new URL(url);
  const redis = new Redis(url, {
    ...(protocol === 'rediss:' ? { tls: verifiedTls(hostname, caFile) } : {}),
    connectTimeout: POLICIES.redis.connectMs,
    commandTimeout: POLICIES.redis.timeoutMs,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    retryStrategy: (attempt) => Math.min(attempt * 50, MAX_RECONNECT_DELAY_MS),
  });
  redis.on('error', (error) => log.debug('redis is not reachable', { error }));
  return redis;
}
