/** A second process of a shop, with a network of its own between it and one of its servers. */

import type { LinkFault } from '#bench/chaos/link-fault.ts';
import { type NetworkProxy, startProxy } from '#bench/chaos/proxy.ts';
import { createLogger } from '#lib/log.ts';
import type { SharedConfig } from '#origin/config.ts';
import { createDeps } from '#origin/deps.ts';
import type { OriginUnderTest, Reachable } from './origin.ts';

type Address = 'DATABASE_URL' | 'DATABASE_URL_SEARCH' | 'REDIS_URL' | 'NATS_URL' | 'STRIPE_API_URL';

export interface Afar extends Reachable {
  readonly network: NetworkProxy;
  close(): Promise<void>;
}

/** Killed, frozen and slow, as whoever is on the other end of the network sees it. */
export const FAULTS: readonly (readonly [name: string, fault: LinkFault])[] = [
  ['killed', { kind: 'reset' }],
  ['frozen', { kind: 'black hole' }],
  ['slowed by 5 s', { kind: 'latency', ms: 5_000 }],
];

/** @param name of the server's address; `url` where the shop itself has none under that name */
export async function openAfar(
  shop: OriginUnderTest,
  name: Address,
  { url = String(shop.config[name]), ...other }: Partial<SharedConfig> & { readonly url?: string } = {},
): Promise<Afar> {
  const target = new URL(url);
  const network = await startProxy([Number(target.port)]);
  target.hostname = '127.0.0.1';
  target.port = String(network.port);
  const log = createLogger({ level: 'error', write: () => {} });
  const { deps, close } = createDeps({ ...shop.config, ...other, [name]: target.href }, 'hotshelf-afar', log);
  return {
    ...shop.beside(deps),
    network,
    close: async () => {
      network.set(null);
      await close();
      await network.stop();
    },
  };
}

/** How often answers of the feature came from there instead. */
export async function degradedAnswers({ deps }: Reachable, feature: string, source: string): Promise<number> {
  const { body } = await deps.metrics.expose();
  const line = new RegExp(
    `^degraded_answers_total\\{feature="${feature}",source="${source}"\\} (\\d+)$`,
    'm',
  );
  return Number(line.exec(body)?.[1] ?? 0);
}
