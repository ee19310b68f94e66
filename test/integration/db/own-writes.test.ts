/** Carts and orders over replicas: whoever has written reads their own write, whatever the replicas and Redis do. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { createConnection, createServer, type Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { type Connection, connect, type Database } from '#db/client.ts';
import { openReadPools, type ReadPools, ROLE_POLICIES } from '#db/read-pools.ts';
import type { UserId } from '#lib/ids.ts';
import { createLogger } from '#lib/log.ts';
import { LOOPBACK } from '#ops/local/ports.ts';
import { waitUntil } from '#ops/local/waiting.ts';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { connectRedis, type SharedMarks } from '#origin/adapters/redis.ts';
import type { Caller } from '#origin/http/auth.ts';
import { createOwnWrites, type OwnWrites } from '#origin/http/own-writes.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { startCluster, type TestCluster, type TestStandby } from '#test/support/replicas.ts';
import { cartOf, cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { testRedisUrl } from '#test/support/stack.ts';

const STARTED = 60_000;
const DEADLINE = { deadlineMs: 15_000, pollMs: 10 };
/** Shorter than in a shop, for it is also how long a process trusts no mark after it has found Redis. */
const MARK_LIFE_MS = 1_000;
const LONG_LIFE_MS = 60_000;
const log = createLogger({ level: 'error', write: () => {} });

let cluster: TestCluster;
let standbys: readonly TestStandby[];
let primary: Connection;
let pools: ReadPools;
let redisUrl: string;
let redis: ReturnType<typeof connectRedis>;

beforeAll(async () => {
  cluster = await startCluster(2);
  standbys = cluster.standbys;
  primary = connect(cluster.primary.url, { applicationName: 'test' });
  await primary.db.execute(sql`create table notes (writer int primary key, number int not null)`);
  // A replica may lag here as long as it likes: what is read must not depend on its ejection.
  const general = { ...ROLE_POLICIES.general, maxLagMs: 600_000 };
  pools = openReadPools({
    primaryUrl: cluster.primary.url,
    replicaUrls: { general: standbys.map(({ url }) => url), search: [], analytics: [], reporting: [] },
    policies: { ...ROLE_POLICIES, general },
    applicationName: 'test',
    log,
    metrics: createMetrics(),
  });
  redisUrl = await testRedisUrl();
  redis = connectRedis(redisUrl, { log, metrics: createMetrics() });
  await waitUntil('Redis', async () => redis.marks.connectedForMs() > 0, DEADLINE);
}, STARTED);

afterEach(async () => {
  await Promise.all(standbys.map((standby) => standby.resume()));
  await Promise.all(standbys.map((standby) => standby.catchUp()));
});

afterAll(async () => {
  await pools.close();
  await redis.close();
  await primary.close();
  await cluster.close();
});

/** As one process of the shop has it, long after its start unless told otherwise. */
function ownWrites(marks: SharedMarks, options: { readonly markLifeMs?: number } = {}): OwnWrites {
  const trusted = { ...marks, connectedForMs: () => Number.POSITIVE_INFINITY };
  const known = options.markLifeMs === undefined ? trusted : marks;
  return createOwnWrites({ db: primary.db, pools, marks: known, log, ...options });
}

const writers = new Map<number, Caller>();
function callerOf(writer: number): Caller {
  const caller = writers.get(writer) ?? {
    kind: 'user' as const,
    userId: crypto.randomUUID() as UserId,
    role: 'shopper' as const,
  };
  writers.set(writer, caller);
  return caller;
}

async function write(writer: number, number: number): Promise<void> {
  await primary.db.execute(
    sql`insert into notes values (${writer}, ${number}) on conflict (writer) do update set number = excluded.number`,
  );
}

async function numberOf(db: Database, writer: number): Promise<number> {
  const [row] = await db.execute<{ number: number }>(sql`select number from notes where writer = ${writer}`);
  return row?.number ?? 0;
}

async function isStandby(db: Database): Promise<boolean> {
  const [row] = await db.execute<{ yes: boolean }>(sql`select pg_is_in_recovery() as yes`);
  return row?.yes === true;
}

async function pauseAll(): Promise<void> {
  await Promise.all(standbys.map((standby) => standby.catchUp()));
  await Promise.all(standbys.map((standby) => standby.pause()));
}

const read = (process: OwnWrites, writer: number) =>
  process.read(callerOf(writer), (db) => numberOf(db, writer));

async function writeAndNote(process: OwnWrites, writer: number, number: number): Promise<void> {
  await write(writer, number);
  await process.note(callerOf(writer));
}

test('without a note of the write, a replica that stands still shows what was before', async () => {
  await write(100, 1);
  await pauseAll();
  await write(100, 2);
  expect(await pools.readers.general((db) => numberOf(db, 100))).toBe(1);
});

test('every writer reads their last write, in any interleaving of writes, reads, processes and stalls', async () => {
  const processes = [ownWrites(redis.marks), ownWrites(redis.marks)] as const;
  let number = 0;
  let fromReplicas = 0;
  const expectOwn = async (process: OwnWrites, writer: number) => {
    const [found, isReplica] = await process.read(
      callerOf(writer),
      async (db) => [await numberOf(db, writer), await isStandby(db)] as const,
    );
    expect(found).toBe(await numberOf(primary.db, writer));
    if (isReplica) fromReplicas += 1;
  };
  const steps = {
    read: expectOwn,
    write: async (process: OwnWrites, writer: number) => {
      number += 1;
      await writeAndNote(process, writer, number);
      await expectOwn(process, writer);
    },
    race: async (process: OwnWrites, writer: number) => {
      number += processes.length;
      await Promise.all(processes.map((each, index) => writeAndNote(each, writer, number + index)));
      await expectOwn(process, writer);
    },
    pause: async (_process: OwnWrites, index: number) => standbys[index % standbys.length]?.pause(),
    resume: async (_process: OwnWrites, index: number) => standbys[index % standbys.length]?.resume(),
  };
  const anyStep = fc.tuple(
    fc.constantFrom(...(Object.keys(steps) as (keyof typeof steps)[])),
    fc.constantFrom(...processes),
    fc.integer({ min: 0, max: 2 }),
  );
  const run = async (plan: readonly [keyof typeof steps, OwnWrites, number][]) => {
    for (const [kind, process, writer] of plan) await steps[kind](process, writer);
    await Promise.all(standbys.map((each) => each.resume()));
  };
  await fc.assert(fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 20 }), run), { numRuns: 40 });
  expect(fromReplicas).toBeGreaterThan(0);
}, 60_000);

