/** Redis for one checkout: append-only file, a password, loopback only. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { verifiedTls } from '#db/tls.ts';
import type { Program } from './packages.ts';
import { LOOPBACK } from './ports.ts';
import type { PreparedServer, ServerOptions } from './server.ts';

const CONNECT_TIMEOUT_MS = 2_000;
const READY_DEADLINE_MS = 30_000;
const MAX_MEMORY = '256mb';

/** Enough for each test file to have one of its own. */
export const TEST_REDIS_DATABASES = 256;
const DATABASES = 16;

/** In a file, for a password among the arguments could be read by every user of the machine. */
function configuration(options: ServerOptions, data: string): string {
  return [
    `bind ${LOOPBACK}`,
    `port ${options.port}`,
    `requirepass ${options.secrets.redisPassword}`,
    `dir "${data}"`,
    `appendonly ${options.isDurable ? 'yes' : 'no'}`,
    `databases ${options.isDurable ? DATABASES : TEST_REDIS_DATABASES}`,
    'appendfsync everysec',
    'save ""',
    'daemonize no',
    `maxmemory ${MAX_MEMORY}`,
    'maxmemory-policy volatile-lru',
    '',
  ].join('\n');
}

export async function redisAnswers(url: string): Promise<boolean> {
  const { protocol, hostname } = new URL(url);
  const caFile = process.env['TLS_CA_FILE'] || undefined;
  const client = new Redis(url, {
    ...(protocol === 'rediss:' ? { tls: verifiedTls(hostname, caFile) } : {}),
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } finally {
    client.disconnect();
  }
}

export async function prepareRedis(options: ServerOptions, program: Program): Promise<PreparedServer> {
  const data = join(options.folder, 'redis');
  await mkdir(data, { recursive: true });
  const file = join(data, 'redis.conf');
  await writeFile(file, configuration(options, data), { mode: 0o600 });
  const url = `redis://:${options.secrets.redisPassword}@${LOOPBACK}:${options.port}/0`;
  return {
    url,
    part: {
      name: 'redis',
      command: [program.path, file],
      environment: program.environment,
      cwd: data,
      // Redis replaces its command line by its address.
      marker: `${LOOPBACK}:${options.port}`,
      stopSignal: 'SIGTERM',
      killSignal: 'SIGKILL',
      readyDeadlineMs: READY_DEADLINE_MS,
      isReady: () => redisAnswers(url),
    },
  };
}
