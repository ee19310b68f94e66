/**
 * `bun ops/openapi/print.ts FILE`: writes the API's document, as the origin emits it, into the file. It needs no
 * server: describing the API reaches nothing outside of the process, and fails if it tries.
 */

import { systemClock } from '#lib/clock.ts';
import { NOWHERE } from '#lib/limit-key.ts';
import { createLogger } from '#lib/log.ts';
import { makeSigningKey } from '#ops/local/secrets.ts';
import { createMetrics } from '#origin/adapters/metrics.ts';
import { UNWATCHED } from '#origin/adapters/vitals.ts';
import { createApp } from '#origin/app.ts';
import type { Deps } from '#origin/deps.ts';
import { passHeaders } from '#origin/http/edge-proof.ts';

const DOCUMENT_URL = 'http://localhost/docs/json';
const INDENT_SPACES = 2;

/** No one else ever sees these; they only have to be long enough. */
const CONFIG = {
  EDGE_SECRET: crypto.randomUUID(),
  EDGE_CLOCK_SKEW_SECONDS: 30,
  ACCESS_TOKEN_KEY: makeSigningKey(),
  SHOP_ORIGINS: '',
  STRIPE_WEBHOOK_SECRET: `whsec_${crypto.randomUUID()}`,
};

/** Stands where a server would be reached; touching it is a bug of whoever describes a route. */
function unreachable<T extends object>(name: string): T {
  const refuse = () => {
    throw new Error(`describing the API reached for ${name}`);
  };
  return new Proxy({}, { get: refuse }) as T;
}

function createOfflineDeps(): Deps {
  return {
    db: unreachable('the database'),
    readers: unreachable('the replicas'),
    latestPosition: unreachable('the database'),
    ownWrites: unreachable('the replicas'),
    bus: unreachable('NATS'),
    sharedCache: unreachable('Redis'),
    currencies: unreachable('the database'),
    products: unreachable('the product cache'),
    lists: unreachable('the list cache'),
    lastGood: unreachable('the last good answers'),
    pictures: unreachable('the pictures'),
    printer: unreachable('a document'),
    seller: { name: '', address: [], taxId: '' },
    cleanPicture: unreachable('the pictures'),
    revocations: unreachable('the revocations'),
    search: unreachable('the search engine'),
    recommendations: unreachable('the recommendations'),
    returns: { windowDays: 0 },
    passwords: unreachable('a password'),
    accountPolicy: { emailVerification: 'required', secondFactorRoles: new Set() },
    reviewsShown: 'after_approval',
    payments: unreachable('Stripe'),
    quotes: unreachable('a secret'),
    taxes: unreachable('a tax rate'),
    fields: unreachable('a key'),
    limits: unreachable('Redis'),
    outbound: unreachable('the Internet'),
    guards: unreachable('a dependency'),
    admission: unreachable('a limit'),
    clock: systemClock,
    sleep: Bun.sleep,
    ids: { next: <Id>() => Bun.randomUUIDv7() as Id },
    log: createLogger({ level: 'error', write: (line) => console.error(line) }),
    metrics: createMetrics(),
    spans: null,
    security: { record: () => {} },
    vitals: unreachable('the pulse'),
    inHand: UNWATCHED,
    replicas: unreachable('Postgres'),
    clientAddress: NOWHERE,
  };
}

async function main(): Promise<void> {
  const [file] = Bun.argv.slice(2);
  if (file === undefined) throw new Error('say where to: bun ops/openapi/print.ts FILE');
  const app = createApp(createOfflineDeps(), CONFIG);
  const headers = passHeaders(CONFIG.EDGE_SECRET, systemClock.now());
  const response = await app.handle(new Request(DOCUMENT_URL, { headers }));
  if (!response.ok) throw new Error(`${DOCUMENT_URL} answered ${response.status}: ${await response.text()}`);
  await Bun.write(file, JSON.stringify(await response.json(), null, INDENT_SPACES));
}

await main().catch((error: unknown) => {
  console.error(`openapi: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
