/** Reads over real streaming replicas that lag, hang and die: routed, ejected, taken back, and never failed. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { sql } from 'drizzle-orm';
import { type Connection, connect, type Database } from '#db/client.ts';
import { sqlState } from '#db/failures.ts';
import { openReadPools, type ReadPools, ROLE_POLICIES } from '#db/read-pools.ts';
import { positionAfterCommit, WAL_END } from '#db/wal.ts';
import { createLogger } from '#lib/log.ts';
import { waitUntil } from '#ops/local/waiting.ts';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { startCluster, type TestCluster, type TestStandby } from '#test/support/replicas.ts';

const STARTED = 60_000;
const DEADLINE = { deadlineMs: 15_000, pollMs: 10 };
const NONE = { general: [], search: [], analytics: [], reporting: [] };
/** Ejected sooner than in a shop, so that a test need not wait. */
const POLICIES = {
  ...ROLE_POLICIES,
  general: { ...ROLE_POLICIES.general, maxLagMs: 500, maxConnections: 4 },
};

let cluster: TestCluster;
let first: TestStandby;
let second: TestStandby;
let primary: Connection;
let pools: ReadPools;

beforeAll(async () => {
  cluster = await startCluster(2);
  const [one, two] = cluster.standbys;
  if (one === undefined || two === undefined) throw new Error('There are two standbys.');
  [first, second] = [one, two];
  primary = connect(cluster.primary.url, { applicationName: 'test' });
  await primary.db.execute(sql`create table notes (id int primary key, text text not null)`);
  await primary.db.execute(sql`insert into notes values (1, 'as it was')`);
}, STARTED);

beforeEach(async () => {
  await Promise.all([first.catchUp(), second.catchUp()]);
  pools = openPools([first.url, second.url]);
  await healthy(2);
});

afterEach(async () => {
  await pools.close();
});

afterAll(async () => {
  await primary.close();
  await cluster.close();
});

function openPools(general: readonly string[], primaryUrl = cluster.primary.url): ReadPools {
  return openReadPools({
    primaryUrl,
    replicaUrls: { ...NONE, general },
    policies: POLICIES,
    applicationName: 'test',
    log: createLogger({ level: 'error', write: () => {} }),
    metrics: createMetrics(),
  });
}

async function healthy(count: number): Promise<void> {
  const isSo = async () => pools.census('general').healthy === count;
  await waitUntil(`${count} healthy replicas`, isSo, DEADLINE);
}

/** The port of the server that answers tells which one it is. */
async function portOf(db: Database): Promise<string> {
  const [row] = await db.execute<{ port: string }>(sql`select current_setting('port') as port`);
  return row?.port ?? '';
}
const portIn = (url: string) => new URL(url).port;
const askedPort = () => pools.readers.general(portOf);

async function portsOf(reads: number): Promise<ReadonlySet<string>> {
  return new Set(await Promise.all(Array.from({ length: reads }, askedPort)));
}

async function textOf(db: Database): Promise<string | undefined> {
  const [row] = await db.execute<{ text: string }>(sql`select text from notes where id = 1`);
  return row?.text;
}
const write = (text: string) => primary.db.execute(sql`update notes set text = ${text} where id = 1`);

describe('where a read goes', () => {
  test('reads are spread over the replicas, and none goes to the primary', async () => {
    expect(await portsOf(20)).toEqual(new Set([portIn(first.url), portIn(second.url)]));
  });

  test('a role without replicas reads from the primary', async () => {
    expect(await pools.readers.search(portOf)).toBe(portIn(cluster.primary.url));
    expect(pools.census('search')).toMatchObject({ healthy: 0, all: 0 });
  });

  test('a write that strays into a reader fails, on a replica as on the primary', async () => {
    const stray = (db: Database) => db.execute(sql`insert into notes values (2, 'stray')`);
    for (const reader of [pools.readers.general, pools.readers.search]) {
      const state = await reader(stray).catch(sqlState);
      expect(state).toBe('25006');
    }
    expect(await primary.db.$count(sql`notes`)).toBe(1);
  });

  test('each role has its name and its time limit on the server', async () => {
    const settings = (db: Database) =>
      db.execute(
        sql`select current_setting('application_name') as name, current_setting('statement_timeout') as time`,
      );
    expect([...(await pools.readers.general(settings))]).toEqual([{ name: 'test-general', time: '2s' }]);
    expect([...(await pools.readers.search(settings))]).toEqual([{ name: 'test-search', time: '1s' }]);
    expect([...(await pools.readers.analytics(settings))]).toEqual([
      { name: 'test-analytics', time: '1min' },
    ]);
  });

  test('what a replica brings and the caller refuses is read again from the primary', async () => {
    const servers: string[] = [];
    const port = await pools.readers.general(
      async (db) => {
        servers.push(await portOf(db));
        return servers.at(-1);
      },
      { accept: (port) => port === portIn(cluster.primary.url) },
    );
    expect(port).toBe(portIn(cluster.primary.url));
    expect(servers).toHaveLength(2);
  });

  test('a position that no replica has reached is read from the primary', async () => {
    expect(await pools.readers.general(portOf, { atLeast: WAL_END })).toBe(portIn(cluster.primary.url));
  });
});

