/**
 * The shop as it is in production, to be broken: the edge before two origins, two workers' processes, a primary and a
 * replica, and between any two of them a network that can be made bad.
 */

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { shopPrograms } from '#bench/chaos/programs.ts';
import { type NetworkProxy, startProxy } from '#bench/chaos/proxy.ts';
import { cleanUpAfterOthers, portOf, through, urlOf } from '#bench/chaos/stack.ts';
import { migrate } from '#db/migrate.ts';
import { grantRoles } from '#db/roles.ts';
import { PURGE_PATH } from '#lib/edge-contract.ts';
import { rolePasswords } from '#ops/local/database-roles.ts';
import type { Part } from '#ops/local/part.ts';
import { bunPart } from '#ops/local/parts.ts';
import { LOCAL } from '#ops/local/paths.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import { openRegister } from '#ops/local/register.ts';
import { loadSecrets, type Secrets } from '#ops/local/secrets.ts';
import { SERVER_VARIABLES, type ServerUrls, startServers } from '#ops/local/servers.ts';
import { createSupervisor, type Supervisor } from '#ops/local/supervisor.ts';
import { makeReplica } from './replica.ts';

const LINKS = [
  ...(['origin-1', 'origin-2', 'postgres', 'replica'] as const),
  ...(['redis', 'nats', 'stripe', 'smtp'] as const),
] as const;
export type LinkName = (typeof LINKS)[number];

export interface FaultsStack {
  readonly supervisor: Supervisor;
  /** As they are, around the proxies. */
  readonly servers: ServerUrls;
  readonly links: Readonly<Record<LinkName, NetworkProxy>>;
  readonly edgeUrl: string;
  readonly stripeUrl: string;
  readonly mailUrl: string;
  readonly signal: AbortSignal;
}

export interface StackOptions {
  readonly signal: AbortSignal;
  /** Leaves the folder where it is. */
  readonly keepsFolder: boolean;
  readonly say: (text: string) => void;
}

const RUN_PREFIX = 'bench-faults-';

export async function withFaultsStack<T>(
  { signal, keepsFolder, say }: StackOptions,
  work: (stack: FaultsStack) => Promise<T>,
): Promise<T> {
  await cleanUpAfterOthers(RUN_PREFIX);
  const folder = join(LOCAL, `${RUN_PREFIX}${process.pid}`);
  await mkdir(folder, { recursive: true });
  const supervisor = createSupervisor({ logFolder: folder, register: openRegister(folder), say });
  const closing: (() => Promise<unknown>)[] = [];
  try {
    return await work(await bringUp({ folder, supervisor, signal, closing }));
  } finally {
    await supervisor.kill();
    for (const close of closing) await close();
    if (!keepsFolder) await rm(folder, { recursive: true, force: true });
  }
}

interface Beginning {
  readonly folder: string;
  readonly supervisor: Supervisor;
  readonly signal: AbortSignal;
  readonly closing: (() => Promise<unknown>)[];
}

async function bringUp({ folder, supervisor, signal, closing }: Beginning): Promise<FaultsStack> {
  const secrets = await loadSecrets(folder);
  // A fault must not reach a server that somebody else runs.
  for (const name of SERVER_VARIABLES) delete process.env[name];
  const servers = await startServers({ folder, secrets, isDurable: true, supervisor });
  signal.throwIfAborted();
  await migrate(servers.databaseUrl, { current: secrets.fieldKey });
  await grantRoles(servers.databaseUrl, rolePasswords(secrets));
  const ports = await choosePorts({
    ...{ 'origin-1': 0, 'origin-2': 0, 'workers-1': 0, 'workers-2': 0 },
    ...{ stripe: 0, smtp: 0, mail: 0, edge: 0, replica: 0 },
  });
  const { databaseUrl } = servers;
  await supervisor.start(await makeReplica({ folder, primaryUrl: databaseUrl, port: ports.replica }));
  const links = await openLinks(closing, {
    ...ports,
    postgres: portOf(databaseUrl),
    redis: portOf(servers.redisUrl),
    nats: portOf(servers.natsUrl),
  });
  const edgeUrl = urlOf(ports.edge);
  const [outside = [], ...shop] = shopPrograms({
    ...{ folder, secrets, ports },
    throughProxies: {
      databaseUrl: through(databaseUrl, links.postgres),
      redisUrl: through(servers.redisUrl, links.redis),
      natsUrl: through(servers.natsUrl, links.nats),
    },
    replicaUrl: through(databaseUrl, links.replica),
    stripeUrl: urlOf(links.stripe.port),
    smtpUrl: `smtp://${LOOPBACK}:${links.smtp.port}`,
    webhookUrl: edgeUrl,
    purgeUrl: edgeUrl + PURGE_PATH,
  });
  const originUrls = [links['origin-1'], links['origin-2']].map(({ port }) => urlOf(port));
  const edge = edgePart({ secrets, port: ports.edge, originUrls });
  for (const group of [outside, ...shop, [edge]]) {
    await Promise.all(group.map((part) => supervisor.start(leftAlone(part))));
  }
  return {
    ...{ supervisor, servers, links, edgeUrl, signal },
    stripeUrl: urlOf(ports.stripe),
    mailUrl: urlOf(ports.mail),
  };
}

/** What stands still stays so for as long as the fault lasts: nobody ends it meanwhile. */
function leftAlone({ isLive: _isLive, ...part }: Part): Part {
  return part;
}

async function openLinks(
  closing: Beginning['closing'],
  targets: Readonly<Record<LinkName, number>>,
): Promise<FaultsStack['links']> {
  const opened = await Promise.all(
    LINKS.map(async (name) => {
      const proxy = await startProxy([targets[name]]);
      closing.push(() => proxy.stop());
      return [name, proxy] as const;
    }),
  );
  return Object.fromEntries(opened) as Record<LinkName, NetworkProxy>;
}

interface EdgeOptions {
  readonly secrets: Secrets;
  readonly port: number;
  readonly originUrls: readonly string[];
}

/** With limits that nobody reaches: all shoppers come from one address. */
function edgePart({ secrets, port, originUrls }: EdgeOptions): Part {
  return bunPart({
    name: 'edge',
    file: 'bench/programs/edge.ts',
    args: ['--port', String(port), '--origin', originUrls.join(',')],
    environment: { EDGE_SECRET: secrets.edgeSecret, EDGE_PURGE_SECRET: secrets.edgePurgeSecret },
    readyUrl: `${urlOf(port)}/livez`,
    liveUrl: `${urlOf(port)}/livez`,
  });
}
