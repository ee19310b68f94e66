/** Servers that a run has to itself, to be broken: nothing of them outlives it but, where wanted, their logs. */

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '#db/migrate.ts';
import { grantRoles } from '#db/roles.ts';
import { rolePasswords } from '#ops/local/database-roles.ts';
import { LOCAL } from '#ops/local/paths.ts';
import { LOOPBACK } from '#ops/local/ports.ts';
import { isAlive } from '#ops/local/processes.ts';
import { endLeftovers, openRegister } from '#ops/local/register.ts';
import { loadSecrets, type Secrets } from '#ops/local/secrets.ts';
import { SERVER_VARIABLES, type ServerUrls, startServers } from '#ops/local/servers.ts';
import { createSupervisor, type Supervisor } from '#ops/local/supervisor.ts';
import { type NetworkProxy, startProxy } from './proxy.ts';

export interface RunOptions {
  readonly signal: AbortSignal;
  /** Leaves the folder where it is. */
  readonly keepsFolder: boolean;
  readonly say: (text: string) => void;
}

export interface OwnServers {
  readonly supervisor: Supervisor;
  /** As they are, around any proxy. */
  readonly servers: ServerUrls;
  readonly secrets: Secrets;
  /** Logs and data of the run. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** At the end of the run, when all that the supervisor has started is gone. */
  atEnd(close: () => Promise<unknown>): void;
}

/** @param name of the run's folder, before its process id */
export async function withOwnServers<T>(
  name: string,
  { signal, keepsFolder, say }: RunOptions,
  work: (own: OwnServers) => Promise<T>,
): Promise<T> {
  await cleanUpAfterOthers(name);
  const folder = join(LOCAL, `${name}${process.pid}`);
  await mkdir(folder, { recursive: true });
  const supervisor = createSupervisor({ logFolder: folder, register: openRegister(folder), say });
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const secrets = await loadSecrets(folder);
    // A fault must not reach a server that somebody else runs.
    for (const variable of SERVER_VARIABLES) delete process.env[variable];
    const servers = await startServers({ folder, secrets, isDurable: true, supervisor });
    signal.throwIfAborted();
    await migrate(servers.databaseUrl, { current: secrets.fieldKey });
    await grantRoles(servers.databaseUrl, rolePasswords(secrets));
    const atEnd = (close: () => Promise<unknown>) => void closing.push(close);
    return await work({ supervisor, servers, secrets, folder, signal, atEnd });
  } finally {
    await supervisor.kill();
    for (const close of closing) await close();
    if (!keepsFolder) await rm(folder, { recursive: true, force: true });
  }
}

/** What runs that were killed have left. */
async function cleanUpAfterOthers(name: string): Promise<void> {
  await mkdir(LOCAL, { recursive: true });
  for (const entry of await readdir(LOCAL)) {
    if (!entry.startsWith(name) || isAlive(Number(entry.slice(name.length)))) continue;
    await endLeftovers(join(LOCAL, entry));
    await rm(join(LOCAL, entry), { recursive: true, force: true });
  }
}

/** A network that can be made bad, before each of these ports. */
export async function openLinks<Name extends string>(
  { atEnd }: Pick<OwnServers, 'atEnd'>,
  ports: Readonly<Record<Name, number>>,
): Promise<Readonly<Record<Name, NetworkProxy>>> {
  const opened = await Promise.all(
    Object.entries<number>(ports).map(async ([name, port]) => {
      const proxy = await startProxy([port]);
      atEnd(() => proxy.stop());
      return [name, proxy] as const;
    }),
  );
  return Object.fromEntries(opened) as Record<Name, NetworkProxy>;
}

export const urlOf = (port: number) => `http://${LOOPBACK}:${port}`;
export const portOf = (url: string) => Number(new URL(url).port);

/** The same address, by way of the proxy. */
export function through(url: string, { port }: NetworkProxy): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}
