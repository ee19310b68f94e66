/**
 * What an isolate counts. Each isolate counts for itself: on Cloudflare there are many, they come and go, and whoever
 * reads the metrics reads those of the one that answers. So each names itself on all that it tells, or the counters of
 * one would look like those of another that has begun again. Their clock stands still while they compute.
 */

import { ISOLATE_LABEL } from '#lib/edge-contract.ts';
import { createRegistry } from '#lib/metric-registry.ts';
import type { Metrics } from '#lib/metrics.ts';
import { createRequestMetrics, NO_ROUTE, type ObserveRequest } from '#lib/request-metrics.ts';
import type { CacheOutcome } from './cache/shared-cache.ts';
import type { DeclaredRoute } from './routes.ts';

interface Answer {
  readonly method: string;
  /** Absent where none was found. */
  readonly route: DeclaredRoute | undefined;
  readonly status: number;
}

export interface EdgeMetrics {
  readonly registry: Metrics;
  requests(answer: Answer): ObserveRequest;
  /** A read of the cache. */
  read(outcome: CacheOutcome): void;
  /** One that was answered before the pipeline. */
  hit(): void;
}

/** @param isolate any name that no other isolate has */
export function createEdgeMetrics(isolate: string): EdgeMetrics {
  const registry = createRegistry({ [ISOLATE_LABEL]: isolate });
  const requests = createRequestMetrics(registry);
  const counterOf = (outcome: string) =>
    registry.counter('cache_reads_total', { cache: 'catalogue', tier: 'edge', outcome });
  const [hit, stale, miss] = [counterOf('hit'), counterOf('stale'), counterOf('miss')];
  return {
    registry,
    hit,
    requests: ({ method, route, status }) =>
      requests(method, route === undefined ? NO_ROUTE : labelOf(route), status),
    read: (outcome) => {
      if (outcome.kind === 'forwarded') miss();
      else if (outcome.kind === 'hit' && outcome.why === 'fresh') hit();
      else stale();
    },
  };
}

/** A route's pattern as people write it: there are as many as lines in the table. */
function labelOf({ path }: DeclaredRoute): string {
  return path.source.replace(/^\^|\$$/g, '').replaceAll('\\', '');
}
