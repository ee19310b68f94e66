/**
 * The whole shop on servers of its own: two origins, two workers' processes, and a network between them and what they
 * stand on that can be made bad. Nothing of it outlives the run but, where wanted, its logs.
 */

import { join } from 'node:path';
import { present } from '#lib/assert.ts';
import type { Part } from '#ops/local/part.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import type { Secrets } from '#ops/local/secrets.ts';
import type { ServerUrls } from '#ops/local/servers.ts';
import type { Supervisor } from '#ops/local/supervisor.ts';
import {
  type OwnServers,
  openLinks,
  portOf,
  type RunOptions,
  through,
  urlOf,
  withOwnServers,
} from './own-servers.ts';
import { type PortName, shopPrograms } from './programs.ts';
import type { NetworkProxy } from './proxy.ts';
import type { LinkName } from './schedule.ts';
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

export interface StackOptions extends RunOptions {
  /** Leaves alone what does not answer for seconds: a machine that is busy with something else is no fault of the shop's. */
  readonly isPatient?: boolean;
}

export function withChaosStack<T>(
  { isPatient = false, ...options }: StackOptions,
  work: (stack: ChaosStack) => Promise<T>,
): Promise<T> {
  return withOwnServers('bench-chaos-', options, async (own) => work(await bringUp(own, isPatient)));
}

async function bringUp(own: OwnServers, isPatient: boolean): Promise<ChaosStack> {
  const { folder, supervisor, servers, secrets, signal } = own;
  const ports = await choosePorts<PortName>({
    ...{ 'origin-1': 0, 'origin-2': 0, 'workers-1': 0, 'workers-2': 0 },
    ...{ stripe: 0, smtp: 0, mail: 0 },
  });
  const links = await openLinks<LinkName>(own, {
    postgres: portOf(servers.databaseUrl),
    redis: portOf(servers.redisUrl),
    nats: portOf(servers.natsUrl),
    stripe: ports.stripe,
  });
  const originUrls = [urlOf(ports['origin-1']), urlOf(ports['origin-2'])];
  const webhooks = openWebhookGate(originUrls, secrets.edgeSecret);
  own.atEnd(() => webhooks.stop());
  const purges = Bun.serve({
    hostname: LOOPBACK,
    port: 0,
    fetch: () => new Response(null, { status: 204 }),
  });
  own.atEnd(() => purges.stop(true));
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
