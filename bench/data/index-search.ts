/** The search index of a whole catalogue, written by search's own verb for that. */

import { randomBytes } from 'node:crypto';
import { createLogger } from '#lib/log.ts';
import type { ServerUrls } from '#ops/local/servers.ts';
import { NO_LIMITS } from '#ops/local/unlimited.ts';
import { createDeps } from '#origin/deps.ts';
import { reindexAll } from '#origin/search/service.ts';

/** A bulk run needs no more. */
const CONNECTIONS = 4;
const FIELD_KEY_BYTES = 32;

export async function indexCatalogue(
  databaseUrl: string,
  servers: ServerUrls,
  onProgress: (done: number) => void,
): Promise<number> {
  const log = createLogger({ level: 'error', write: (line) => process.stderr.write(`${line}\n`) });
  const { deps, close } = createDeps(
    {
      DATABASE_URL: databaseUrl,
      DATABASE_MAX_CONNECTIONS: CONNECTIONS,
      REDIS_URL: servers.redisUrl,
      NATS_URL: servers.natsUrl,
      STRIPE_SECRET_KEY: 'sk_test_bench',
      QUOTE_SECRET: crypto.randomUUID(),
      FIELD_KEY: randomBytes(FIELD_KEY_BYTES).toString('hex'),
      OUTBOUND_TARGETS: 'public',
      CACHE_MEMORY: 'off',
      CACHE_REDIS: 'off',
      LOG_LEVEL: 'error',
      ...NO_LIMITS,
    },
    'hotshelf-bench',
    log,
  );
  try {
    return await reindexAll(deps, onProgress);
  } finally {
    await close();
  }
}
