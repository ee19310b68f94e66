/**
 * The catalogue of metrics: name, kind, help and labels, after Prometheus' naming rules (base units, `_total`).
 * Code asks for a metric by its name here; the registry that counts lives with the process.
 */

interface MetricKind {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
}

export const METRICS = {
  http_requests_total: {
    kind: 'counter',
    help: 'HTTP requests answered.',
    labels: ['method', 'route', 'status'],
  },
  http_request_duration_seconds: {
    kind: 'histogram',
    help: 'Time from the first byte of a request to its answer.',
    labels: ['method', 'route'],
  },
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
  orders_placed_total: { kind: 'counter', help: 'Orders placed.', labels: ['currency'] },
  orders_paid_total: { kind: 'counter', help: 'Orders paid.', labels: ['currency'] },
  order_revenue_minor_total: {
    kind: 'counter',
    help: 'Revenue of paid orders, in minor units of the currency.',
    labels: ['currency'],
  },
  payments_failed_total: { kind: 'counter', help: 'Payments that failed, by reason.', labels: ['reason'] },
  orders_cancelled_total: { kind: 'counter', help: 'Orders cancelled, by whom.', labels: ['actor'] },
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
  circuit_open: {
    kind: 'gauge',
    help: 'Whether the circuit breaker of a dependency is open (1) or not (0).',
    labels: ['dependency'],
  },
  events_published_total: { kind: 'counter', help: 'Outbox rows published to JetStream.', labels: ['event'] },
  outbox_pending_rows: { kind: 'gauge', help: 'Outbox rows that wait to be published.', labels: [] },
  messages_handled_total: {
    kind: 'counter',
    help: 'Messages that a worker took, by outcome.',
    labels: ['consumer', 'outcome'],
  },
  message_duration_seconds: {
    kind: 'histogram',
    help: 'Time that a worker took for one message.',
    labels: ['consumer'],
  },
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
  /** Everything counted so far, in Prometheus' text format. */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>;
}
