/** The shop's own parts: how each is started, with which environment, and when it is ready. */

import { join } from 'node:path';
import { PURGE_PATH } from '#lib/edge-contract.ts';
import type { WorkersGroup } from '#workers/groups.ts';
import { databaseEnvironment, databaseUrls } from './database-roles.ts';
import type { Part } from './part.ts';
import { CHECKOUT, LOCAL } from './paths.ts';
import { LOOPBACK } from './ports.ts';
import type { Secrets } from './secrets.ts';
import { givenUrl, type ServerUrls } from './servers.ts';
import { answersOk } from './waiting.ts';

export type PortName = 'edge' | 'origin' | 'workers' | 'stripe' | 'smtp' | 'mail';

/** The ports wanted first; 0 takes any that is free. */
export const WANTED_PORTS: Readonly<Record<PortName, number>> = {
  edge: 8787,
  origin: 3000,
  workers: 0,
  stripe: 0,
  smtp: 0,
  mail: 0,
};

export interface ShopOptions {
  readonly servers: ServerUrls;
  readonly secrets: Secrets;
  readonly ports: Readonly<Record<PortName, number>>;
  /** Of the origins beside the first. */
  readonly moreOrigins: readonly number[];
  /** What the one workers' process runs that is always there. */
  readonly workersRun: 'all' | 'general';
}

export interface ShopParts {
  /** What origin and workers call: the Stripe double and the mail catcher, where the environment names no other. */
  readonly outside: readonly Part[];
  readonly shop: readonly Part[];
  /** What the shop can be opened without. */
  readonly later: readonly Part[];
}

const READY_DEADLINE_MS = 60_000;
/** As long as the edge may take to hear of it: `edge/origins.ts`. */
const DRAIN_SECONDS = '2';
/** Of one scaled workers' process: there may be twenty of them at the one server. */
const SCALED_CONNECTIONS = 4;
const MAIL_FROM = 'Hotshelf <orders@hotshelf.example>';
/** Any key will do for the double; Stripe's SDK and the configuration want it to look like one. */
export const DOUBLE_KEY = 'sk_test_hotshelf';

export const usesStripe = () => givenUrl('STRIPE_SECRET_KEY') !== undefined;
export const usesMailServer = () => givenUrl('SMTP_URL') !== undefined;
export const urlOf = (port: number) => `http://${LOOPBACK}:${port}`;

/** One of the checkout's own programs, run by Bun. */
export interface Program {
  readonly name: string;
  readonly file: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly readyUrl: string;
  readonly liveUrl: string;
}

export function bunPart({ name, file, args, environment, readyUrl, liveUrl }: Program): Part {
  const path = join(CHECKOUT, file);
  return {
    name,
    command: [process.execPath, path, ...(args ?? [])],
    environment: environment ?? {},
    cwd: CHECKOUT,
    marker: path,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    readyDeadlineMs: READY_DEADLINE_MS,
    isReady: () => answersOk(readyUrl),
    isLive: () => answersOk(liveUrl),
  };
}

function stripeEnvironment({ secrets, ports }: ShopOptions): Record<string, string> {
  const webhookSecret = givenUrl('STRIPE_WEBHOOK_SECRET') ?? secrets.stripeWebhookSecret;
  if (usesStripe()) return { STRIPE_WEBHOOK_SECRET: webhookSecret };
  return {
    STRIPE_SECRET_KEY: DOUBLE_KEY,
    STRIPE_API_URL: urlOf(ports.stripe),
    STRIPE_WEBHOOK_SECRET: secrets.stripeWebhookSecret,
  };
}

function sharedEnvironment(options: ShopOptions, role: 'origin' | 'workers'): Record<string, string> {
  const { servers, secrets } = options;
  return {
    ...databaseEnvironment(databaseUrls(servers.databaseUrl, secrets), role),
    REDIS_URL: servers.redisUrl,
    NATS_URL: servers.natsUrl,
    QUOTE_SECRET: secrets.quoteSecret,
    // For trying the shop out: whoever registers may log in at once.
    EMAIL_VERIFICATION: givenUrl('EMAIL_VERIFICATION') ?? 'optional',
    FIELD_KEY: givenUrl('FIELD_KEY') ?? secrets.fieldKey,
    // Whoever writes an integration has its receiver on this machine.
    OUTBOUND_TARGETS: 'any',
    OPERATOR_TOKEN: secrets.operatorToken,
    ...stripeEnvironment(options),
  };
}

function stripeDouble({ ports, secrets }: ShopOptions): Part {
  const webhookUrl = `${urlOf(ports.edge)}/api/v1/webhooks/stripe`;
  return bunPart({
    name: 'stripe-double',
    file: 'ops/stripe-double/main.ts',
    args: [
      ...['--port', String(ports.stripe), '--webhook-url', webhookUrl],
      ...['--state', join(LOCAL, 'stripe-double.sqlite')],
    ],
    environment: { STRIPE_WEBHOOK_SECRET: secrets.stripeWebhookSecret },
    readyUrl: `${urlOf(ports.stripe)}/_double/health`,
    liveUrl: `${urlOf(ports.stripe)}/_double/health`,
  });
}

