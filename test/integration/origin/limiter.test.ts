/** Counts that come in one turn of the event loop go to Redis together, and each is counted for itself. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { Redis } from 'ioredis';
import { createLogger } from '#lib/log.ts';
import type { Limiter, Usage } from '#origin/adapters/limiter.ts';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { type ConnectedRedis, connectRedis } from '#origin/adapters/redis.ts';
import { startRedis, type TestRedis } from '#test/support/redis-server.ts';

const REQUESTS = 100;

let server: TestRedis;
let redis: ConnectedRedis;
let plain: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, {
    log: createLogger({ level: 'error', write: () => {} }),
    metrics: createMetrics(),
  });
  plain = new Redis(server.url);
  await plain.ping();
  while (redis.marks.connectedForMs() === 0) await Bun.sleep(1);
});
afterAll(async () => {
  plain.disconnect();
  await redis.close();
  await server.close();
});

const open = (name: string) => redis.counts.limiter({ name, requests: REQUESTS, windowSeconds: 60 });
const count = (limiter: Limiter, key: string) => new Promise<Usage>((counted) => limiter.count(key, counted));
const commands = async () =>
  Number(/cmdstat_evalsha:calls=(\d+)/.exec(await plain.info('commandstats'))?.[1] ?? 0);

test('many times more than one call takes are exact, each with its place', async () => {
  const limiter = open('many');
  const usages = await Promise.all(Array.from({ length: 450 }, () => count(limiter, 'one')));
  expect(usages.map(({ left }) => left)).toEqual(
    Array.from({ length: 450 }, (_, at) => Math.max(0, REQUESTS - 1 - at)),
  );
  expect(usages.filter(({ isWithin }) => isWithin)).toHaveLength(REQUESTS);
  expect(limiter.refusal('one')).toMatchObject({ isWithin: false, left: 0 });
});

test('of different users they go in one call, and nobody spends for another', async () => {
  const limiter = open('users');
  await count(limiter, 'first');
  const before = await commands();
  const usages = await Promise.all(Array.from({ length: 50 }, (_, at) => count(limiter, `user-${at % 25}`)));
  expect(await commands()).toBe(before + 1);
  expect(usages.map(({ left }) => left)).toEqual([
    ...Array.from({ length: 25 }, () => REQUESTS - 1),
    ...Array.from({ length: 25 }, () => REQUESTS - 2),
  ]);
});

test('the window begins with the first request and no later one puts its end off', async () => {
  const limiter = open('window');
  const { resetMs } = await count(limiter, 'one');
  expect(resetMs).toBe(60_000);
  await plain.pexpire('limit:window:one', 5_000);
  expect((await count(limiter, 'one')).resetMs).toBeLessThanOrEqual(5_000);
});

test('a counter that has lost its end is given one', async () => {
  const limiter = open('endless');
  await plain.set('limit:endless:one', REQUESTS);
  expect(await count(limiter, 'one')).toMatchObject({ isWithin: false, resetMs: 60_000 });
  expect(await plain.pttl('limit:endless:one')).toBeWithin(1, 60_001);
});
