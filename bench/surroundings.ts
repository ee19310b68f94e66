/** What a run ran on: machine, versions, commit, command. Figures mean nothing without it. */

import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { withConnection } from '#bench/data/catalogue.ts';
import type { Surroundings } from '#bench/page/model.ts';
import { runCommand } from '#ops/local/commands.ts';
import { CHECKOUT } from '#ops/local/paths.ts';

const BYTES_PER_GB = 1_000_000_000;
const PACKAGES = ['bun', 'elysia', 'hono', 'lru-cache', 'ioredis', 'postgres', 'drizzle-orm', 'workerd'];

/** @param command as its user called it, without its arguments. */
export async function readSurroundings(
  databaseUrl: string,
  command = 'bun run bench',
): Promise<Surroundings> {
  const [packages, server, redis, nats, wrk, commit] = await Promise.all([
    packageVersions(),
    withConnection(databaseUrl, async (sql) => (await sql<{ v: string }[]>`show server_version`)[0]),
    firstLine(['redis-server', '--version']),
    firstLine(['nats-server', '--version']),
    firstLine(['wrk', '--version']),
    describeCommit(),
  ]);
  const processors = cpus();
  return {
    startedAt: new Date().toISOString(),
    command: [command, ...process.argv.slice(2)].join(' '),
    commit,
    machine: [
      `${processors.length} × ${processors[0]?.model ?? 'unknown processor'}`,
      `${(totalmem() / BYTES_PER_GB).toFixed(0)} GB of memory`,
      `${type()} ${release()}`,
      'load generator, shop and servers on the same machine',
    ],
    versions: {
      ...packages,
      PostgreSQL: Object.values(server ?? {})[0] ?? 'unknown',
      Redis: /v=(\S+)/.exec(redis)?.[1] ?? 'unknown',
      NATS: /v(\d\S*)/.exec(nats)?.[1] ?? 'unknown',
      wrk: /wrk (\S+)/.exec(wrk)?.[1] ?? 'unknown',
    },
  };
}

async function packageVersions(): Promise<Record<string, string>> {
  const manifest: unknown = await Bun.file(join(CHECKOUT, 'package.json')).json();
  const { dependencies, devDependencies } = manifest as Record<string, Record<string, string>>;
  const all = { ...dependencies, ...devDependencies };
  return Object.fromEntries(PACKAGES.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
}

/** The commit, and whether the tree differed from it. */
async function describeCommit(): Promise<string> {
  const git = (...args: readonly string[]) => runCommand(['git', ...args], { cwd: CHECKOUT });
  const head = await git('rev-parse', '--short=12', 'HEAD');
  if (!head.succeeded) return 'unknown';
  const changes = await git('status', '--porcelain');
  return changes.output === '' ? head.output : `${head.output}, with local changes`;
}

async function firstLine(command: readonly string[]): Promise<string> {
  return (await runCommand(command)).output.split('\n')[0] ?? '';
}