function mailCatcher({ ports }: ShopOptions): Part {
  return bunPart({
    name: 'mail-catcher',
    file: 'ops/mail-catcher/main.ts',
    args: [
      ...['--smtp-port', String(ports.smtp), '--http-port', String(ports.mail)],
      ...['--store', join(LOCAL, 'mail')],
    ],
    readyUrl: `${urlOf(ports.mail)}/health`,
    liveUrl: `${urlOf(ports.mail)}/health`,
  });
}

function origin(options: ShopOptions, name: string, port: number): Part {
  const { ports, secrets } = options;
  return bunPart({
    name,
    file: 'origin/main.ts',
    environment: {
      ...sharedEnvironment(options, 'origin'),
      ORIGIN_HOST: LOOPBACK,
      ORIGIN_PORT: String(port),
      EDGE_SECRET: secrets.edgeSecret,
      ACCESS_TOKEN_KEY: secrets.accessTokenKey,
      // Without a second origin there is nobody to whom one could turn meanwhile.
      DRAIN_SECONDS: options.moreOrigins.length === 0 ? '0' : DRAIN_SECONDS,
      SHOP_ORIGINS: `${urlOf(ports.edge)},http://localhost:${ports.edge}`,
      OPS_TARGETS: consoleTargets(options),
      OPS_TARGETS_FILE: SCALED_TARGETS,
    },
    readyUrl: `${urlOf(port)}/readyz`,
    liveUrl: `${urlOf(port)}/livez`,
  });
}

/** Where the addresses of workers stand that come and go. */
export const SCALED_TARGETS = join(LOCAL, 'scaled-targets');

/** What the operators' console looks at, beside them. */
function consoleTargets({ ports, moreOrigins }: ShopOptions): string {
  const targets = [
    ...[`edge=${urlOf(ports.edge)}`, `workers=${urlOf(ports.workers)}`],
    ...[ports.origin, ...moreOrigins].map((port) => `origin=${urlOf(port)}`),
  ];
  return targets.join(',');
}

export interface WorkersProcess {
  readonly name: string;
  readonly port: number;
  readonly consumers: WorkersGroup | 'all';
}

const isScaled = (consumers: WorkersProcess['consumers']) => consumers !== 'all' && consumers !== 'general';

export function workersPart(options: ShopOptions, { name, port, consumers }: WorkersProcess): Part {
  const { ports, secrets } = options;
  return bunPart({
    name,
    file: 'workers/main.ts',
    environment: {
      ...sharedEnvironment(options, 'workers'),
      WORKERS_PORT: String(port),
      WORKERS_CONSUMERS: consumers,
      ...(isScaled(consumers) ? { DATABASE_MAX_CONNECTIONS: String(SCALED_CONNECTIONS) } : {}),
      EDGE_PURGE_URL: `${urlOf(ports.edge)}${PURGE_PATH}`,
      EDGE_PURGE_SECRET: secrets.edgePurgeSecret,
      MAIL_FROM: givenUrl('MAIL_FROM') ?? MAIL_FROM,
      ...(usesMailServer() ? {} : { SMTP_URL: `smtp://${LOOPBACK}:${ports.smtp}` }),
    },
    readyUrl: `${urlOf(port)}/readyz`,
    liveUrl: `${urlOf(port)}/livez`,
  });
}

function edge({ ports, secrets, moreOrigins }: ShopOptions): Part {
  const originUrls = [ports.origin, ...moreOrigins].map(urlOf).join(',');
  const part = bunPart({
    name: 'edge',
    file: 'ops/edge/main.ts',
    args: ['--port', String(ports.edge), '--host', LOOPBACK, '--origin', originUrls],
    environment: {
      EDGE_SECRET: secrets.edgeSecret,
      EDGE_PURGE_SECRET: secrets.edgePurgeSecret,
      OPERATOR_TOKEN: secrets.operatorToken,
    },
    readyUrl: `${urlOf(ports.edge)}/livez`,
    liveUrl: `${urlOf(ports.edge)}/livez`,
  });
  return { ...part, renewSignal: 'SIGHUP' };
}

/** In the order in which they start; they stop in the reverse one, so the edge lets nobody in first. */
export function shopParts(options: ShopOptions): ShopParts {
  const { ports, moreOrigins, workersRun } = options;
  return {
    outside: [
      ...(usesStripe() ? [] : [stripeDouble(options)]),
      ...(usesMailServer() ? [] : [mailCatcher(options)]),
    ],
    shop: [
      origin(options, 'origin', ports.origin),
      workersPart(options, { name: 'workers', port: ports.workers, consumers: workersRun }),
      edge(options),
    ],
    later: moreOrigins.map((port, index) => origin(options, `origin-${index + 2}`, port)),
  };
}