describe('a replica that lags', () => {
  test('is ejected, shows nothing old from then on, and is taken back when it has caught up', async () => {
    await first.pause();
    try {
      await write('while one stood still');
      await second.catchUp();
      await healthy(1);
      expect(await portsOf(10)).toEqual(new Set([portIn(second.url)]));
    } finally {
      await first.resume();
    }
    await healthy(2);
    expect(await portsOf(20)).toContain(portIn(first.url));
  });

  test('is not what an idle primary makes of it', async () => {
    const metrics = createMetrics();
    await pools.close();
    pools = openReadPools({
      primaryUrl: cluster.primary.url,
      replicaUrls: { ...NONE, general: [first.url] },
      policies: { ...POLICIES, general: { ...POLICIES.general, maxLagMs: 1 } },
      applicationName: 'test',
      log: createLogger({ level: 'error', write: () => {} }),
      metrics,
    });
    await healthy(1);
    const [row] =
      await first.sql`select now() - pg_last_xact_replay_timestamp() > interval '1 ms' as is_idle`;
    expect(row?.['is_idle']).toBe(true);
    expect((await metrics.expose()).body).not.toContain('reason="lagging"');
  });
});

/** A query's end of its own backend, while it runs. */
const suicide = sql`(select pg_sleep(1)::text from pg_terminate_backend(pg_backend_pid()))`;

describe('a replica that dies', () => {
  test('fails no read, and is taken back when it has been started again', async () => {
    const keepReading = async () => {
      let reads = 0;
      while (pools.census('general').healthy === 2) {
        expect(await pools.readers.general(textOf)).toBeDefined();
        reads += 1;
      }
      return reads;
    };
    const readers = Array.from({ length: 8 }, keepReading);
    await first.kill();
    const reads = await Promise.all(readers);
    expect(Math.min(...reads)).toBeGreaterThan(0);
    expect(await portsOf(10)).toEqual(new Set([portIn(second.url)]));
    await first.start();
    await healthy(2);
  });

  test('fails no read either when it hangs instead of hanging up', async () => {
    await first.freeze();
    try {
      const answers = await Promise.all(Array.from({ length: 12 }, askedPort));
      expect(new Set(answers)).not.toContain(portIn(first.url));
      await healthy(1);
    } finally {
      await first.thaw();
    }
    await healthy(2);
  });

  test('takes the last one with it: the primary answers, and no longer once one is back', async () => {
    await Promise.all([first.kill(), second.kill()]);
    expect(await portsOf(50)).toEqual(new Set([portIn(cluster.primary.url)]));
    expect(pools.census('general')).toMatchObject({ healthy: 0, all: 2 });
    await Promise.all([first.start(), second.start()]);
    await healthy(2);
    expect(await portsOf(20)).not.toContain(portIn(cluster.primary.url));
  });

  test('loses the backend under a read: the read is done again elsewhere', async () => {
    const [row] = await pools.readers.general((db) =>
      db.execute<{ port: string }>(sql`
        select current_setting('port') as port,
               case when pg_is_in_recovery() then ${suicide} end as slept`),
    );
    expect(row?.port).toBe(portIn(cluster.primary.url));
    await healthy(2);
  });
});

test('with all of its connections to the primary killed, a role fails no read', async () => {
  const sleeping = (db: Database) => db.execute(sql`select pg_sleep(0.01)`);
  for (let round = 0; round < 5; round += 1) {
    await Promise.all(Array.from({ length: 8 }, () => pools.readers.search(sleeping)));
    await cluster.primary.sql`
      select pg_terminate_backend(pid, 1000) from pg_stat_activity where application_name = 'test-search'`;
    for (let read = 0; read < 10; read += 1) {
      expect(await pools.readers.search(portOf)).toBe(portIn(cluster.primary.url));
    }
  }
});

test('with the primary gone the replicas go on answering', async () => {
  await pools.close();
  const gone = new URL(cluster.primary.url);
  gone.port = '1';
  pools = openPools([first.url, second.url], gone.href);
  await healthy(2);
  expect(await pools.readers.general(textOf)).toBeDefined();
  expect(await pools.readers.search(textOf).catch((error: unknown) => error)).toMatchObject({
    code: 'unavailable',
  });
});

test('a replica that has replayed a commit’s position shows it, and no other replica is asked', async () => {
  await second.pause();
  try {
    for (let round = 0; round < 20; round += 1) {
      await write(`round ${round}`);
      const atLeast = await positionAfterCommit(primary.db);
      expect(await pools.readers.general(textOf, { atLeast })).toBe(`round ${round}`);
    }
  } finally {
    await second.resume();
  }
});
