/** The edge as a local process: `bun ops/edge/main.ts --port 8787 --origin http://127.0.0.1:3000`. */

import { parseArgs } from 'node:util';
import { Type } from '@sinclair/typebox';
import { readPem } from '#db/tls.ts';
import { parseOrigins } from '#edge/origins.ts';
import { ConfigError, parseConfig } from '#lib/config.ts';
import { type RunningEdge, startEdge } from './run.ts';

const HELP = `Runs the edge on workerd.

  --port N      port to listen on (default 8787; 0 takes a free one)
  --host HOST   address to listen on (default 127.0.0.1)
  --origin URL  the origin to forward to (default http://127.0.0.1:3000); several as in edge/wrangler.jsonc
  --origin-ca FILE  the authority of an https origin, where it is a private one: PEM; no other is believed then
  --plain-cache for tests: no shop, but a shared HTTP cache in front of any origin, which stores what HTTP allows
  --help        this text

From the environment: EDGE_SECRET, which the origin shares, and EDGE_PURGE_SECRET, the bearer of POST /__edge/purge;
LOG_LEVEL, OTEL_TRACES_SAMPLER_ARG and OTEL_EXPORTER_OTLP_ENDPOINT, if given. A plain cache needs none of them.

Ready when it has said 'listening'. SIGHUP builds it again and lets the new one take over, without anybody who asks
meanwhile noticing. SIGTERM and SIGINT end it.
`;

const Environment = Type.Object({
  EDGE_SECRET: Type.String({ minLength: 32 }),
  EDGE_PURGE_SECRET: Type.String({ minLength: 32 }),
  OPERATOR_TOKEN: Type.Optional(Type.String({ minLength: 32 })),
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
  const regions = parseOrigins(flags.origin);
  if (!regions.flat().every((url) => URL.canParse(url))) {
    throw new ConfigError('The flag --origin takes a URL, or several.');
  }
  const edge = await startEdge({
    port: Number(flags.port),
    host: flags.host,
    originUrl: regions.map(originsOf).join(';'),
    ...(flags['origin-ca'] === undefined ? {} : { originCa: readPem(flags['origin-ca']) }),
    ...(flags['plain-cache'] ? plainCache() : { ...secrets(), vars: tracing() }),
  });
  tell('listening', { url: edge.url });
  process.on('SIGHUP', () => void renew(edge));
  const reason = await Promise.race([stopSignal(), edge.ended.then(() => 'workerd has gone' as const)]);
  await edge.stop();
  if (reason === 'workerd has gone') throw new Error('workerd ended by itself');
}

async function renew(edge: RunningEdge): Promise<void> {
  try {
    await edge.renew();
    tell('renewed', { url: edge.url });
  } catch (error) {
    // The one that serves goes on.
    console.error(error instanceof Error ? error.message : String(error));
  }
}

function tell(message: string, fields: Readonly<Record<string, string>>): void {
  console.log(JSON.stringify({ level: 'info', service: 'edge', message, ...fields }));
}

function originsOf(region: readonly string[]): string {
  return region.map((url) => new URL(url).origin).join(',');
}

function secrets() {
  const { EDGE_SECRET, EDGE_PURGE_SECRET, OPERATOR_TOKEN } = parseConfig(Environment, process.env);
  return {
    edgeSecret: EDGE_SECRET,
    purgeSecret: EDGE_PURGE_SECRET,
    ...(OPERATOR_TOKEN === undefined ? {} : { operatorToken: OPERATOR_TOKEN }),
  };
}

/** What is traced, and how much is logged, as the environment says it to the shop's other processes. */
function tracing(): Record<string, string> {
  const names = ['OTEL_TRACES_SAMPLER_ARG', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'LOG_LEVEL'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
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
