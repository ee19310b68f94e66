/** The composition root: everything that a verb may touch, built once per process and handed down. */

import { connect, type Database, type Transaction } from '#db/client.ts';
import { createFieldCipher, type FieldCipher } from '#db/field-cipher.ts';
import { createLatestPosition, type LatestPosition } from '#db/latest-position.ts';
import { appendEvents } from '#db/outbox.ts';
import { watchPool } from '#db/pool-watch.ts';
import { openReadPools, type Readers, type ReplicaCensus, ROLE_POLICIES } from '#db/read-pools.ts';
import { currentTrace } from '#db/trace-scope.ts';
import { createBulkhead } from '#lib/bulkhead.ts';
import { type Clock, SECOND_MS, systemClock } from '#lib/clock.ts';
import type { EventInput } from '#lib/events.ts';
import { circuitOf, createGuards, type GuardSurroundings, type Guards, guardOf } from '#lib/guards.ts';
import type { EventId, IdSource } from '#lib/ids.ts';
import { NOWHERE } from '#lib/limit-key.ts';
import type { Logger } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import { POLICIES } from '#lib/policies.ts';
import type { Guard } from '#lib/resilience.ts';
import { createSecurityLog, type SecurityLog } from '#lib/security-events.ts';
import type { SpanSink } from '#lib/span.ts';
import { createPasswords, type Passwords } from './accounts/passwords.ts';
import { createLimits } from './adapters/budgets.ts';
import { createMetrics } from './adapters/metrics.ts';
import { connectNats, type EventBus } from './adapters/nats.ts';
import { createOutbound, type Outbound } from './adapters/outbound.ts';
import { connectRedis, NO_SHARED_CACHE, type SharedCache } from './adapters/redis.ts';
import { openSpanExporter } from './adapters/span-exporter.ts';
import { timeLeftMs } from './adapters/time-left.ts';
import { tracedRedis } from './adapters/traced.ts';
import { createVitals, type InHand, UNWATCHED, type Vitals } from './adapters/vitals.ts';
import { createFloors } from './cache/floors.ts';
import { createLastGood, type LastGood } from './cache/last-good.ts';
import { createListCache, type ListCache } from './cache/list-cache.ts';
import { isRefusal } from './cache/stand-ins.ts';
import { createQuotes, type Quotes } from './cart/quote.ts';
import { createProductCache, type ProductCache } from './catalog/product-cache.ts';
import type { SharedConfig } from './config.ts';
import { createPrinter, type Printer } from './documents/printer.ts';
import { type Admission, createAdmission } from './http/admission.ts';
import type { Limits } from './http/limits.ts';
import { createOwnWrites, type OwnWrites } from './http/own-writes.ts';
import { createRevocations, type Revocations } from './http/revocations.ts';
import { createPictureCache, type PictureCache } from './media/picture-cache.ts';
import { type Cleaner, createCleaner } from './media/resizer.ts';
import type { PaymentGateway } from './payments/gateway.ts';
import { createStripeGateway } from './payments/stripe.ts';
import { tracedGateway } from './payments/traced-gateway.ts';
import { createSoldCurrencies, type SoldCurrencies } from './pricing/sold-currencies.ts';
import { findSoldCurrencies } from './pricing/store.ts';
import { OWN_TAX_RATES, type TaxProvider } from './pricing/taxes.ts';
import type { SearchEngine } from './search/engine.ts';
import { guardedEngine, isEnginesFailure } from './search/guarded-engine.ts';
import { type Connections, createPostgresEngine } from './search/postgres-engine.ts';
import { findRevocations } from './sessions/store.ts';
import { type ShopPolicies, shopPolicies } from './shop-policies.ts';

export type { Delivery } from './adapters/nats.ts';
export { requireOperatorToken, SharedConfigSchema } from './config.ts';
export { createOperators } from './http/operators.ts';

