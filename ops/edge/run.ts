/**
 * Runs the edge's Worker on workerd, through miniflare with direct sockets: the client's connection ends in workerd
 * itself, without the proxy of `wrangler dev` in between. Settings are those of `edge/wrangler.jsonc`, top level.
 */

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { Log, LogLevel, Miniflare } from 'miniflare';

const WORKER_PATH = Bun.fileURLToPath(import.meta.resolve('#edge/worker.ts'));
const CONFIG_PATH = Bun.fileURLToPath(import.meta.resolve('#edge/wrangler.jsonc'));
const WORKERD_WRAPPER_PATH = Bun.fileURLToPath(import.meta.resolve('./workerd.sh'));

/** The part of `wrangler.jsonc` that the runtime needs. */
const Config = Type.Object({
  name: Type.String(),
  compatibility_date: Type.String(),
  compatibility_flags: Type.Optional(Type.Array(Type.String())),
  vars: Type.Record(Type.String(), Type.String()),
  ratelimits: Type.Array(
    Type.Object({
      name: Type.String(),
      simple: Type.Object({
        limit: Type.Integer(),
        period: Type.Union([Type.Literal(10), Type.Literal(60)]),
      }),
    }),
  ),
});
type Config = Static<typeof Config>;

export interface EdgeOptions {
  readonly originUrl: string;
  readonly edgeSecret: string;
  readonly purgeSecret: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly host?: string;
  /** Instead of the limits in the configuration: requests per period, by the binding's name. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Instead of, or beside, the variables in the configuration. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Takes each line that the Worker or workerd writes; by default they go to standard error. */
  readonly onLog?: (line: string) => void;
}

export interface RunningEdge {
  /** Without a trailing slash. */
  readonly url: string;
  /** Settles when workerd has gone, stopped or not. */
  readonly ended: Promise<void>;
  /** Ends workerd; requests in flight are cut. */
  stop(): Promise<void>;
}

/** @throws {Error} when the Worker does not build or the port is taken. */
export async function startEdge(options: EdgeOptions): Promise<RunningEdge> {
  const config = Value.Parse(Config, Bun.JSONC.parse(await Bun.file(CONFIG_PATH).text()));
  const host = options.host ?? '127.0.0.1';
  const port = options.port ?? 0;
  watchWorkerd();
  const ended = Promise.withResolvers<void>();
  const miniflare = new Miniflare({
    name: config.name,
    modules: true,
    script: await bundle(),
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags ?? [],
    bindings: { ...config.vars, ...ownVariables(options, host, port), ...options.vars },
    ratelimits: rateLimits(config, options.limits ?? {}),
    unsafeDirectSockets: [{ host, port }],
    // Otherwise every request to the origin passes another Worker, whose work the edge does itself.
    stripCfConnectingIp: false,
    // Otherwise miniflare asks a host on the network where it is.
    cf: false,
    log: new Log(LogLevel.ERROR),
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      const onLog = options.onLog ?? ((line: string) => process.stderr.write(`${line}\n`));
      for (const stream of [stdout, stderr]) forEachLine(stream, onLog);
      stdout.once('close', () => ended.resolve());
    },
  });
  try {
    await miniflare.ready;
    const url = await miniflare.unsafeGetDirectURL();
    return { url: url.origin, ended: ended.promise, stop: () => miniflare.dispose() };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
}

function ownVariables(options: EdgeOptions, host: string, port: number): Record<string, string> {
  return {
    ORIGIN_URL: options.originUrl,
    EDGE_SECRET: options.edgeSecret,
    EDGE_PURGE_SECRET: options.purgeSecret,
    ...(port === 0 ? {} : { PUBLIC_URL: `http://${host}:${port}` }),
  };
}

function rateLimits({ ratelimits }: Config, overrides: Readonly<Record<string, number>>) {
  return Object.fromEntries(
    ratelimits.map(({ name, simple }) => [
      name,
      { simple: { ...simple, limit: overrides[name] ?? simple.limit } },
    ]),
  );
}

/** The Worker as the one ES module that `wrangler deploy` would upload. */
async function bundle(): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [WORKER_PATH],
    target: 'browser',
    format: 'esm',
    conditions: ['workerd', 'worker'],
  });
  const [output] = outputs;
  if (output === undefined) throw new Error('the edge Worker has no bundle');
  return output.text();
}

/** Has miniflare start workerd through the wrapper, which does not outlive this process. */
function watchWorkerd(): void {
  const requireFromMiniflare = createRequire(import.meta.resolve('miniflare'));
  const { default: workerdPath } = requireFromMiniflare('workerd') as { default: string };
  process.env['HOTSHELF_WORKERD'] = workerdPath;
  process.env['MINIFLARE_WORKERD_PATH'] = WORKERD_WRAPPER_PATH;
}

function forEachLine(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream }).on('line', onLine);
}
