/** How each part of the picture is, from what the processes that use it say of it. */

import type { Sample } from './exposition.ts';
import type { Fact, Part, PartId, ProcessKind, State } from './model.ts';
import { greatest, hitsOf, inAllQueues, type Scene, SHOPPERS } from './scene.ts';

const REQUESTS = 'http_server_request_duration_seconds';
/** As the health probes name what they ask. */
const CHECKS = { primary: 'database_primary', redis: 'redis', nats: 'nats' } as const;
/** All that send mail. */
export const MAIL_CONSUMERS =
  /^(email|account-email|theft-warning|webhook-warning|stock-email|shipment-email|return-email|edit-email|cart-email)$/;
const MAIL_WINDOW_MS = 60_000;

export function partsOf(scene: Scene): Readonly<Record<PartId, Part>> {
  return {
    edge: { ...processes(scene, 'edge'), facts: servingFacts(scene, 'edge', 'edge') },
    origin: { ...processes(scene, 'origin'), facts: servingFacts(scene, 'origin', 'memory') },
    workers: { ...processes(scene, 'workers'), facts: workerFacts(scene) },
    primary: { ...checked(scene, 'primary'), facts: poolFacts(scene) },
    replicas: replicas(scene),
    redis: {
      ...checked(scene, 'redis'),
      facts: [{ label: 'hits', value: hitsOf(scene.of.origin, 'redis'), unit: 'ratio' }],
    },
    nats: { ...checked(scene, 'nats'), facts: natsFacts(scene) },
    stripe: stripe(scene),
    smtp: smtp(scene),
  };
}

type Standing = Omit<Part, 'facts'>;

function processes({ watched }: Scene, kind: ProcessKind): Standing {
  const ofKind = watched.filter(({ target }) => target.kind === kind);
  const all = ofKind.filter(({ isAwaited }) => !isAwaited);
  const alive = all.filter(({ reply }) => reply.isAlive).length;
  if (all.length === 0)
    return { state: 'unknown', says: ofKind.length === 0 ? 'not watched' : 'not seen yet' };
  if (alive === 0) return { state: 'down', says: all.length === 1 ? 'does not answer' : 'none answers' };
  if (alive < all.length) return { state: 'degraded', says: `${alive} of ${all.length} answer` };
  return { state: 'ok', says: all.length === 1 ? 'answers' : `all ${all.length} answer` };
}

/** By those who tell: the health of every process that stands on it, else its own gauge of the last probe. */
function checked({ watched }: Scene, part: keyof typeof CHECKS): Standing {
  const dependency = CHECKS[part];
  const answers = watched.flatMap(({ reply, meter }) => {
    const told = reply.checks?.[dependency];
    if (told !== undefined) return [told === 'up'];
    const probes = meter
      .standing('dependency_up')
      .filter(({ labels }) => labels['dependency'] === dependency);
    return probes.map(({ value }) => value > 0);
  });
  if (answers.length === 0) return { state: 'unknown', says: 'nobody can tell' };
  if (answers.every((isUp) => isUp)) return { state: 'ok', says: 'answers' };
  if (answers.some((isUp) => isUp)) return { state: 'degraded', says: 'answers some, not all' };
  return { state: 'down', says: 'does not answer' };
}

function replicas({ of: { origin }, all }: Scene): Part {
  const healthy = origin.gauges('database_replica_healthy');
  const lag = greatest(origin, 'database_replica_lag_seconds');
  const facts: readonly Fact[] = [
    { label: 'reads', value: all.rate('database_reads_total', { target: /^\d+$/ }), unit: 'perSecond' },
    { label: 'behind', value: lag, unit: 'seconds' },
  ];
  if (healthy.length === 0) return { state: 'unknown', says: 'none here', facts: [] };
  const out = healthy.filter(({ value }) => value === 0).length;
  if (out === 0) return { state: 'ok', says: 'all take reads', facts };
  const state: State = out === healthy.length ? 'down' : 'degraded';
  return { state, says: out === healthy.length ? 'all are out' : `${out} of ${healthy.length} out`, facts };
}

function stripe({ all }: Scene): Part {
  const facts: readonly Fact[] = [
    { label: 'paid', value: perMinute(all.rate('orders_paid_total', {}, MAIL_WINDOW_MS)), unit: 'perMinute' },
    {
      label: 'failed',
      value: perMinute(all.rate('payments_failed_total', {}, MAIL_WINDOW_MS)),
      unit: 'perMinute',
    },
  ];
  const circuits = all.gauges('circuit_open', { dependency: 'stripe' });
  const open = circuits.filter(({ value }) => value > 0).length;
  if (open === 0) return { state: 'ok', says: 'takes payments', facts };
  return { state: open === circuits.length ? 'down' : 'degraded', says: 'circuit open', facts };
}

/** Nobody asks the mail server how it is: what becomes of mails tells. */
function smtp({ of: { workers } }: Scene): Part {
  const labels = (outcome: RegExp) => ({ consumer: MAIL_CONSUMERS, outcome });
  const sent = workers.increase('messages_handled_total', labels(/^done$/), MAIL_WINDOW_MS);
  const failed = workers.increase('messages_handled_total', labels(/^(retried|parked)$/), MAIL_WINDOW_MS);
  const facts: readonly Fact[] = [{ label: 'sent', value: sent, unit: 'perMinute' }];
  const isOpen = (greatest(workers, 'circuit_open', { dependency: 'smtp' }) ?? 0) > 0;
  if (isOpen || (failed > 0 && sent === 0)) return { state: 'down', says: 'takes no mails', facts };
  if (failed > 0) return { state: 'degraded', says: 'some mails fail', facts };
  return {
    state: workers.rate('messages_handled_total') === null ? 'unknown' : 'ok',
    says: 'takes mails',
    facts,
  };
}

/** With the hits of the cache that is within it. */
function servingFacts({ of }: Scene, kind: 'edge' | 'origin', tier: 'edge' | 'memory'): readonly Fact[] {
  return [
    { label: kind === 'edge' ? 'hits' : 'memory', value: hitsOf(of[kind], tier), unit: 'ratio' },
    { label: 'p99', value: of[kind].quantile(REQUESTS, 0.99, SHOPPERS), unit: 'seconds' },
  ];
}

function workerFacts({ of: { workers } }: Scene): readonly Fact[] {
  return [
    { label: 'p99', value: workers.quantile('message_duration_seconds', 0.99), unit: 'seconds' },
    { label: 'parked', value: inAllQueues(workers, 'dead_letters'), unit: 'count' },
  ];
}

function poolFacts({ all }: Scene): readonly Fact[] {
  const used = sum(all.gauges('db_client_connections_usage', { state: 'used' }));
  const waiting = sum(all.gauges('db_client_connections_pending_requests'));
  return [
    { label: 'p99', value: all.quantile('db_client_operation_duration_seconds', 0.99), unit: 'seconds' },
    waiting === null || waiting === 0
      ? { label: 'in use', value: used, unit: 'count' }
      : { label: 'waiting', value: waiting, unit: 'count' },
  ];
}

function natsFacts({ of: { workers } }: Scene): readonly Fact[] {
  return [
    { label: 'waiting', value: inAllQueues(workers, 'jetstream_consumer_pending_messages'), unit: 'count' },
    { label: 'oldest', value: greatest(workers, 'jetstream_consumer_oldest_age_seconds'), unit: 'seconds' },
  ];
}

const perMinute = (perSecond: number | null) => (perSecond === null ? null : perSecond * 60);

function sum(samples: readonly Sample[]): number | null {
  return samples.length === 0 ? null : samples.reduce((total, { value }) => total + value, 0);
}
