/** The shop's own parts: how each is started, with which environment, and when it is ready. */

import { join } from 'node:path';
import { PURGE_PATH } from '#lib/edge-contract.ts';
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
}

export interface ShopParts {
  /** What origin and workers call: the Stripe double and the mail catcher, where the environment names no other. */
  readonly outside: readonly Part[];
  readonly shop: readonly Part[];
}

const READY_DEADLINE_MS = 60_000;
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
    METRICS_TOKEN: secrets.metricsToken,
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

function origin(options: ShopOptions): Part {
  const { ports, secrets } = options;
  return bunPart({
    name: 'origin',
    file: 'origin/main.ts',
    environment: {
      ...sharedEnvironment(options, 'origin'),
      ORIGIN_HOST: LOOPBACK,
      ORIGIN_PORT: String(ports.origin),
      EDGE_SECRET: secrets.edgeSecret,
      ACCESS_TOKEN_KEY: secrets.accessTokenKey,
      // There is no second origin to which anybody could turn meanwhile.
      DRAIN_SECONDS: '0',
      SHOP_ORIGINS: `${urlOf(ports.edge)},http://localhost:${ports.edge}`,
    },
    readyUrl: `${urlOf(ports.origin)}/readyz`,
    liveUrl: `${urlOf(ports.origin)}/livez`,
  });
}

function workers(options: ShopOptions): Part {
  const { ports, secrets } = options;
  return bunPart({
    name: 'workers',
    file: 'workers/main.ts',
    environment: {
      ...sharedEnvironment(options, 'workers'),
      WORKERS_PORT: String(ports.workers),
      EDGE_PURGE_URL: `${urlOf(ports.edge)}${PURGE_PATH}`,
      EDGE_PURGE_SECRET: secrets.edgePurgeSecret,
      MAIL_FROM: givenUrl('MAIL_FROM') ?? MAIL_FROM,
      ...(usesMailServer() ? {} : { SMTP_URL: `smtp://${LOOPBACK}:${ports.smtp}` }),
    },
    readyUrl: `${urlOf(ports.workers)}/readyz`,
    liveUrl: `${urlOf(ports.workers)}/livez`,
  });
}

function edge({ ports, secrets }: ShopOptions): Part {
  return bunPart({
    name: 'edge',
    file: 'ops/edge/main.ts',
    args: ['--port', String(ports.edge), '--host', LOOPBACK, '--origin', urlOf(ports.origin)],
    environment: {
      EDGE_SECRET: secrets.edgeSecret,
      EDGE_PURGE_SECRET: secrets.edgePurgeSecret,
      METRICS_TOKEN: secrets.metricsToken,
    },
    readyUrl: `${urlOf(ports.edge)}/livez`,
    liveUrl: `${urlOf(ports.edge)}/livez`,
  });
}

/** In the order in which they start; they stop in the reverse one, so the edge lets nobody in first. */
export function shopParts(options: ShopOptions): ShopParts {
  return {
    outside: [
      ...(usesStripe() ? [] : [stripeDouble(options)]),
      ...(usesMailServer() ? [] : [mailCatcher(options)]),
    ],
    shop: [origin(options), workers(options), edge(options)],
  };
}
