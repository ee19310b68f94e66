/**
 * The catalogue of metrics: name, kind, help, labels and buckets, after Prometheus' naming rules (base units, `_total`)
 * and, where they name a thing, OpenTelemetry's semantic conventions. Code asks for a metric by its name here.
 */

import { RESILIENCE_METRICS } from './resilience-metrics.ts';

interface MetricKind {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in the unit of its name. */
  readonly buckets?: readonly number[];
}

const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10];
const WORK_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const LAG_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const BODY_BUCKETS = [1_024, 10_240, 102_400, 1_048_576];
const MONEY_BUCKETS = [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000];

const REQUEST_LABELS = ['http_request_method', 'http_route'] as const;

/** What a process tells of the requests that it answers, of what is behind it, and of itself. */
const PROCESS_METRICS = {
  http_server_request_duration_seconds: {
    kind: 'histogram',
    help: 'Time from a request to its answer.',
    labels: [...REQUEST_LABELS, 'http_response_status_code'],
    buckets: REQUEST_BUCKETS,
  },
  http_server_request_body_size_bytes: {
    kind: 'histogram',
    help: 'Size of the bodies of requests.',
    labels: REQUEST_LABELS,
    buckets: BODY_BUCKETS,
  },
  http_server_response_body_size_bytes: {
    kind: 'histogram',
    help: 'Size of the bodies of answers.',
    labels: REQUEST_LABELS,
    buckets: BODY_BUCKETS,
  },
  http_server_active_requests: {
    kind: 'gauge',
    help: 'Requests that are being answered.',
    labels: [],
  },
  circuit_open: {
    kind: 'gauge',
    help: 'Whether the circuit breaker of a dependency is open (1) or not (0).',
    labels: ['dependency'],
  },
  circuit_openings_total: {
    kind: 'counter',
    help: 'Times that the circuit breaker of a dependency has opened.',
    labels: ['dependency'],
  },
  dependency_up: {
    kind: 'gauge',
    help: 'Whether a dependency answered the last probe (1) or not (0).',
    labels: ['dependency'],
  },
  dependency_probe_duration_seconds: {
    kind: 'gauge',
    help: 'Time that the last probe of a dependency took.',
    labels: ['dependency'],
  },
  nodejs_eventloop_lag_seconds: {
    kind: 'histogram',
    help: 'How late a timer came, looked at ten times a second.',
    labels: [],
    buckets: LAG_BUCKETS,
  },
  nodejs_heap_size_used_bytes: { kind: 'gauge', help: 'JavaScript heap in use.', labels: [] },
  nodejs_heap_size_total_bytes: { kind: 'gauge', help: 'JavaScript heap taken from the system.', labels: [] },
  process_cpu_seconds_total: { kind: 'counter', help: 'CPU time in user and system mode.', labels: [] },
  process_resident_memory_bytes: { kind: 'gauge', help: 'Resident memory.', labels: [] },
  process_start_time_seconds: { kind: 'gauge', help: 'When the process began, in Unix time.', labels: [] },
  process_open_fds: { kind: 'gauge', help: 'File descriptors that are open.', labels: [] },
  process_max_fds: { kind: 'gauge', help: 'File descriptors that may be open.', labels: [] },
  trace_spans_total: {
    kind: 'counter',
    help: 'Spans by what became of them: exported, queue_full or not_taken by the collector.',
    labels: ['outcome'],
  },
  security_events_total: {
    kind: 'counter',
    help: 'Log-ins, refusals and attempts to get around a border, by the events of lib/security-events.ts.',
    labels: ['event'],
  },
  build_info: {
    kind: 'gauge',
    help: 'Always 1: what runs here.',
    labels: ['process', 'revision', 'runtime'],
  },
  tls_certificate_not_after_timestamp_seconds: {
    kind: 'gauge',
    help: 'When the certificate expires that is served, in Unix time.',
    labels: ['certificate'],
  },
  filesystem_avail_bytes: {
    kind: 'gauge',
    help: 'Free space of the file system that the process lives on.',
    labels: [],
  },
  filesystem_size_bytes: {
    kind: 'gauge',
    help: 'Size of the file system that the process lives on.',
    labels: [],
  },
} as const satisfies Record<string, MetricKind>;

