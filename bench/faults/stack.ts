/**
 * The shop as it is in production, to be broken: the edge before two origins, two workers' processes, a primary and a
 * replica, and between any two of them a network that can be made bad.
 */

import {
  type OwnServers,
  openLinks,
  portOf,
  type RunOptions,
  through,
  urlOf,
  withOwnServers,
} from '#bench/chaos/own-servers.ts';
import { shopPrograms } from '#bench/chaos/programs.ts';
import type { NetworkProxy } from '#bench/chaos/proxy.ts';
import { withoutLiveness } from '#bench/chaos/stack.ts';
import { PURGE_PATH } from '#lib/edge-contract.ts';
import type { Part } from '#ops/local/part.ts';
import { bunPart } from '#ops/local/parts.ts';
import { choosePorts, LOOPBACK } from '#ops/local/ports.ts';
import type { Secrets } from '#ops/local/secrets.ts';
import type { ServerUrls } from '#ops/local/servers.ts';
import type { Supervisor } from '#ops/local/supervisor.ts';
import { makeReplica } from './replica.ts';

export type LinkName =
  | ('origin-1' | 'origin-2' | 'postgres' | 'replica')
  | ('redis' | 'nats' | 'stripe' | 'smtp');

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

export function withFaultsStack<T>(
  options: RunOptions,
  work: (stack: FaultsStack) => Promise<T>,
): Promise<T> {
  return withOwnServers('bench-faults-', options, async (own) => work(await bringUp(own)));
}

async function bringUp(own: OwnServers): Promise<FaultsStack> {
  const { folder, supervisor, servers, secrets, signal } = own;
  const ports = await choosePorts({
    ...{ 'origin-1': 0, 'origin-2': 0, 'workers-1': 0, 'workers-2': 0 },
    ...{ stripe: 0, smtp: 0, mail: 0, edge: 0, replica: 0 },
  });
  const { databaseUrl } = servers;
  await supervisor.start(await makeReplica({ folder, primaryUrl: databaseUrl, port: ports.replica }));
  const links = await openLinks<LinkName>(own, {
    ...{ 'origin-1': ports['origin-1'], 'origin-2': ports['origin-2'] },
    ...{ replica: ports.replica, stripe: ports.stripe, smtp: ports.smtp },
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
  // What stands still stays so for as long as the fault lasts: nobody ends it meanwhile.
  for (const group of [outside, ...shop, [edge]]) {
    await Promise.all(group.map((part) => supervisor.start(withoutLiveness(part))));
  }
  return {
    ...{ supervisor, servers, links, edgeUrl, signal },
    stripeUrl: urlOf(ports.stripe),
    mailUrl: urlOf(ports.mail),
  };
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
