/** Load by pgbench: the same statements, prepared, without anything of ours in between. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, mustRun } from '#ops/local/commands.ts';
import { findPostgres } from '#ops/local/postgres-programs.ts';

const MS_PER_SECOND = 1_000;
const GRACE_MS = 30_000;

/** Beside the server's own programs, or on the PATH; null where there is none, as in npm's PostgreSQL. */
export async function findPgbench(): Promise<string | null> {
  const { folder } = await findPostgres(() => false);
  const beside = join(folder, 'pgbench');
  return existsSync(beside) ? beside : findProgram('pgbench');
}

export interface PgbenchLoad {
  readonly program: string;
  readonly databaseUrl: string;
  readonly script: string;
  /** Values of the script's variables. */
  readonly variables: Readonly<Record<string, string>>;
  readonly connections: number;
  /** Rounded up to whole seconds. */
  readonly runMs: number;
}

/** Runs of the whole script per second. */
export async function runPgbench(load: PgbenchLoad): Promise<number> {
  const url = new URL(load.databaseUrl);
  const variables = Object.entries(load.variables).flatMap(([name, value]) => ['-D', `${name}=${value}`]);
  const seconds = Math.max(1, Math.ceil(load.runMs / MS_PER_SECOND));
  const output = await mustRun(
    [
      ...[load.program, '-n', '-M', 'prepared', '-c', String(load.connections), '-j', '1'],
      ...['-T', String(seconds), '-f', load.script, ...variables],
      ...['-h', url.hostname, '-p', url.port, '-U', url.username, url.pathname.slice(1)],
    ],
    {
      environment: { PGPASSWORD: decodeURIComponent(url.password) },
      timeoutMs: seconds * MS_PER_SECOND + GRACE_MS,
    },
  );
  return parseRate(output);
}

/** @throws {Error} when some transactions failed, or when there is no rate. */
export function parseRate(output: string): number {
  const failed = Number(/number of failed transactions: (\d+)/.exec(output)?.[1] ?? 0);
  const rate = Number(/^tps = ([\d.]+) \(without initial connection time\)/m.exec(output)?.[1]);
  if (failed > 0 || !(rate > 0)) throw new Error(`pgbench gave no rate: ${output.slice(-500)}`);
  return rate;
}