const READ_METRICS = {
  cache_reads_total: {
    kind: 'counter',
    help: 'Reads of a cache tier, by outcome: hit, miss, or gone where the tier did not answer.',
    labels: ['cache', 'tier', 'outcome'],
  },
  degraded_answers_total: {
    kind: 'counter',
    help: 'Answers that stand in for what has failed, by where they come from instead.',
    labels: ['feature', 'source'],
  },
  pictures_made_total: {
    kind: 'counter',
    help: 'Pictures that were to be made at a width, by outcome.',
    labels: ['format', 'outcome'],
  },
  database_reads_total: {
    kind: 'counter',
    help: 'Reads begun, by the server that was asked: the primary or the number of a replica.',
    labels: ['role', 'target'],
  },
  database_replica_healthy: {
    kind: 'gauge',
    help: 'Whether a replica takes reads (1) or is ejected (0).',
    labels: ['role', 'replica'],
  },
  database_replica_lag_seconds: {
    kind: 'gauge',
    help: 'Time since the primary was first seen further than the replica is.',
    labels: ['role', 'replica'],
  },
  database_replica_ejections_total: {
    kind: 'counter',
    help: 'Replicas ejected, by reason.',
    labels: ['role', 'replica', 'reason'],
  },
  db_client_operation_duration_seconds: {
    kind: 'histogram',
    help: 'Time of database statements, waiting for a connection included.',
    labels: ['pool_name'],
    buckets: WORK_BUCKETS,
  },
  db_client_connections_usage: {
    kind: 'gauge',
    help: 'Connections of a pool, used or idle.',
    labels: ['pool_name', 'state'],
  },
  db_client_connections_max: {
    kind: 'gauge',
    help: 'Connections that a pool may have.',
    labels: ['pool_name'],
  },
  db_client_connections_pending_requests: {
    kind: 'gauge',
    help: 'Statements and transactions that wait for a connection of a pool.',
    labels: ['pool_name'],
  },
} as const satisfies Record<string, MetricKind>;

/** Told by the workers. What is the same for the whole shop is told by each of them: max, never sum. */
const QUEUE_METRICS = {
  events_published_total: { kind: 'counter', help: 'Outbox rows published to JetStream.', labels: ['event'] },
  outbox_pending_rows: { kind: 'gauge', help: 'Outbox rows that wait to be published.', labels: [] },
  outbox_oldest_age_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest row that waits; 0 without one.',
    labels: [],
  },
  messages_handled_total: {
    kind: 'counter',
    help: 'Messages that a worker took, by outcome.',
    labels: ['consumer', 'outcome'],
  },
  message_duration_seconds: {
    kind: 'histogram',
    help: 'Time that a worker took for one message.',
    labels: ['consumer'],
    buckets: WORK_BUCKETS,
  },
  jetstream_consumer_pending_messages: {
    kind: 'gauge',
    help: 'Messages that a consumer has yet to be given.',
    labels: ['consumer'],
  },
  jetstream_consumer_ack_pending_messages: {
    kind: 'gauge',
    help: 'Messages that a consumer was given and has not ended.',
    labels: ['consumer'],
  },
  jetstream_consumer_oldest_age_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest message that a consumer has not ended; 0 without one.',
    labels: ['consumer'],
  },
  jetstream_stream_messages: { kind: 'gauge', help: 'Messages that the stream holds.', labels: [] },
  jetstream_stream_bytes: { kind: 'gauge', help: 'Size of the stream.', labels: [] },
  dead_letters: {
    kind: 'gauge',
    help: 'Messages that are parked for an operator.',
    labels: ['consumer'],
  },
} as const satisfies Record<string, MetricKind>;

