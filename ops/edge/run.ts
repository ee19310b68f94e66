/**
 * Runs the edge's Worker on workerd itself, with what workerd leaves to others around it: a Cache API and rate
 * limiters. Settings are those of `edge/wrangler.jsonc`, top level.
 */

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { CapnpValue } from './capnp.ts';
import { type RunningWorkerd, startWorkerd, type WorkerdConfig } from './workerd.ts';

const WORKER_PATH = Bun.fileURLToPath(import.meta.resolve('#edge/worker.ts'));
const CACHE_API_PATH = Bun.fileURLToPath(import.meta.resolve('./cache-api.ts'));
const RATE_LIMITER_PATH = Bun.fileURLToPath(import.meta.resolve('./rate-limiter.ts'));
const CONFIG_PATH = Bun.fileURLToPath(import.meta.resolve('#edge/wrangler.jsonc'));
const RATE_LIMITER = 'hotshelf:rate-limiter';
/** Never written to disk: workerd takes them from its environment. */
const SECRETS = ['EDGE_SECRET', 'EDGE_PURGE_SECRET', 'OPERATOR_TOKEN'] as const;
/** The origin may be anywhere. With a private authority of its own, no other is believed. */
function internet(originCa: string | undefined): CapnpValue {
  const trust = originCa === undefined ? { trustBrowserCas: true } : { trustedCertificates: [originCa] };
  const tlsOptions = { ...trust, minVersion: Symbol('tls1Dot3') };
  return { name: 'internet', network: { allow: ['public', 'private'], tlsOptions } };
}

/** The part of `wrangler.jsonc` that the runtime needs. */
const Config = Type.Object({
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
  /** Or several, as `ORIGIN_URL` takes them. */
  readonly originUrl: string;
  /** The authority of an origin with https, where it is a private one: PEM. */
  readonly originCa?: string;
  readonly edgeSecret: string;
  readonly purgeSecret: string;
  readonly operatorToken?: string;
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

export type RunningEdge = RunningWorkerd;

type Secrets = Readonly<Partial<Record<(typeof SECRETS)[number], string>>>;

/**
 * Renewed, it is built again from what the files say then.
 * @throws {Error} when the Worker does not build or the port is taken
 */
export function startEdge(options: EdgeOptions): Promise<RunningEdge> {
  const { host = '127.0.0.1', port = 0, onLog } = options;
  const secrets: Secrets = {
    EDGE_SECRET: options.edgeSecret,
    EDGE_PURGE_SECRET: options.purgeSecret,
    ...(options.operatorToken === undefined ? {} : { OPERATOR_TOKEN: options.operatorToken }),
  };
  return startWorkerd({
    host,
    port,
    environment: secrets,
    configure: () => configure(options, secrets, { host, port }),
    ...(onLog === undefined ? {} : { onLog }),
  });
}

async function configure(options: EdgeOptions, secrets: Secrets, address: Address): Promise<WorkerdConfig> {
  const config = Value.Parse(Config, Bun.JSONC.parse(await Bun.file(CONFIG_PATH).text()));
  const [worker, cacheApi, rateLimiter] = await Promise.all([
    bundle(WORKER_PATH),
    bundle(CACHE_API_PATH),
    bundle(RATE_LIMITER_PATH),
  ]);
  const runtime = {
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags ?? [],
  };
  const edge = {
    ...runtime,
    modules: [{ name: 'worker.js', esModule: worker }],
    bindings: [
      ...variables(config, options, address),
      ...SECRETS.filter((name) => name in secrets).map((name) => ({ name, fromEnvironment: name })),
      ...rateLimiters(config, options.limits ?? {}),
    ],
    cacheApiOutbound: 'cache-api',
  };
  return {
    services: [
      { name: 'edge', worker: edge },
      {
        name: 'cache-api',
        worker: { ...runtime, modules: [{ name: 'cache-api.js', esModule: cacheApi }] },
      },
      internet(options.originCa),
    ],
    extensions: [{ modules: [{ name: RATE_LIMITER, internal: true, esModule: rateLimiter }] }],
    entry: 'edge',
  };
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function variables(config: Config, options: EdgeOptions, { host, port }: Address): readonly CapnpValue[] {
  const all = {
    ...config.vars,
    ORIGIN_URL: options.originUrl,
    ...(port === 0 ? {} : { PUBLIC_URL: `http://${host}:${port}` }),
    ...options.vars,
  };
  return Object.entries(all).map(([name, text]) => ({ name, text }));
}

function rateLimiters(
  { ratelimits }: Config,
  overrides: Readonly<Record<string, number>>,
): readonly CapnpValue[] {
  return ratelimits.map(({ name, simple }) => ({
    name,
    wrapped: {
      moduleName: RATE_LIMITER,
      innerBindings: [
        { name: 'limit', json: String(overrides[name] ?? simple.limit) },
        { name: 'periodSeconds', json: String(simple.period) },
      ],
    },
  }));
}

/** A Worker as the one ES module that `wrangler deploy` would upload. */
async function bundle(path: string): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [path],
    target: 'browser',
    format: 'esm',
    conditions: ['workerd', 'worker'],
  });
  const [output] = outputs;
  if (output === undefined) throw new Error(`${path} has no bundle`);
  return output.text();
}
