/**
 * The whole shop on servers of its own: two origins, two workers' processes, and a network between them and what they
 * stand on that can be made bad. Nothing of it outlives the run but, where wanted, its logs.
 */

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '#db/migrate.ts';
import { grantRoles } from '#db/roles.ts';
import { present } from '#lib/assert.ts';
import { rolePasswords } from '#ops/local/database-roles.ts';
import type { Part } from '#ops/local/part.ts';
import { LOCAL } from '#ops/local/paths.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import { isAlive } from '#ops/local/processes.ts';
import { endLeftovers, openRegister } from '#ops/local/register.ts';
import { loadSecrets, type Secrets } from '#ops/local/secrets.ts';
import { SERVER_VARIABLES, type ServerUrls, startServers } from '#ops/local/servers.ts';
import { createSupervisor, type Supervisor } from '#ops/local/supervisor.ts';
import { type PortName, shopPrograms } from './programs.ts';
import { type NetworkProxy, startProxy } from './proxy.ts';
import { LINKS, type LinkName } from './schedule.ts';
import { openWebhookGate } from './webhook-gate.ts';

export interface ChaosStack {
  readonly supervisor: Supervisor;
  /** As they are, around the proxies. */
  readonly servers: ServerUrls;
  readonly secrets: Secrets;
  readonly links: Readonly<Record<LinkName, NetworkProxy>>;
  readonly originUrls: readonly string[];
  readonly workersUrls: readonly string[];
  readonly stripeUrl: string;
  readonly mailUrl: string;
  /** Where JetStream keeps its streams. */
  readonly jetStreamFolder: string;
  /** Logs and data of the run. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface StackOptions {
  readonly signal: AbortSignal;
  /** Leaves the folder where it is. */
  readonly keepsFolder: boolean;
  readonly say: (text: string) => void;
  /** Leaves alone what does not answer for seconds: a machine that is busy with something else is no fault of the shop's. */
  readonly isPatient?: boolean;
}

const RUN_PREFIX = 'bench-chaos-';

export async function withChaosStack<T>(
  { signal, keepsFolder, say, isPatient = false }: StackOptions,
  work: (stack: ChaosStack) => Promise<T>,
): Promise<T> {
  await cleanUpAfterOthers(RUN_PREFIX);
  const folder = join(LOCAL, `${RUN_PREFIX}${process.pid}`);
  await mkdir(folder, { recursive: true });
  const supervisor = createSupervisor({ logFolder: folder, register: openRegister(folder), say });
  const closing: (() => Promise<unknown>)[] = [];
  try {
    return await work(await bringUp({ folder, supervisor, signal, closing, isPatient }));
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
  readonly isPatient: boolean;
}

async function bringUp({ isPatient, ...beginning }: Beginning): Promise<ChaosStack> {
  const { folder, supervisor, signal, closing } = beginning;
  const secrets = await loadSecrets(folder);
  // A fault must not reach a server that somebody else runs.
  for (const name of SERVER_VARIABLES) delete process.env[name];
  const servers = await startServers({ folder, secrets, isDurable: true, supervisor });
  signal.throwIfAborted();
  await migrate(servers.databaseUrl, { current: secrets.fieldKey });
  await grantRoles(servers.databaseUrl, rolePasswords(secrets));
  const ports = await choosePorts<PortName>({
    ...{ 'origin-1': 0, 'origin-2': 0, 'workers-1': 0, 'workers-2': 0 },
    ...{ stripe: 0, smtp: 0, mail: 0 },
  });
  const open = async (targets: readonly number[]): Promise<NetworkProxy> => {
    const proxy = await startProxy(targets);
    closing.push(() => proxy.stop());
    return proxy;
  };
  const behind = {
    postgres: portOf(servers.databaseUrl),
    redis: portOf(servers.redisUrl),
    nats: portOf(servers.natsUrl),
    stripe: ports.stripe,
  };
  const opened = await Promise.all(LINKS.map(async (name) => [name, await open([behind[name]])] as const));
  const links = Object.fromEntries(opened) as Record<LinkName, NetworkProxy>;
  const originUrls = [urlOf(ports['origin-1']), urlOf(ports['origin-2'])];
  const webhooks = openWebhookGate(originUrls, secrets.edgeSecret);
  closing.push(() => webhooks.stop());
  const purges = Bun.serve({
    hostname: LOOPBACK,
    port: 0,
    fetch: () => new Response(null, { status: 204 }),
  });
  closing.push(() => purges.stop(true));
  const programs = shopPrograms({
    ...{ folder, secrets, ports },
    throughProxies: {
      databaseUrl: through(servers.databaseUrl, links.postgres),
      redisUrl: through(servers.redisUrl, links.redis),
      natsUrl: through(servers.natsUrl, links.nats),
    },
    stripeUrl: urlOf(links.stripe.port),
    smtpUrl: `smtp://${LOOPBACK}:${ports.smtp}`,
    webhookUrl: webhooks.url,
    purgeUrl: urlOf(present(purges.port, 'the port of the purges')),
  });
  const asStarted = isPatient ? programs.map((group) => group.map(withoutLiveness)) : programs;
  for (const group of asStarted) await Promise.all(group.map((part) => supervisor.start(part)));
  return {
    ...{ supervisor, servers, secrets, links, folder, signal, originUrls },
    workersUrls: [urlOf(ports['workers-1']), urlOf(ports['workers-2'])],
    stripeUrl: urlOf(ports.stripe),
    mailUrl: urlOf(ports.mail),
    jetStreamFolder: join(folder, 'nats', 'jetstream'),
  };
}

/** Only its end is a reason to start it again. */
export function withoutLiveness({ isLive: _, ...part }: Part): Part {
  return part;
}

export const urlOf = (port: number) => `http://${LOOPBACK}:${port}`;
export const portOf = (url: string) => Number(new URL(url).port);

export function through(url: string, { port }: NetworkProxy): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}

/** What runs that were killed have left. @param prefix of their folders, before their process id */
export async function cleanUpAfterOthers(prefix: string): Promise<void> {
  await mkdir(LOCAL, { recursive: true });
  for (const name of await readdir(LOCAL)) {
    if (!name.startsWith(prefix) || isAlive(Number(name.slice(prefix.length)))) continue;
    await endLeftovers(join(LOCAL, name));
    await rm(join(LOCAL, name), { recursive: true, force: true });
  }
}
