/** The shop's own processes as the bench starts them, and the limits that stand beside them. */

import { join } from 'node:path';
import type { ReadyAnswer } from '#bench/programs/answer.ts';
import { PURGE_PATH } from '#lib/edge-contract.ts';
import { UNLIMITED } from '#ops/local/unlimited.ts';
import { type ProvenCall, passHeaders, provenHeaders } from '#origin/http/edge-proof.ts';
import { type RunningProgram, startProgram } from './program.ts';
import type { Stack } from './stack.ts';

export interface OriginOptions {
  readonly name: string;
  readonly databaseUrl: string;
  /** Origins with a Redis database of their own share nothing. */
  readonly redisDatabase: number;
  /** Which of its cache tiers are on. */
  readonly tiers: 'all' | 'without memory' | 'none';
  /** To Postgres; the configuration's own number where it does not matter. */
  readonly maxConnections?: number;
  /** Refuses what is more than it can do; otherwise all is taken in, for that is what is measured. */
  readonly shedsLoad?: boolean;
  /** Where payments are made; nowhere, unless it is given. */
  readonly stripeUrl?: string;
}

/** Nobody listens there: what is not measured is not called. */
const NOWHERE = '127.0.0.1:9';
const TIER_SETTINGS = {
  all: {},
  'without memory': { CACHE_MEMORY: 'off' },
  none: { CACHE_MEMORY: 'off', CACHE_REDIS: 'off' },
} as const;

export function startOrigin(stack: Stack, options: OriginOptions): Promise<RunningProgram> {
  return startProgram(stack, {
    name: options.name,
    file: 'origin/main.ts',
    environment: {
      ...sharedEnvironment(stack, options),
      ...TIER_SETTINGS[options.tiers],
      ...(options.shedsLoad ? { MIN_REQUESTS_AT_WORK: '', MAX_REQUESTS_AT_WORK: '' } : {}),
      ...(options.maxConnections === undefined
        ? {}
        : { DATABASE_MAX_CONNECTIONS: String(options.maxConnections) }),
      ORIGIN_HOST: '127.0.0.1',
      EDGE_SECRET: stack.secrets.edgeSecret,
      // A load generator sends the same pass from its first request to its last.
      EDGE_CLOCK_SKEW_SECONDS: '3600',
      ACCESS_TOKEN_KEY: stack.secrets.accessTokenKey,
      DRAIN_SECONDS: '0',
    },
    args: () => [],
    portVariable: 'ORIGIN_PORT',
    readyPath: '/readyz',
  });
}

export function startEdgeProgram(stack: Stack, name: string, originUrl: string): Promise<RunningProgram> {
  return startProgram(stack, {
    name,
    file: 'bench/programs/edge.ts',
    environment: { EDGE_SECRET: stack.secrets.edgeSecret, EDGE_PURGE_SECRET: stack.secrets.edgePurgeSecret },
    args: (port) => ['--port', String(port), '--origin', originUrl],
    readyPath: '/livez',
  });
}

/** What a private read costs with and without its guards. */
export function startPrivateRead(stack: Stack): Promise<RunningProgram> {
  return startProgram(stack, {
    name: 'private-read',
    file: 'bench/programs/private-read.ts',
    environment: {
      REDIS_URL: stack.servers.redisUrl,
      EDGE_SECRET: stack.secrets.edgeSecret,
      ACCESS_TOKEN_KEY: stack.secrets.accessTokenKey,
    },
    args: (port) => ['--port', String(port)],
    readyPath: '/livez',
  });
}

export function startWorkers(
  stack: Stack,
  options: Omit<OriginOptions, 'tiers'> & { readonly edgeUrl: string },
): Promise<RunningProgram> {
  return startProgram(stack, {
    name: options.name,
    file: 'workers/main.ts',
    environment: {
      ...sharedEnvironment(stack, options),
      SMTP_URL: `smtp://${NOWHERE}`,
      EDGE_PURGE_URL: options.edgeUrl + PURGE_PATH,
      EDGE_PURGE_SECRET: stack.secrets.edgePurgeSecret,
    },
    args: () => [],
    portVariable: 'WORKERS_PORT',
    readyPath: '/readyz',
  });
}

/** @param file of `bench/programs/`, which serves the answer and nothing else. */
export async function startLimit(
  stack: Stack,
  file: 'bare-server.ts' | 'constant-worker.ts',
  answer: ReadyAnswer,
): Promise<RunningProgram> {
  const answerFile = join(stack.folder, `${file}.json`);
  await Bun.write(answerFile, JSON.stringify(answer));
  return startProgram(stack, {
    name: file,
    file: `bench/programs/${file}`,
    environment: {},
    args: (port) => ['--port', String(port), '--answer', answerFile],
    readyPath: '/',
  });
}

/** With which the origin takes a public read for the edge's, for as long as a measurement takes. */
export function edgeHeaders(stack: Stack): Readonly<Record<string, string>> {
  return passHeaders(stack.secrets.edgeSecret, new Date());
}

/** With which it takes this call for the edge's, on behalf of a client. */
export function headersOfCall(stack: Stack, call: ProvenCall): Readonly<Record<string, string>> {
  return provenHeaders(stack.secrets.edgeSecret, new Date(), call);
}

function sharedEnvironment(
  { servers, secrets }: Stack,
  options: Pick<OriginOptions, 'databaseUrl' | 'redisDatabase' | 'stripeUrl'>,
): Record<string, string> {
  const { databaseUrl, redisDatabase, stripeUrl = `http://${NOWHERE}` } = options;
  const redisUrl = new URL(servers.redisUrl);
  redisUrl.pathname = `/${redisDatabase}`;
  return {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl.href,
    NATS_URL: servers.natsUrl,
    STRIPE_SECRET_KEY: 'sk_test_bench',
    STRIPE_API_URL: stripeUrl,
    STRIPE_WEBHOOK_SECRET: secrets.stripeWebhookSecret,
    QUOTE_SECRET: secrets.quoteSecret,
    FIELD_KEY: secrets.fieldKey,
    LOG_LEVEL: 'warn',
    ...UNLIMITED,
  };
}