export interface Deps extends ShopPolicies {
  /** The primary: every write, and what a write path reads. */
  readonly db: Database;
  /** Replicas by role, for what may be a moment old. */
  readonly readers: Readers;
  /** How far a replica must be to show all that was committed so far. */
  readonly latestPosition: LatestPosition;
  readonly replicas: ReplicaCensus;
  /** What a caller may read of their own, from replicas as far as those are far enough. */
  readonly ownWrites: OwnWrites;
  readonly bus: EventBus;
  /** Which access tokens no longer count. */
  readonly revocations: Revocations;
  readonly sharedCache: SharedCache;
  /** What the shop sells in. */
  readonly currencies: SoldCurrencies;
  readonly products: ProductCache;
  readonly lists: ListCache;
  readonly lastGood: LastGood;
  readonly pictures: PictureCache;
  readonly printer: Printer;
  readonly cleanPicture: Cleaner;
  readonly search: SearchEngine;
  /** Around what recommendations are read from. */
  readonly recommendations: Guard;
  readonly passwords: Passwords;
  readonly payments: PaymentGateway;
  readonly quotes: Quotes;
  /** Requests to URLs that others have chosen. */
  readonly outbound: Outbound;
  /** Where tax rates come from. */
  readonly taxes: TaxProvider;
  /** The policies around calls of what has no adapter of its own here. */
  readonly guards: Guards;
  /** Seals and opens personal fields. */
  readonly fields: FieldCipher;
  readonly limits: Limits;
  /** Who is let in while more is asked than can be done. */
  readonly admission: Admission;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly ids: IdSource;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Takes the spans of sampled traces; null where no collector is configured. */
  readonly spans: SpanSink | null;
  readonly security: SecurityLog;
  readonly vitals: Vitals;
  /** The message at hand, as the pulse counts it. What takes long, or waits for its turn, says so. */
  readonly inHand: InHand;
  /** Where the request at hand comes from, as budgets count it. */
  readonly clientAddress: string;
}

export interface RunningDeps {
  readonly deps: Deps;
  /** Closes what was opened, in reverse order. */
  close(): Promise<void>;
}

export function createDeps(config: SharedConfig, name: string, log: Logger): RunningDeps {
  const clock = systemClock;
  const metrics = createMetrics();
  const surroundings: GuardSurroundings = { log, metrics, timeLeftMs };
  const vitals = createVitals(metrics);
  const build = {
    process: name,
    revision: config.BUILD_REVISION ?? 'unknown',
    runtime: `bun ${Bun.version}`,
  };
  metrics.gauge('build_info', build, 1);
  const { database, news } = openPrimary(config, name, surroundings);
  metrics.onExpose(() =>
    metrics.gauge('bulkhead_running_calls', { dependency: 'postgres' }, database.inUse()),
  );
  const spans = openSpanExporter(config, { service: name, log, metrics });
  const sharedCache = tracedRedis(connectRedis(config.REDIS_URL, surroundings, config.TLS_CA_FILE));
  const pools = openPools(config, name, surroundings);
  const bus = connectNats({ url: config.NATS_URL, name, caFile: config.TLS_CA_FILE }, log);
  const latestPosition = createLatestPosition(database.db, clock);
  const base = { db: database.db, readers: pools.readers, latestPosition, clock };
  const deps: Deps = {
    ...base,
    replicas: pools.census,
    ownWrites: createOwnWrites({ db: database.db, pools, marks: sharedCache.marks, log }),
    bus,
    revocations: createRevocations({ load: (since) => findRevocations(news.db, since), bus, log }),
    sharedCache,
    ...createCaches({ ...base, sharedCache, metrics, bus, log, config }),
    search: openSearch({ ...base, reader: pools.readers.search }, surroundings),
    // That something is not there says nothing of what it is looked up in.
    recommendations: guardOf('recommendations', surroundings, { isFailure: (error) => !isRefusal(error) }),
    ...{ passwords: createPasswords(), printer: createPrinter() },
    ...shopPolicies(config),
    payments: tracedGateway(createStripeGateway(config, surroundings)),
    quotes: createQuotes({ current: config.QUOTE_SECRET, previous: config.QUOTE_SECRET_PREVIOUS }),
    outbound: createOutbound({ targets: config.OUTBOUND_TARGETS }),
    guards: createGuards(surroundings),
    taxes: OWN_TAX_RATES,
    fields: createFieldCipher({ current: config.FIELD_KEY, previous: config.FIELD_KEY_PREVIOUS }),
    limits: createLimits(config, sharedCache.counts, clock),
    admission: createAdmission(requestBounds(config), metrics),
    sleep: Bun.sleep,
    ids: { next: <Id>() => Bun.randomUUIDv7() as Id },
    log,
    metrics,
    spans,
    security: createSecurityLog(clock, (event) => metrics.count('security_events_total', { event })),
    vitals,
    inHand: UNWATCHED,
    clientAddress: NOWHERE,
  };
  return {
    deps,
    close: async () => {
      vitals.stop();
      await bus.close();
      await sharedCache.close();
      await pools.close();
      await news.close();
      await database.close();
      await spans?.close();
    },
  };
}