const BUSINESS_METRICS = {
  carts_created_total: { kind: 'counter', help: 'Carts created.', labels: [] },
  carts_filled_total: { kind: 'counter', help: 'Carts that got something into them.', labels: [] },
  orders_placed_total: { kind: 'counter', help: 'Orders placed.', labels: ['currency'] },
  order_value_minor: {
    kind: 'histogram',
    help: 'Value of the baskets that became orders, in minor units of the currency.',
    labels: ['currency'],
    buckets: MONEY_BUCKETS,
  },
  orders_paid_total: { kind: 'counter', help: 'Orders paid.', labels: ['currency'] },
  order_revenue_minor_total: {
    kind: 'counter',
    help: 'Revenue of paid orders, in minor units of the currency.',
    labels: ['currency'],
  },
  payments_failed_total: { kind: 'counter', help: 'Payments that failed, by reason.', labels: ['reason'] },
  orders_cancelled_total: { kind: 'counter', help: 'Orders cancelled, by whom.', labels: ['actor'] },
  shipment_steps_total: { kind: 'counter', help: 'Steps of parcels, from packing on.', labels: ['step'] },
  return_steps_total: { kind: 'counter', help: 'Steps of returns, from their request on.', labels: ['step'] },
  stock_adjustments_total: {
    kind: 'counter',
    help: 'Stock that was received or corrected by hand.',
    labels: ['kind'],
  },
  stock_falls_total: {
    kind: 'counter',
    help: 'Times that what is left of a variant has fallen to low, or to nothing (out).',
    labels: ['level'],
  },
  refunds_total: {
    kind: 'counter',
    help: 'Refunds that have ended, by outcome.',
    labels: ['currency', 'outcome'],
  },
  refunded_minor_total: {
    kind: 'counter',
    help: 'Money given back, in minor units of the currency.',
    labels: ['currency'],
  },
  disputes_opened_total: { kind: 'counter', help: 'Disputes opened, by reason.', labels: ['reason'] },
  disputes_closed_total: { kind: 'counter', help: 'Disputes closed, by outcome.', labels: ['outcome'] },
  payments_stranded_total: {
    kind: 'counter',
    help: 'Charges for orders that had ended, or that were paid already: a person has to look.',
    labels: ['currency'],
  },
} as const satisfies Record<string, MetricKind>;

export const METRICS = {
  ...PROCESS_METRICS,
  ...RESILIENCE_METRICS,
  ...READ_METRICS,
  ...QUEUE_METRICS,
  ...BUSINESS_METRICS,
} as const satisfies Record<string, MetricKind>;

export type MetricName = keyof typeof METRICS;
type NameOf<Kind extends MetricKind['kind']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];

/** Exactly the labels that the catalogue declares for the metric. */
export type LabelsOf<Name extends MetricName> = Readonly<
  Record<(typeof METRICS)[Name]['labels'][number], string>
>;

export interface Metrics {
  count<Name extends NameOf<'counter'>>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  gauge<Name extends NameOf<'gauge'>>(name: Name, labels: LabelsOf<Name>, value: number): void;
  observe<Name extends NameOf<'histogram'>>(name: Name, labels: LabelsOf<Name>, seconds: number): void;
  /** A counter with its labels looked up once, for hot paths. */
  counter<Name extends NameOf<'counter'>>(name: Name, labels: LabelsOf<Name>): (by?: number) => void;
  /** A histogram with its labels looked up once, for hot paths. */
  histogram<Name extends NameOf<'histogram'>>(name: Name, labels: LabelsOf<Name>): (seconds: number) => void;
  /** Runs before each exposition: for gauges that are looked up when somebody asks. What fails or is late leaves them as they were. */
  onExpose(collect: () => void | Promise<void>): void;
  /** Everything counted so far, in Prometheus' text format. */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>;
}
