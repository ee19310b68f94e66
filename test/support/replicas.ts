/**
 * A primary with streaming standbys of this test's own, to be killed, frozen and held back at will. They are made
 * with initdb and the backup functions alone, for not every PostgreSQL comes with pg_basebackup.
 */

import { appendFile, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { migrate } from '#db/migrate.ts';
import { mustRun } from '#ops/local/commands.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import { findPostgres } from '#ops/local/postgres-programs.ts';
import { isAlive, launch, listProcesses, signalProcess } from '#ops/local/processes.ts';
import { deadScratch, makeScratch } from '#ops/local/scratch.ts';
import { handOver, type Runner, unprivilegedRunner } from '#ops/local/unprivileged.ts';
import { waitUntil } from '#ops/local/waiting.ts';

export interface TestServer {
  readonly url: string;
  /** A connection of the test's own, as superuser. */
  readonly sql: postgres.Sql;
  start(): Promise<void>;
  /** As a machine that loses power: no goodbye to anyone. */
  kill(): Promise<void>;
  /** Neither answers nor hangs up, until {@link thaw}. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

export interface TestStandby extends TestServer {
  /** Goes on receiving, and shows nothing new until {@link resume}. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Until everything that the primary has committed by now can be seen here. */
  catchUp(): Promise<void>;
}

export interface TestCluster {
  readonly primary: TestServer;
  readonly standbys: readonly TestStandby[];
  close(): Promise<void>;
}

const PURPOSE = 'cluster';
const USER = 'hotshelf';
const MAX_CONNECTIONS = 100;
const DEADLINE = { deadlineMs: 20_000, pollMs: 20 };
const INITDB_TIMEOUT_MS = 60_000;
const COPY_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_SECONDS = 2;
const RECONNECT_DELAY_SECONDS = 0.05;

/** Nothing here outlives the test, so nothing waits for the disk. */
const SETTINGS = {
  listen_addresses: LOOPBACK,
  unix_socket_directories: '',
  max_connections: String(MAX_CONNECTIONS),
  shared_buffers: '32MB',
  fsync: 'off',
  wal_level: 'replica',
  max_wal_senders: '4',
  wal_keep_size: '256MB',
  hot_standby: 'on',
  // A standby that lost its primary asks for it again at once.
  wal_retrieve_retry_interval: '100ms',
  wal_receiver_status_interval: '1s',
};

interface Place {
  readonly folder: string;
  readonly bin: string;
  readonly runner: Runner;
}

/** With the schema of this code. */
export async function startCluster(standbyCount: number): Promise<TestCluster> {
  await endLeftovers();
  const folder = await makeScratch(PURPOSE);
  const bin = (await findPostgres(() => false)).folder;
  const runner = await unprivilegedRunner(join(bin, 'postgres'), folder);
  const place = { folder, bin, runner };
  await handOver(folder, runner);
  const names = ['primary', ...Array.from({ length: standbyCount }, (_, index) => `standby${index}`)];
  const ports = await choosePorts(Object.fromEntries(names.map((name) => [name, 0])));
  const servers = names.map((name) => createServer(place, name, ports[name] ?? 0));
  const [primary, ...standbys] = servers;
  if (primary === undefined) throw new Error('A cluster has a primary.');
  await initialise(place);
  await primary.start();
  await migrate(primary.url);
  await copyPrimary(place, primary, names.slice(1));
  await Promise.all(standbys.map((standby) => standby.start()));
  return {
    primary,
    standbys: standbys.map((standby) => asStandby(standby, primary)),
    close: async () => {
      await Promise.all(servers.map(({ kill }) => kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What a run that was cut off has left: its servers, found by their folder, and their data. */
async function endLeftovers(): Promise<void> {
  for (const folder of await deadScratch(PURPOSE)) {
    const left = (await listProcesses()).filter(({ command }) => command.includes(folder));
    for (const { pid } of left) signalProcess(pid, 'SIGQUIT');
    await waitUntil(
      `The end of what runs in ${folder}`,
      async () => !left.some(({ pid }) => isAlive(pid)),
      DEADLINE,
    );
    await rm(folder, { recursive: true, force: true });
  }
}

async function initialise({ folder, bin, runner }: Place): Promise<void> {
  const flags = ['-U', USER, '-E', 'UTF8', '--locale=C', '-A', 'trust', '--no-instructions', '--no-sync'];
  const command = [join(bin, 'initdb'), '-D', join(folder, 'primary'), ...flags];
  await mustRun([...runner.prefix, ...command], { timeoutMs: INITDB_TIMEOUT_MS, cwd: folder });
}

/** One backup for all standbys: the files between its start and its stop, and the label that tells so. */
async function copyPrimary({ folder, runner }: Place, primary: TestServer, names: readonly string[]) {
  const data = join(folder, 'primary');
  const sql = postgres(primary.url, { max: 1, onnotice: () => undefined });
  try {
    await sql`select pg_backup_start('test', fast => true)`;
    for (const name of names) {
      const leftOut = new Set([join(data, 'postmaster.pid'), join(data, 'postmaster.opts')]);
      await cp(data, join(folder, name), {
        recursive: true,
        filter: (source) => !leftOut.has(source) && !source.startsWith(join(data, 'pg_wal', '0')),
      });
    }
    const [stopped] = await sql`select labelfile from pg_backup_stop(wait_for_archive => false)`;
    const { port } = new URL(primary.url);
    for (const name of names) {
      const copy = join(folder, name);
      await writeFile(join(copy, 'backup_label'), String(stopped?.['labelfile']));
      await writeFile(join(copy, 'standby.signal'), '');
      const source = `host=${LOOPBACK} port=${port} user=${USER} application_name=${name}`;
      await appendFile(join(copy, 'postgresql.auto.conf'), `primary_conninfo = '${source}'\n`);
      await mustRun(['chmod', '-R', 'go-rwx', copy], { timeoutMs: COPY_TIMEOUT_MS });
      await handOver(copy, runner);
    }
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function createServer({ folder, bin, runner }: Place, name: string, port: number): TestServer {
  const url = `postgres://${USER}@${LOOPBACK}:${port}/postgres`;
  const data = join(folder, name);
  const settings = Object.entries({ ...SETTINGS, port: String(port) });
  const flags = settings.flatMap(([setting, value]) => ['-c', `${setting}=${value}`]);
  const part = {
    name,
    command: [...runner.prefix, join(bin, 'postgres'), '-D', data, ...flags],
    environment: {},
    cwd: folder,
    marker: data,
    stopSignal: 'SIGQUIT',
    killSignal: 'SIGKILL',
    readyDeadlineMs: DEADLINE.deadlineMs,
    isReady: async () => true,
  } as const;
  let pid: number | null = null;
  let sql = openSql(url);
  const signalAll = async (signal: NodeJS.Signals) => {
    if (pid === null) return;
    for (const member of [pid, ...(await childrenOf(pid))]) signalProcess(member, signal);
  };
  return {
    url,
    get sql() {
      return sql;
    },
    start: async () => {
      pid = launch(part, join(folder, `${name}.log`)).pid;
      sql = openSql(url);
      await waitUntil(`The server ${name}`, async () => (await sql`select 1`).length === 1, DEADLINE);
    },
    kill: async () => {
      if (pid === null) return;
      // Stopped first: a postmaster that sees its children die would start them again.
      signalProcess(pid, 'SIGSTOP');
      const family = [...(await childrenOf(pid)), pid];
      for (const member of family) signalProcess(member, 'SIGKILL');
      pid = null;
      await waitUntil(`The end of ${name}`, async () => !family.some(isAlive), DEADLINE);
      await sql.end({ timeout: 0 });
    },
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
  };
}

function openSql(url: string): postgres.Sql {
  return postgres(url, {
    max: 2,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    backoff: () => RECONNECT_DELAY_SECONDS,
    onnotice: () => undefined,
  });
}

/** PostgreSQL's processes lead groups of their own, so that a signal to the first one's reaches none of them. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return children
    .split(' ')
    .filter((text) => text !== '')
    .map(Number);
}

function asStandby(standby: TestServer, primary: TestServer): TestStandby {
  const { sql: _sql, ...server } = standby;
  return {
    ...server,
    get sql() {
      return standby.sql;
    },
    pause: async () => {
      await standby.sql`select pg_wal_replay_pause()`;
      const isPaused = async () => {
        const [row] = await standby.sql`select pg_get_wal_replay_pause_state() as state`;
        return row?.['state'] === 'paused';
      };
      await waitUntil('A paused replay', isPaused, DEADLINE);
    },
    resume: async () => {
      await standby.sql`select pg_wal_replay_resume()`;
    },
    catchUp: async () => {
      const [written] = await primary.sql`select pg_current_wal_flush_lsn()::text as position`;
      const position = String(written?.['position']);
      const isThere = async () => {
        const [row] = await standby.sql`select pg_last_wal_replay_lsn() >= ${position}::pg_lsn as caught_up`;
        return row?.['caught_up'] === true;
      };
      await waitUntil('A standby that catches up', isThere, DEADLINE);
    },
  };
}
