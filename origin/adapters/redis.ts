/**
 * Redis as the shop uses it: a shared cache that may be gone at any moment. Every call is short; a read that
 * fails is a miss, a write that fails is dropped, and only {@link SharedCache.ping} tells the truth.
 */

import { Redis } from 'ioredis';
import type { Logger } from '#lib/log.ts';

export interface SharedCache {
  get(key: string): Promise<Uint8Array | null>;
  set(key: string, value: Uint8Array, ttlMs: number): Promise<void>;
  delete(keys: readonly string[]): Promise<void>;
  /** @throws when Redis does not answer in time. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 2_000;
const COMMAND_TIMEOUT_MS = 250;
const MAX_RECONNECT_DELAY_MS = 1_000;

export function connectRedis(url: string, log: Logger): SharedCache {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    retryStrategy: (attempt) => Math.min(attempt * 50, MAX_RECONNECT_DELAY_MS),
  });
  redis.on('error', (error) => log.debug('redis is not reachable', { error }));
  redis.on('ready', () => log.info('redis is ready'));
  redis.on('close', () => log.warn('the connection to redis closed'));

  const orElse = async <T>(call: Promise<T>, fallback: T): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      log.debug('a redis command failed', { error });
      return fallback;
    }
  };
  return {
    get: (key) => orElse(redis.getBuffer(key), null),
    set: async (key, value, ttlMs) => {
      await orElse(redis.set(key, Buffer.from(value), 'PX', ttlMs), null);
    },
    delete: async (keys) => {
      if (keys.length > 0) await orElse(redis.del(...keys), 0);
    },
    ping: async () => {
      await redis.ping();
    },
    close: async () => {
      redis.disconnect();
    },
  };
}
