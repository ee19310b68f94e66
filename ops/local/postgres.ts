/** PostgreSQL for one checkout: data made once per major version, loopback only, with a password. */

import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSql } from '#db/client.ts';
import { type CommandOptions, runCommand } from './commands.ts';
import { LOOPBACK } from './ports.ts';
import { findPostgres, type PostgresPrograms } from './postgres-programs.ts';
import { say } from './progress.ts';
import type { PreparedServer, ServerOptions } from './server.ts';
import { handOver, type Runner, unprivilegedRunner } from './unprivileged.ts';

const USER = 'hotshelf';
const DATABASE = 'hotshelf';
const MAX_CONNECTIONS = 200;
const CONNECT_TIMEOUT_S = 2;
const READY_DEADLINE_MS = 60_000;
const INITDB: CommandOptions = { timeoutMs: 120_000 };
const OWNER_ONLY = 0o700;
/** The first that the system knows. Lower case must reach beyond ASCII, which plain C does not. */
const LOCALES = ['C.UTF-8', 'en_US.UTF-8', 'C'];

const SETTINGS = {
  listen_addresses: LOOPBACK,
  unix_socket_directories: '',
  max_connections: String(MAX_CONNECTIONS),
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  random_page_cost: '1.1',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
};

/** What a test may risk and a shop may not: nothing acknowledged is lost while these are on. */
const RISKS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '500',
  max_wal_size: '512MB',
};

function settings(options: ServerOptions): string[] {
  const chosen = { ...SETTINGS, ...(options.isDurable ? {} : RISKS), port: String(options.port) };
  return Object.entries(chosen).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function initialise(
  programs: PostgresPrograms,
  runner: Runner,
  place: { readonly home: string; readonly data: string; readonly password: string },
): Promise<void> {
  const passwordFile = join(place.home, 'password');
  const unfinished = join(place.home, 'unfinished');
  await rm(unfinished, { recursive: true, force: true });
  await writeFile(passwordFile, `${place.password}\n`, { mode: 0o600 });
  await handOver(place.home, runner);
  const failures: string[] = [];
  for (const locale of LOCALES) {
    const flags = ['-D', unfinished, '-U', USER, '-E', 'UTF8', `--locale=${locale}`, '-A', 'scram-sha-256'];
    const command = [
      join(programs.folder, 'initdb'),
      ...flags,
      `--pwfile=${passwordFile}`,
      '--no-instructions',
    ];
    const { succeeded, output } = await runCommand([...runner.prefix, ...command], {
      ...INITDB,
      cwd: place.home,
    });
    if (succeeded) {
      await rm(passwordFile);
      await rename(unfinished, place.data);
      return;
    }
    failures.push(output);
  }
  throw new Error(`PostgreSQL's data could not be made: ${failures.at(-1)}`);
}

async function answers(url: string): Promise<boolean> {
  const sql = openSql(url, { max: 1, connect_timeout: CONNECT_TIMEOUT_S, onnotice: () => undefined });
  try {
    await sql`select 1`;
    return true;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Data of a major version whose programs have gone stays where it is; silence would look like a loss. */
async function tellOfOtherData(folder: string, major: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^postgres-\d+$/.test(name));
  const others = names.filter((name) => name !== `postgres-${major}`);
  if (others.length === 0) return;
  say(`! PostgreSQL ${major} starts with new data; ${others.join(', ')} in ${folder} needs its own version`);
}

export async function preparePostgres(options: ServerOptions): Promise<PreparedServer> {
  const homeOf = (major: number) => join(options.folder, `postgres-${major}`);
  const programs = await findPostgres((major) => existsSync(join(homeOf(major), 'data', 'PG_VERSION')));
  const home = homeOf(programs.major);
  const data = join(home, 'data');
  const program = join(programs.folder, 'postgres');
  await mkdir(home, { recursive: true });
  await chmod(home, OWNER_ONLY);
  const runner = await unprivilegedRunner(program, options.folder);
  const password = options.secrets.postgresPassword;
  if (!existsSync(join(data, 'PG_VERSION'))) {
    await tellOfOtherData(options.folder, programs.major);
    await initialise(programs, runner, { home, data, password });
  }
  const server = `postgres://${USER}:${password}@${LOOPBACK}:${options.port}`;
  return {
    url: `${server}/${DATABASE}`,
    part: {
      name: 'postgres',
      command: [...runner.prefix, program, '-D', data, ...settings(options)],
      environment: {},
      cwd: home,
      marker: data,
      stopSignal: 'SIGINT',
      killSignal: 'SIGQUIT',
      readyDeadlineMs: READY_DEADLINE_MS,
      isReady: () => answers(`${server}/postgres`),
    },
  };
}

/** Makes the database that the address names, unless it is there. */
export async function createDatabase(url: string): Promise<void> {
  const address = new URL(url);
  const name = address.pathname.slice(1);
  address.pathname = '/postgres';
  const sql = openSql(address.href, { max: 1, connect_timeout: CONNECT_TIMEOUT_S });
  try {
    const [found] = await sql`select 1 from pg_database where datname = ${name}`;
    if (found === undefined) await sql`create database ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Whether a server that somebody else runs can be used. */
export const postgresAnswers = answers;