test('a mark only rises: of two processes that mark one caller, the later position stays', async () => {
  const key = crypto.randomUUID();
  const [low, high] = ['00000000ffffffff', '0000000100000000'];
  const kept: (string | null)[] = [];
  for (const mark of [low, high, low]) {
    await redis.marks.raise(key, mark, LONG_LIFE_MS);
    kept.push(await redis.marks.read(key));
  }
  expect(kept).toEqual([low, high, high]);
});

test('once the replicas have caught up, they answer the writer too', async () => {
  const here = ownWrites(redis.marks);
  await writeAndNote(here, 101, 1);
  await waitUntil('A read from a replica', () => here.read(callerOf(101), isStandby), DEADLINE);
});

describe('with Redis gone', () => {
  test('a writer reads their writes from the primary, in every process', async () => {
    const gate = await openGate();
    const marks = {
      here: connectRedis(gate.url, { log, metrics: createMetrics() }),
      there: connectRedis(gate.url, { log, metrics: createMetrics() }),
    };
    await waitUntil('Redis', async () => marks.there.marks.connectedForMs() > 0, DEADLINE);
    const [here, there] = [ownWrites(marks.here.marks), ownWrites(marks.there.marks)];
    await writeAndNote(here, 102, 1);
    await pauseAll();
    await gate.shut();
    await writeAndNote(here, 102, 2);
    expect([await read(here, 102), await read(there, 102)]).toEqual([2, 2]);
    await Promise.all([marks.here.close(), marks.there.close()]);
  });

  test('and back without its marks, no process trusts it before they would have ended', async () => {
    const gate = await openGate();
    const marks = connectRedis(gate.url, { log, metrics: createMetrics() });
    const there = ownWrites(marks.marks, { markLifeMs: MARK_LIFE_MS });
    const isTrusted = async () => marks.marks.connectedForMs() > MARK_LIFE_MS;
    await waitUntil('Trust in Redis', isTrusted, DEADLINE);
    await write(103, 1);
    await pauseAll();
    await writeAndNote(ownWrites(redis.marks), 103, 2);
    expect(await read(there, 103)).toBe(2);
    await gate.shut();
    await forgetMarks();
    await gate.reopen();
    await waitUntil('Redis', async () => marks.marks.connectedForMs() > 0, DEADLINE);
    expect(await read(there, 103)).toBe(2);
    await Promise.all([marks.close(), gate.shut()]);
  });
});

/** A way to this test's Redis that can be shut. */
async function openGate() {
  const target = new URL(redisUrl);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = createConnection(Number(target.port), target.hostname);
    for (const each of [socket, onward]) {
      sockets.add(each);
      each.on('error', () => undefined).on('close', () => sockets.delete(each));
    }
    socket.pipe(onward).pipe(socket);
  });
  const listen = (port: number) =>
    new Promise<void>((settle) => server.listen({ host: LOOPBACK, port }, settle));
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    url: Object.assign(new URL(redisUrl), { hostname: LOOPBACK, port: String(port) }).href,
    reopen: () => listen(port),
    shut: async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise((settle) => server.close(settle));
    },
  };
}

async function forgetMarks(): Promise<void> {
  const client = new Redis(redisUrl, { maxRetriesPerRequest: 1 });
  await client.flushdb();
  client.disconnect();
}

describe('over HTTP, while the replicas stand still', () => {
  let shop: OriginUnderTest;
  let app: OriginUnderTest;
  beforeAll(async () => {
    const replicas = standbys.map(({ url }) => url).join(',');
    shop = await openOrigin({ DATABASE_URL: cluster.primary.url, DATABASE_REPLICAS_GENERAL: replicas });
    app = { ...shop, ...shop.beside({ ownWrites: ownWrites(redis.marks) }) };
  });
  afterAll(async () => {
    await shop.close();
  });

  test('a guest finds their cart as they have just filled it, and their order as they have just paid it', async () => {
    const { variantId } = await createProduct(app);
    await pauseAll();
    const cart = await cartWith(app, variantId, 2);
    const { body } = await app.call(`/api/v1/carts/${cart.cartId}`, cart.owner);
    expect(body.items).toMatchObject([{ variantId, quantity: 2 }]);
    const order = await checkOut(app, cart);
    expect(order.status).toBe(201);
    expect((await app.call(`/api/v1/orders/${order.body.id}`, cart.owner)).body).toEqual(order.body);
  });

  test('a customer finds their order in their list, and nobody else does', async () => {
    const { variantId } = await createProduct(app);
    const [customer, other] = [await app.signIn(), await app.signIn()];
    await pauseAll();
    const order = await checkOut(app, await cartOf(app, [{ variantId, quantity: 1 }], customer.token));
    const list = await app.call('/api/v1/orders', { token: customer.token });
    expect(list.body.items).toEqual([order.body]);
    expect((await app.call(`/api/v1/orders/${order.body.id}`, { token: other.token })).status).toBe(404);
  });
});
