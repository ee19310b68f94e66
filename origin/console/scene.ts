/** All processes that the console looks at, with what they have counted, at one moment. */

import { type Gathered, gather, type Labels } from './gathered.ts';
import type { Meter } from './meter.ts';
import type { ProcessKind } from './model.ts';
import type { Reply, Target } from './targets.ts';

/** A process with its last answer and all that it has counted. */
export interface Watched {
  readonly target: Target;
  readonly reply: Reply;
  readonly meter: Meter;
  /** It has not answered yet, and need not have. */
  readonly isAwaited: boolean;
}

/** The processes, asked together or by their kind. */
export interface Scene {
  readonly atMs: number;
  readonly watched: readonly Watched[];
  readonly all: Gathered;
  readonly of: Readonly<Record<ProcessKind, Gathered>>;
}

/** What probes and the console itself ask is no traffic. */
export const SHOPPERS: Labels = { http_route: /^(?!\/(livez|readyz|health|metrics|ops|__edge)\b)/ };
export const ERRORS: Labels = { ...SHOPPERS, http_response_status_code: /^5/ };

export function sceneOf(atMs: number, watched: readonly Watched[]): Scene {
  const metersOf = (kind: ProcessKind) =>
    watched.filter(({ target }) => target.kind === kind).map(({ meter }) => meter);
  return {
    atMs,
    watched,
    all: gather(watched.map(({ meter }) => meter)),
    of: {
      origin: gather(metersOf('origin')),
      workers: gather(metersOf('workers')),
      edge: gather(metersOf('edge')),
    },
  };
}

/** What the whole shop shares is told by each of the workers. */
export function greatest(
  gathered: Gathered,
  ...[name, labels]: Parameters<Gathered['gauges']>
): number | null {
  const values = gathered.gauges(name, labels).map(({ value }) => value);
  return values.length === 0 ? null : Math.max(...values);
}

/** Of all consumers together, each as whoever sees it fullest. */
export function inAllQueues(gathered: Gathered, name: Parameters<Gathered['gauges']>[0]): number | null {
  const byConsumer = Map.groupBy(gathered.gauges(name), ({ labels }) => labels['consumer']);
  if (byConsumer.size === 0) return null;
  return [...byConsumer.values()].reduce((sum, told) => sum + Math.max(...told.map(({ value }) => value)), 0);
}

/** All outcomes but that of a read which went past the tier, for it was not there. */
const ASKED = /^(?!gone$)/;

/** The share of a tier's reads that it answered, be it with what is stale; null while nobody reads. */
export function hitsOf(gathered: Gathered, tier: string): number | null {
  const reads = gathered.rate('cache_reads_total', { tier, outcome: ASKED });
  const misses = gathered.rate('cache_reads_total', { tier, outcome: 'miss' });
  return reads === null || misses === null || reads === 0 ? null : 1 - misses / reads;
}
