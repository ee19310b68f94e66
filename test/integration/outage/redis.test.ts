/** Redis killed, hanging and back again under an origin that is read all the while: no read fails. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { MINUTE_MS } from '#lib/clock.ts';
import { insertProducts } from '#test/support/catalogue.ts';
import { eventually } from '#test/support/eventually.ts';
import { type RunningLoad, startLoad } from '#test/support/load.ts';
import { edgePass, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { type OriginProcess, startOrigin } from '#test/support/origin-process.ts';
import { startRedis, type TestRedis } from '#test/support/redis-server.ts';

setDefaultTimeout(3 * MINUTE_MS);

const PRODUCTS = 500;
const CONNECTIONS = 32;
const MAX_CONNECTIONS = 8;

let redis: TestRedis;
let shop: OriginUnderTest;
let origin: OriginProcess;
let paths: readonly string[];
let readers: RunningLoad;

beforeAll(async () => {
  redis = await startRedis();
  shop = await openOrigin({
    REDIS_URL: redis.url,
    DATABASE_MAX_CONNECTIONS: MAX_CONNECTIONS,
    // So that each read goes to Redis.
    CACHE_MEMORY: 'off',
  });
  const ids = await insertProducts(
    shop,
    Array.from({ length: PRODUCTS }, () => ({})),
  );
  // What a running database knows by itself of a table that has grown.
  await shop.deps.db.execute(sql`analyze`);
  paths = ids.map((id) => `/api/v1/products/${id}`);
  origin = await startOrigin(shop.config);
});

afterAll(async () => {
  await origin.kill();
  await shop.close();
  await redis.close();
});

async function sourceOf(path: string): Promise<string> {
  const answer = await fetch(`${origin.url}${path}`, { headers: edgePass() });
  expect(answer.status).toBe(200);
  return /hotshelf-redis; (hit|fwd=miss)/.exec(answer.headers.get('cache-status') ?? '')?.[1] ?? 'neither';
}

/** So many reads in turn come from there: it is not one that happened to. */
async function readsComeFrom(source: 'hit' | 'fwd=miss'): Promise<void> {
  let next = 0;
  let inTurn = 0;
  const isSo = async () => {
    const found = await sourceOf(paths[next % PRODUCTS] ?? '');
    next += 1;
    inTurn = found === source ? inTurn + 1 : 0;
    return inTurn >= 20;
  };
  await eventually(`reads come from ${source}`, isSo, MINUTE_MS);
}

async function connectionsToPostgres(): Promise<number> {
  const [row] = await shop.deps.db.execute<{ count: string }>(sql`
    select count(*) from pg_stat_activity
    where datname = current_database() and application_name = 'hotshelf-origin-general'`);
  return Number(row?.count);
}

test('Redis killed, back, hanging and back again: every read is answered 200, and Redis is used again each time', async () => {
  readers = await startLoad({ url: origin.url, paths, headers: edgePass(), connections: CONNECTIONS });
  try {
    await readsComeFrom('hit');
    await redis.kill();
    await readsComeFrom('fwd=miss');
    expect(await connectionsToPostgres()).toBeLessThanOrEqual(MAX_CONNECTIONS);
    await redis.start();
    await readsComeFrom('hit');
    redis.freeze();
    await readsComeFrom('fwd=miss');
    expect(await connectionsToPostgres()).toBeLessThanOrEqual(MAX_CONNECTIONS);
    redis.thaw();
    await readsComeFrom('hit');
  } finally {
    redis.thaw();
    const report = await readers.stop();
    expect(report).toMatchObject({ refused: 0, broken: 0 });
    expect(report.answers).toBeGreaterThan(PRODUCTS);
  }
});
