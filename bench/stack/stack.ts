/** What a bench runs on: servers of its own, programs that it starts and stops, and a folder that goes at the end. */

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LOCAL } from '#ops/local/paths.ts';
import { isAlive } from '#ops/local/processes.ts';
import { say } from '#ops/local/progress.ts';
import { endLeftovers, openRegister, type Register } from '#ops/local/register.ts';
import { loadSecrets, type Secrets } from '#ops/local/secrets.ts';
import { SERVER_VARIABLES, type ServerUrls, startServers } from '#ops/local/servers.ts';
import { createSupervisor } from '#ops/local/supervisor.ts';
import type { RunningProgram } from './program.ts';

const RUN_PREFIX = 'bench-';
const RUN_FOLDER = /^bench-(\d+)$/;
/** Generated catalogues outlive the run. */
const DATA_FOLDER = join(LOCAL, 'bench-data');
/** Of the servers' data only Postgres' is worth keeping. */
const PASSING_DATA = ['redis', 'nats'];

export interface Stack {
  /** Logs, answers and paths of this run. */
  readonly folder: string;
  readonly servers: ServerUrls;
  readonly secrets: Secrets;
  readonly register: Register;
  readonly signal: AbortSignal;
  /** Programs to stop at the end, whatever happens. */
  readonly running: Set<RunningProgram>;
}

/** Runs the work on a stack of its own and leaves nothing running, whether it ends, fails or is interrupted. */
export async function withStack<T>(signal: AbortSignal, work: (stack: Stack) => Promise<T>): Promise<T> {
  await cleanUpAfterOthers();
  const folder = join(LOCAL, `${RUN_PREFIX}${process.pid}`);
  await mkdir(folder, { recursive: true });
  const register = openRegister(folder);
  const supervisor = createSupervisor({ logFolder: folder, register, say });
  const running = new Set<RunningProgram>();
  try {
    const secrets = await loadSecrets(DATA_FOLDER);
    const servers = await startOwnServers({ folder: DATA_FOLDER, secrets, isDurable: true, supervisor });
    signal.throwIfAborted();
    return await work({ folder, servers, secrets, register, signal, running });
  } finally {
    await Promise.allSettled([...running].map((program) => program.stop()));
    await supervisor.stop();
    for (const name of PASSING_DATA) await rm(join(DATA_FOLDER, name), { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
}

/** A load that belongs to nobody else must not reach a server that somebody else runs. */
async function startOwnServers(options: Parameters<typeof startServers>[0]): Promise<ServerUrls> {
  for (const name of SERVER_VARIABLES) delete process.env[name];
  return startServers(options);
}

/** What benches that were killed have left. */
async function cleanUpAfterOthers(): Promise<void> {
  await mkdir(DATA_FOLDER, { recursive: true });
  for (const name of await readdir(LOCAL)) {
    const pid = Number(RUN_FOLDER.exec(name)?.[1]);
    if (!(pid > 0) || pid === process.pid) continue;
    if (isAlive(pid)) throw new Error(`Another bench of this checkout runs already (process ${pid}).`);
    await endLeftovers(join(LOCAL, name));
    await rm(join(LOCAL, name), { recursive: true, force: true });
  }
}
