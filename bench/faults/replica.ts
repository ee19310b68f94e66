/** A standby that streams from the run's primary: made by the backup functions, for not every PostgreSQL comes with pg_basebackup. */

import { appendFile, cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withConnection } from '#bench/data/catalogue.ts';
import { present } from '#lib/assert.ts';
import { mustRun } from '#ops/local/commands.ts';
import type { Part } from '#ops/local/part.ts';
import { LOOPBACK } from '#ops/local/ports.ts';
import { postgresAnswers } from '#ops/local/postgres.ts';
import { findPostgres } from '#ops/local/postgres-programs.ts';
import { handOver, unprivilegedRunner } from '#ops/local/unprivileged.ts';

const SLOT = 'replica';
const READY_DEADLINE_MS = 30_000;
/** What a standby needs is at least the primary's; the rest makes it notice soon what it has lost. */
const SETTINGS = {
  listen_addresses: LOOPBACK,
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  hot_standby: 'on',
  wal_retrieve_retry_interval: '100ms',
  wal_receiver_status_interval: '1s',
};

export interface ReplicaOptions {
  /** Of the run, with the primary's data in it. */
  readonly folder: string;
  readonly primaryUrl: string;
  readonly port: number;
}

/** The files of the primary between start and stop of a backup, and how it is started from them. */
export async function makeReplica({ folder, primaryUrl, port }: ReplicaOptions): Promise<Part> {
  const home = present(
    (await readdir(folder)).find((name) => /^postgres-\d+$/.test(name)),
    'the data of the primary',
  );
  const data = join(folder, home, 'data');
  const copy = join(folder, 'replica');
  const bin = (await findPostgres((major) => home === `postgres-${major}`)).folder;
  const runner = await unprivilegedRunner(join(bin, 'postgres'), folder);
  await copyData({ primaryUrl, data, copy });
  await mustRun(['chmod', '-R', 'go-rwx', copy]);
  await handOver(copy, runner);
  const flags = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const url = new URL(primaryUrl);
  url.port = String(port);
  return {
    name: 'replica',
    command: [...runner.prefix, join(bin, 'postgres'), '-D', copy, ...flags],
    environment: {},
    cwd: copy,
    marker: copy,
    stopSignal: 'SIGINT',
    killSignal: 'SIGQUIT',
    readyDeadlineMs: READY_DEADLINE_MS,
    isReady: () => postgresAnswers(url.href),
  };
}

interface Copy {
  readonly primaryUrl: string;
  readonly data: string;
  readonly copy: string;
}

/** The primary keeps for the standby what it has not had yet, however long that is away. */
async function copyData({ primaryUrl, data, copy }: Copy): Promise<void> {
  const leftOut = new Set(['postmaster.pid', 'postmaster.opts'].map((name) => join(data, name)));
  const label = await withConnection(primaryUrl, async (sql) => {
    await sql`select pg_create_physical_replication_slot(${SLOT}, true)`;
    await sql`select pg_backup_start('replica', fast => true)`;
    await cp(data, copy, {
      recursive: true,
      filter: (source) => !leftOut.has(source) && !source.startsWith(join(data, 'pg_wal', '0')),
    });
    const [stopped] = await sql<{ labelfile: string }[]>`
      select labelfile from pg_backup_stop(wait_for_archive => false)`;
    return present(stopped, 'the label of the backup').labelfile;
  });
  const { port, username, password } = new URL(primaryUrl);
  const source = `host=${LOOPBACK} port=${port} user=${username} password=${password} application_name=${SLOT}`;
  await rm(join(copy, 'pg_replslot', SLOT), { recursive: true, force: true });
  await writeFile(join(copy, 'backup_label'), label);
  await writeFile(join(copy, 'standby.signal'), '');
  await appendFile(
    join(copy, 'postgresql.auto.conf'),
    `primary_conninfo = '${source}'\nprimary_slot_name = '${SLOT}'\n`,
  );
}
