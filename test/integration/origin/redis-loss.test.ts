/** The origin's tiers with a Redis that dies, hangs and comes back with what it held before. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { MINUTE_MS } from '#lib/clock.ts';
import { answerAt, type CacheProcess, openCacheProcess, textOf } from '#test/support/cache.ts';
import { eventually } from '#test/support/eventually.ts';
import { startRedis, type TestRedis } from '#test/support/redis-server.ts';

setDefaultTimeout(MINUTE_MS);

let redis: TestRedis;
const open: CacheProcess[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await Promise.all(open.map((process) => process.close()));
  await redis.close();
});

async function openProcess(): Promise<CacheProcess> {
  const process = await openCacheProcess(redis.url);
  open.push(process);
  return process;
}

const fresh = () => crypto.randomUUID();
const readAt = ({ products }: CacheProcess, id: string, version: number) =>
  products.read(id, async () => answerAt(id, version));
/** Redis takes and gives again: what one process stores, another finds. */
const isHealed = (one: CacheProcess, other: CacheProcess) =>
  eventually('redis is used again', async () => {
    const id = fresh();
    await readAt(one, id, 1);
    return (await readAt(other, id, 1)).from === 'redis';
  });

test('a Redis that hangs costs one wait for all reads of a second, and heals by itself', async () => {
  const [here, there] = [await openProcess(), await openProcess()];
  redis.freeze();
  try {
    const startedAt = performance.now();
    for (let reads = 0; reads < 50; reads += 1)
      expect(textOf((await readAt(here, fresh(), 1)).answer)).toBe('v1');
    // Fifty waits of the 250 ms that one command has would be 12 s; it is asked again once a second.
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  } finally {
    redis.thaw();
  }
  await isHealed(here, there);
});

test('a floor that Redis missed while it was dead holds for a process that starts after its return', async () => {
  const id = fresh();
  const here = await openProcess();
  await readAt(here, id, 1);
  await redis.kill();
  await here.products.invalidate({ productId: id, slug: `slug-${id}`, version: 2 });
  await redis.start();
  await isHealed(here, await openProcess());
  const late = await openProcess();
  expect(await readAt(late, id, 2)).toMatchObject({ from: 'origin', answer: { version: 2 } });
});

test('a floor that Redis missed while it hung holds for a process that starts after its return', async () => {
  const id = fresh();
  const here = await openProcess();
  await readAt(here, id, 1);
  redis.freeze();
  // From here on nothing is read from it.
  await readAt(here, fresh(), 1);
  await here.products.invalidate({ productId: id, slug: `slug-${id}`, version: 2 });
  redis.thaw();
  await isHealed(here, await openProcess());
  const late = await openProcess();
  expect(await readAt(late, id, 2)).toMatchObject({ from: 'origin', answer: { version: 2 } });
});

test('processes that heard unlike numbers of changes without Redis agree on what is old after its return', async () => {
  const [here, there] = [await openProcess(), await openProcess()];
  const key = fresh();
  const list = (value: string) => async () => ({ value, tags: 'product-lists' });
  await redis.kill();
  await here.lists.invalidate();
  for (let changes = 0; changes < 3; changes += 1) await there.lists.invalidate();
  await redis.start();
  await isHealed(here, there);
  await there.lists.read(key, list('before'));
  await here.lists.invalidate();
  expect(textOf((await here.lists.read(key, list('after'))).answer)).toBe('"after"');
});
