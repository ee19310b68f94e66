/** What all processes say, put together: how each part is, what goes between them, and the figures of the shop. */

import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { SHOP_CURRENCY } from '#lib/money.ts';
import { businessOf, figuresOf } from './business.ts';
import { flowsOf } from './flows.ts';
import { type Gathered, gather } from './gathered.ts';
import type { Breaker, Operation, Point, ProcessRow, Queue, Snapshot, Tier } from './model.ts';
import { partsOf } from './parts.ts';
import { ERRORS, greatest, hitsOf, type Scene, SHOPPERS, type Watched } from './scene.ts';

export type Survey = Omit<Snapshot, 'problems' | 'ended'>;

/** The seed's targets for each tier. */
const TIERS: readonly { readonly name: string; readonly tier: string; readonly target: number }[] = [
  { name: 'Edge', tier: 'edge', target: 0.9 },
  { name: 'Memory of the origin', tier: 'memory', target: 0.95 },
  { name: 'Redis', tier: 'redis', target: 0.8 },
];
const MAX_OPERATIONS = 8;
const LAG_TOLERABLE_SECONDS = 0.1;

export function survey(scene: Scene): Survey {
  const parts = partsOf(scene);
  const tiers = tiersOf(scene);
  const queues = queuesOf(scene);
  const point = pointOf(scene, tiers, queues);
  return {
    atMs: scene.atMs,
    parts,
    flows: flowsOf(scene, parts),
    figures: figuresOf(scene, point),
    business: businessOf(scene),
    tiers,
    breakers: breakersOf(scene),
    queues,
    processes: scene.watched.map(processOf),
    operations: operationsOf(scene),
    currency: SHOP_CURRENCY,
    point,
  };
}

function tiersOf({ all }: Scene): readonly Tier[] {
  return TIERS.map(({ name, tier, target }) => {
    return { name, hits: hitsOf(all, tier), perSecond: all.rate('cache_reads_total', { tier }), target };
  });
}

function breakersOf({ watched }: Scene): readonly Breaker[] {
  const gauges = watched.flatMap(({ target, meter }) =>
    meter.standing('circuit_open').map(({ labels, value }) => ({
      dependency: labels['dependency'] ?? '',
      process: target.name,
      isOpen: value > 0,
    })),
  );
  return [...Map.groupBy(gauges, ({ dependency }) => dependency)]
    .map(([dependency, of]) => ({
      dependency,
      openIn: of.filter(({ isOpen }) => isOpen).map(({ process }) => process),
      of: of.length,
    }))
    .toSorted((a, b) => a.dependency.localeCompare(b.dependency));
}

function queuesOf({ of: { workers } }: Scene): readonly Queue[] {
  const outbox: Queue = {
    name: 'outbox',
    waiting: greatest(workers, 'outbox_pending_rows'),
    oldestSeconds: greatest(workers, 'outbox_oldest_age_seconds'),
    perSecond: workers.rate('events_published_total'),
    deadLetters: null,
  };
  const consumers = new Set(
    [...workers.gauges('jetstream_consumer_pending_messages'), ...workers.gauges('dead_letters')].map(
      ({ labels }) => labels['consumer'] ?? '',
    ),
  );
  return [outbox, ...[...consumers].toSorted().map((consumer) => queueOf(workers, consumer))];
}

function queueOf(workers: Gathered, consumer: string): Queue {
  const pending = greatest(workers, 'jetstream_consumer_pending_messages', { consumer });
  const given = greatest(workers, 'jetstream_consumer_ack_pending_messages', { consumer });
  return {
    name: consumer,
    waiting: pending === null && given === null ? null : (pending ?? 0) + (given ?? 0),
    oldestSeconds: greatest(workers, 'jetstream_consumer_oldest_age_seconds', { consumer }),
    perSecond: workers.rate('messages_handled_total', { consumer }),
    deadLetters: greatest(workers, 'dead_letters', { consumer }) ?? 0,
  };
}

function processOf({ target, reply, meter, isAwaited }: Watched): ProcessRow {
  const gathered = gather([meter]);
  const startedAt = gathered.gauges('process_start_time_seconds')[0]?.value;
  const row = {
    name: target.name,
    startedAtMs: startedAt === undefined ? null : startedAt * SECOND_MS,
    // Of an edge there is no process to tell of.
    cpu: startedAt === undefined ? null : gathered.rate('process_cpu_seconds_total'),
    memoryBytes: gathered.gauges('process_resident_memory_bytes')[0]?.value ?? null,
    lagSeconds: reply.isAlive ? gathered.quantile('nodejs_eventloop_lag_seconds', 0.99) : null,
  };
  if (isAwaited) return { ...row, state: 'unknown', says: 'not seen yet' };
  if (!reply.isAlive) return { ...row, state: 'down', says: 'does not answer' };
  if (reply.exposition === null) return { ...row, state: 'unknown', says: 'is there, tells no metrics' };
  if ((row.lagSeconds ?? 0) > LAG_TOLERABLE_SECONDS) return { ...row, state: 'degraded', says: 'is busy' };
  return { ...row, state: 'ok', says: 'runs' };
}

function operationsOf({ of: { origin } }: Scene): readonly Operation[] {
  const name = 'http_server_request_duration_seconds';
  const by = ['http_request_method', 'http_route'];
  const errors = new Map(origin.rates(`${name}_count`, by, ERRORS));
  return origin
    .rates(`${name}_count`, by, SHOPPERS)
    .slice(0, MAX_OPERATIONS)
    .map(([operation, perSecond]) => {
      const [method = '', route = ''] = operation.split(' ');
      const labels = { http_request_method: method, http_route: route };
      return {
        name: operation,
        perSecond,
        p50Seconds: origin.quantile(name, 0.5, labels),
        p99Seconds: origin.quantile(name, 0.99, labels),
        errors: (errors.get(operation) ?? 0) / perSecond,
      };
    });
}

function pointOf(
  { atMs, all, of: { edge, origin } }: Scene,
  tiers: readonly Tier[],
  queues: readonly Queue[],
): Point {
  const name = 'http_server_request_duration_seconds';
  const [edgeTier, memory, redis] = tiers;
  const sum = (of: (queue: Queue) => number | null) => {
    const known = queues.map(of).filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
  };
  const perMinute = (perSecond: number | null) => (perSecond === null ? null : perSecond * 60);
  return {
    atMs,
    edgePerSecond: edge.rate(`${name}_count`, SHOPPERS),
    originPerSecond: origin.rate(`${name}_count`, SHOPPERS),
    errorsPerSecond: origin.rate(`${name}_count`, ERRORS),
    p50Seconds: origin.quantile(name, 0.5, SHOPPERS),
    p99Seconds: origin.quantile(name, 0.99, SHOPPERS),
    edgeHits: edgeTier?.hits ?? null,
    memoryHits: memory?.hits ?? null,
    redisHits: redis?.hits ?? null,
    waiting: sum(({ waiting }) => waiting),
    parked: sum(({ deadLetters }) => deadLetters),
    ordersPerMinute: perMinute(all.rate('orders_placed_total', {}, MINUTE_MS)),
    revenuePerMinute: perMinute(
      all.rate('order_revenue_minor_total', { currency: SHOP_CURRENCY }, MINUTE_MS),
    ),
  };
}