function openPrimary(config: SharedConfig, name: string, surroundings: GuardSurroundings) {
  const { DATABASE_URL: url, DATABASE_MAX_CONNECTIONS: maxConnections } = config;
  const { metrics } = surroundings;
  return {
    database: connect(url, {
      ...{ applicationName: name, maxConnections, preparesStatements: true },
      bounds: { timeLeftMs, server: primaryBounds(surroundings) },
      watch: watchPool({ name: 'primary', maxConnections, metrics }),
    }),
    // A connection of its own: a pool that is busy must not keep the news of ended sessions waiting.
    news: connect(url, {
      ...{ applicationName: `${name}-sessions`, maxConnections: 1, preparesStatements: true },
    }),
  };
}

function requestBounds({ MIN_REQUESTS_AT_WORK: least, MAX_REQUESTS_AT_WORK }: SharedConfig) {
  return { least, most: Math.max(least, MAX_REQUESTS_AT_WORK) };
}

function primaryBounds(surroundings: GuardSurroundings) {
  const { timeoutMs, bulkhead } = POLICIES.postgres;
  return {
    circuit: circuitOf('postgres', surroundings),
    maxRunning: bulkhead.maxRunning,
    silentMs: timeoutMs + SECOND_MS,
  };
}

function openSearch(connections: Connections, surroundings: GuardSurroundings): SearchEngine {
  return guardedEngine(
    createPostgresEngine(connections),
    guardOf('search', surroundings, { isFailure: isEnginesFailure }),
  );
}

function openPools(config: SharedConfig, name: string, surroundings: GuardSurroundings) {
  const addresses = (list: string | undefined) => list?.split(',').map((url) => url.trim()) ?? [];
  const {
    DATABASE_URL_SEARCH: search,
    DATABASE_URL_ANALYTICS: analytics,
    DATABASE_URL_REPORTING: reporting,
  } = config;
  const general = { ...ROLE_POLICIES.general, maxConnections: config.DATABASE_MAX_CONNECTIONS };
  return openReadPools({
    primaryUrl: config.DATABASE_URL,
    primaryUrls: {
      ...(search === undefined ? {} : { search }),
      ...(analytics === undefined ? {} : { analytics }),
      ...(reporting === undefined ? {} : { reporting }),
    },
    replicaUrls: {
      general: addresses(config.DATABASE_REPLICAS_GENERAL),
      search: addresses(config.DATABASE_REPLICAS_SEARCH),
      analytics: addresses(config.DATABASE_REPLICAS_ANALYTICS),
      reporting: addresses(config.DATABASE_REPLICAS_REPORTING),
    },
    policies: { ...ROLE_POLICIES, general },
    applicationName: name,
    ...surroundings,
  });
}

/** With Redis gone, at most so many loads fall on Postgres at once; the rest wait, or are told to come back. */
const MAX_LOADS = { maxRunning: 16, maxWaiting: 1_000 };

function createCaches(
  base: Pick<Deps, 'readers' | 'latestPosition' | 'clock' | 'sharedCache' | 'metrics' | 'bus' | 'log'> & {
    readonly config: SharedConfig;
  },
) {
  const { readers, latestPosition, clock, sharedCache, metrics, bus, log, config } = base;
  const askCurrencies = async () => {
    return readers.general(findSoldCurrencies, { atLeast: await latestPosition() });
  };
  const currencies = createSoldCurrencies(askCurrencies, clock);
  const tiers = {
    sharedCache: config.CACHE_REDIS === 'on' ? sharedCache : NO_SHARED_CACHE,
    remembers: config.CACHE_MEMORY === 'on',
    floors: createFloors(),
    clock,
    metrics,
    bulkhead: createBulkhead(MAX_LOADS),
    isHearing: bus.isConnected,
  };
  return {
    currencies,
    products: createProductCache(tiers, currencies.known),
    lists: createListCache(tiers),
    lastGood: createLastGood(tiers.sharedCache),
    pictures: createPictureCache(tiers, log),
    cleanPicture: createCleaner(log),
  };
}

/** Writes an event into the outbox, in the transaction of the change that it tells of. It carries the trace at hand. */
export async function emit(deps: Deps, tx: Transaction, ...events: readonly EventInput[]): Promise<void> {
  const { bus, ids, clock } = deps;
  const traceparent = currentTrace()?.traceparent ?? null;
  const occurredAt = clock.now();
  await appendEvents(
    tx,
    events.map((event) => ({ ...event, id: ids.next<EventId>(), occurredAt, traceparent })),
  );
  bus.announce(events.length);
}
