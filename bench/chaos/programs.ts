/** The shop's programs as the chaos run starts them: all they talk to, they talk to through a proxy. */

import { join } from 'node:path';
import { type DatabaseUrls, databaseEnvironment, databaseUrls } from '#ops/local/database-roles.ts';
import type { Part } from '#ops/local/part.ts';
import { bunPart, DOUBLE_KEY } from '#ops/local/parts.ts';
import { LOOPBACK } from '#ops/local/ports.ts';
import type { Secrets } from '#ops/local/secrets.ts';
import type { ServerUrls } from '#ops/local/servers.ts';
import { UNLIMITED } from '#ops/local/unlimited.ts';

export type PortName = 'origin-1' | 'origin-2' | 'workers-1' | 'workers-2' | 'stripe' | 'smtp' | 'mail';

export interface Surroundings {
  readonly folder: string;
  readonly secrets: Secrets;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly throughProxies: ServerUrls;
  readonly stripeUrl: string;
  readonly smtpUrl: string;
  /** A replica for general reads and searches, where there is one. */
  readonly replicaUrl?: string;
  /** The origin that is there takes it. */
  readonly webhookUrl: string;
  readonly purgeUrl: string;
}

/** In the order in which they start. */
export function shopPrograms(around: Surroundings): readonly (readonly Part[])[] {
  return [
    [stripeDouble(around), mailCatcher(around)],
    [origin(around, 'origin-1'), origin(around, 'origin-2')],
    [workers(around, 'workers-1'), workers(around, 'workers-2')],
  ];
}

const probeUrl = (port: number, path: string) => `http://${LOOPBACK}:${port}${path}`;

function stripeDouble({ ports, secrets, folder, webhookUrl }: Surroundings): Part {
  return bunPart({
    name: 'stripe',
    file: 'ops/stripe-double/main.ts',
    args: [
      ...['--port', String(ports.stripe), '--webhook-url', `${webhookUrl}/api/v1/webhooks/stripe`],
      ...['--state', join(folder, 'stripe.sqlite')],
    ],
    environment: { STRIPE_WEBHOOK_SECRET: secrets.stripeWebhookSecret },
    readyUrl: probeUrl(ports.stripe, '/_double/health'),
    liveUrl: probeUrl(ports.stripe, '/_double/health'),
  });
}

function mailCatcher({ ports, folder }: Surroundings): Part {
  return bunPart({
    name: 'mail-catcher',
    file: 'ops/mail-catcher/main.ts',
    args: [
      ...['--smtp-port', String(ports.smtp), '--http-port', String(ports.mail)],
      ...['--store', join(folder, 'mail')],
    ],
    readyUrl: probeUrl(ports.mail, '/health'),
    liveUrl: probeUrl(ports.mail, '/health'),
  });
}

function origin(around: Surroundings, name: 'origin-1' | 'origin-2'): Part {
  const port = around.ports[name];
  return bunPart({
    name,
    file: 'origin/main.ts',
    environment: {
      ...sharedEnvironment(around, 'origin'),
      ORIGIN_HOST: LOOPBACK,
      ORIGIN_PORT: String(port),
      EDGE_SECRET: around.secrets.edgeSecret,
      ACCESS_TOKEN_KEY: around.secrets.accessTokenKey,
    },
    readyUrl: probeUrl(port, '/readyz'),
    liveUrl: probeUrl(port, '/livez'),
  });
}

function workers(around: Surroundings, name: 'workers-1' | 'workers-2'): Part {
  const port = around.ports[name];
  return bunPart({
    name,
    file: 'workers/main.ts',
    environment: {
      ...sharedEnvironment(around, 'workers'),
      WORKERS_PORT: String(port),
      SMTP_URL: around.smtpUrl,
      EDGE_PURGE_URL: around.purgeUrl,
      EDGE_PURGE_SECRET: around.secrets.edgePurgeSecret,
    },
    readyUrl: probeUrl(port, '/readyz'),
    liveUrl: probeUrl(port, '/livez'),
  });
}

function replicaEnvironment(urls: DatabaseUrls, role: 'origin' | 'workers'): Record<string, string> {
  return { DATABASE_REPLICAS_GENERAL: urls[role], DATABASE_REPLICAS_SEARCH: urls.search };
}

function sharedEnvironment(
  { throughProxies, secrets, stripeUrl, replicaUrl }: Surroundings,
  role: 'origin' | 'workers',
): Record<string, string> {
  return {
    ...databaseEnvironment(databaseUrls(throughProxies.databaseUrl, secrets), role),
    ...(replicaUrl === undefined ? {} : replicaEnvironment(databaseUrls(replicaUrl, secrets), role)),
    REDIS_URL: throughProxies.redisUrl,
    NATS_URL: throughProxies.natsUrl,
    STRIPE_SECRET_KEY: DOUBLE_KEY,
    STRIPE_API_URL: stripeUrl,
    STRIPE_WEBHOOK_SECRET: secrets.stripeWebhookSecret,
    QUOTE_SECRET: secrets.quoteSecret,
    FIELD_KEY: secrets.fieldKey,
    OPERATOR_TOKEN: secrets.operatorToken,
    // Shoppers buy at once: no mail waits for them to be read.
    EMAIL_VERIFICATION: 'optional',
    LOG_LEVEL: 'info',
    ...UNLIMITED,
  };
}
