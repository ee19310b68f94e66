/** The edge as a local process: `bun ops/edge/main.ts --port 8787 --origin http://127.0.0.1:3000`. */

import { parseArgs } from 'node:util';
import { Type } from '@sinclair/typebox';
import { readPem } from '#db/tls.ts';
import { ConfigError, parseConfig } from '#lib/config.ts';
import { startEdge } from './run.ts';

const HELP = `Runs the edge on workerd.

  --port N      port to listen on (default 8787; 0 takes a free one)
  --host HOST   address to listen on (default 127.0.0.1)
  --origin URL  the origin to forward to (default http://127.0.0.1:3000)
  --origin-ca FILE  the authority of an https origin, where it is a private one: PEM; no other is believed then
  --plain-cache for tests: no shop, but a shared HTTP cache in front of any origin, which stores what HTTP allows
  --help        this text

From the environment: EDGE_SECRET, which the origin shares, and EDGE_PURGE_SECRET, the bearer of POST /__edge/purge.
A plain cache needs neither. Ready when it has said 'listening'. SIGTERM and SIGINT end it.
`;

const Environment = Type.Object({
  EDGE_SECRET: Type.String({ minLength: 32 }),
  EDGE_PURGE_SECRET: Type.String({ minLength: 32 }),
  METRICS_TOKEN: Type.Optional(Type.String({ minLength: 32 })),
});

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      port: { type: 'string', default: '8787' },
      host: { type: 'string', default: '127.0.0.1' },
      origin: { type: 'string', default: 'http://127.0.0.1:3000' },
      'origin-ca': { type: 'string' },
      'plain-cache': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (flags.help) {
    console.log(HELP);
    return;
  }
  if (!/^\d{1,5}$/.test(flags.port) || Number(flags.port) > 65_535) {
    throw new ConfigError('The flag --port takes a number up to 65535.');
  }
  if (!URL.canParse(flags.origin)) throw new ConfigError('The flag --origin takes a URL.');
  const edge = await startEdge({
    port: Number(flags.port),
    host: flags.host,
    originUrl: new URL(flags.origin).origin,
    ...(flags['origin-ca'] === undefined ? {} : { originCa: readPem(flags['origin-ca']) }),
    ...(flags['plain-cache'] ? plainCache() : secrets()),
  });
  console.log(JSON.stringify({ level: 'info', service: 'edge', message: 'listening', url: edge.url }));
  const reason = await Promise.race([stopSignal(), edge.ended.then(() => 'workerd has gone' as const)]);
  await edge.stop();
  if (reason === 'workerd has gone') throw new Error('workerd ended by itself');
}

function secrets() {
  const { EDGE_SECRET, EDGE_PURGE_SECRET, METRICS_TOKEN } = parseConfig(Environment, process.env);
  return {
    edgeSecret: EDGE_SECRET,
    purgeSecret: EDGE_PURGE_SECRET,
    ...(METRICS_TOKEN === undefined ? {} : { metricsToken: METRICS_TOKEN }),
  };
}

/** Its secrets are never sent and never asked for. */
function plainCache() {
  const [edgeSecret, purgeSecret] = [crypto.randomUUID(), crypto.randomUUID()];
  return { edgeSecret, purgeSecret, vars: { EDGE_CACHE_POLICY: 'http' } };
}

function stopSignal(): Promise<'signal'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve('signal'));
  });
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
