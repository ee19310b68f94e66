/** The chaos run's stack with the edge in front of its two origins: a whole shop, each of whose parts can be looked at and killed. */

import { join } from 'node:path';
import { createClient } from '#bench/chaos/client.ts';
import { fillShelves } from '#bench/chaos/shelves.ts';
import { type ChaosStack, withChaosStack, withoutLiveness } from '#bench/chaos/stack.ts';
import { FIRST, VARIANTS, writeVariants } from '#bench/checkout/shop.ts';
import { withConnection } from '#bench/data/catalogue.ts';
import { bunPart, urlOf } from '#ops/local/parts.ts';
import { choosePorts } from '#ops/local/ports.ts';
import { say, step } from '#ops/local/progress.ts';

export interface WatchedShop {
  readonly stack: ChaosStack;
  readonly edgeUrl: string;
  /** Where each process tells its metrics to whoever brings the operators' token. */
  readonly targets: readonly MetricsTarget[];
  /** Variants on sale, and the paths of products. */
  readonly variantIds: readonly string[];
  readonly productPaths: readonly string[];
}

export interface MetricsTarget {
  readonly job: 'origin' | 'workers' | 'edge';
  readonly url: string;
}

/** Units of what there is little of: nobody buys that here. */
const SCARCE_STOCK = 1;
const STOCK = 1_000_000;

export async function withWatchedShop<T>(
  signal: AbortSignal,
  work: (shop: WatchedShop) => Promise<T>,
): Promise<T> {
  const quiet = (text: string) => {
    if (text.startsWith('!')) say(text);
  };
  return withChaosStack({ signal, keepsFolder: false, say: quiet, isPatient: true }, async (stack) => {
    const edgeUrl = await step('edge', () => startEdge(stack));
    const goods = await step('catalogue', () => fill(stack));
    const origins = stack.originUrls.map((url) => ({ job: 'origin', url: `${url}/metrics` }) as const);
    const workers = stack.workersUrls.map((url) => ({ job: 'workers', url: `${url}/metrics` }) as const);
    const edge = { job: 'edge', url: `${edgeUrl}/__edge/metrics` } as const;
    return work({ stack, edgeUrl, targets: [...origins, ...workers, edge], ...goods });
  });
}

async function startEdge({ supervisor, secrets, originUrls }: ChaosStack): Promise<string> {
  const { port } = await choosePorts({ port: 0 });
  const url = urlOf(port);
  const part = bunPart({
    name: 'edge',
    file: join('bench', 'programs', 'edge.ts'),
    args: ['--port', String(port), '--origin', originUrls.join(',')],
    environment: {
      EDGE_SECRET: secrets.edgeSecret,
      EDGE_PURGE_SECRET: secrets.edgePurgeSecret,
      OPERATOR_TOKEN: secrets.operatorToken,
    },
    readyUrl: `${url}/livez`,
    liveUrl: `${url}/livez`,
  });
  await supervisor.start(withoutLiveness(part));
  return url;
}

async function fill(stack: ChaosStack): Promise<Pick<WatchedShop, 'variantIds' | 'productPaths'>> {
  const { plenty } = await fillShelves(stack, createClient(stack), SCARCE_STOCK);
  const more = await withConnection(stack.servers.databaseUrl, (sql) =>
    writeVariants(sql, { first: FIRST, count: VARIANTS, stock: STOCK }),
  );
  const productPaths = more.map((id) => `/api/v1/products/bench-${id}`);
  return { variantIds: [...plenty, ...more], productPaths };
}
