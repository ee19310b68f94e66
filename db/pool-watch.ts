/** How a connection pool is used. The driver does not say; it is told from what it was asked and has not answered. */

import { SECOND_MS } from '#lib/clock.ts';
import type { Metrics } from '#lib/metrics.ts';

export interface PoolWatch {
  /** A statement or a transaction wants a connection. Returns how to say that it needs it no more. */
  occupy(): () => void;
  /** A statement is sent. Returns how to say that it is answered. */
  time(): () => void;
}

export interface WatchedPool {
  /** A role, or a role's replica. */
  readonly name: string;
  readonly maxConnections: number;
  readonly metrics: Metrics;
}

export function watchPool({ name, maxConnections, metrics }: WatchedPool): PoolWatch {
  const labels = { pool_name: name };
  const observe = metrics.histogram('db_client_operation_duration_seconds', labels);
  let wanted = 0;
  metrics.gauge('db_client_connections_max', labels, maxConnections);
  metrics.onExpose(() => {
    const used = Math.min(wanted, maxConnections);
    metrics.gauge('db_client_connections_usage', { ...labels, state: 'used' }, used);
    metrics.gauge('db_client_connections_usage', { ...labels, state: 'idle' }, maxConnections - used);
    metrics.gauge('db_client_connections_pending_requests', labels, wanted - used);
  });
  return {
    occupy: () => {
      wanted += 1;
      return () => {
        wanted -= 1;
      };
    },
    time: () => {
      const startedAt = performance.now();
      return () => observe((performance.now() - startedAt) / SECOND_MS);
    },
  };
}

type Then = (
  onAnswer?: ((answer: unknown) => unknown) | null,
  onFailure?: ((error: unknown) => unknown) | null,
) => Promise<unknown>;

/**
 * Calls `onSettled` when the query is answered or has failed. The driver sends a query when it is awaited, so that it
 * must not be awaited here.
 */
export function whenSettled<Query extends Promise<unknown>>(query: Query, onSettled: () => void): Query {
  const send = query.then.bind(query);
  const then: Then = (onAnswer, onFailure) => {
    const answered = send(
      (answer) => {
        onSettled();
        return answer;
      },
      (error: unknown) => {
        onSettled();
        throw error;
      },
    );
    return answered.then(onAnswer, onFailure);
  };
  return Object.assign(query, { then });
}
