/**
 * How Postgres is told of traces, for whoever looks at `pg_stat_activity`, a log of slow statements or a wait for a lock.
 *
 * Driver and server keep statements by their text, so a comment in each would make each a new one. Instead, a
 * transaction that writes has the trace's id in its `application_name`, be the trace sampled or not. Statements of
 * sampled traces have a comment as well, in sqlcommenter's format, and are not kept: they are few.
 */

import type postgres from 'postgres';
import { openSpan } from '#lib/span.ts';
import { type Traceparent, traceId } from '#lib/trace.ts';
import { currentTrace, ending } from './trace-scope.ts';

export interface SampledStatement {
  /** To be sent without being kept. */
  readonly text: string;
  /** Ends its span with it; a failure is for whoever sent it. */
  follow(pending: PromiseLike<unknown>): void;
}

/** The statement as a sampled trace sends it; null where the trace at hand is not sampled, or there is none. */
export function sampledStatement(query: string): SampledStatement | null {
  const scope = currentTrace();
  if (!scope?.isSampled) return null;
  if (scope.spans === null) return { text: commented(query, scope.traceparent), follow: () => {} };
  const operation = /^\W*(\w+)/.exec(query)?.[1]?.toUpperCase() ?? 'QUERY';
  const span = openSpan(scope.spans, scope.traceparent, {
    name: operation,
    kind: 'client',
    attributes: { 'db.system.name': 'postgresql', 'db.operation.name': operation, 'db.query.text': query },
  });
  return {
    text: commented(query, span.traceparent),
    follow: (pending) => void ending(span, pending).catch(() => undefined),
  };
}

/** In front, though sqlcommenter's libraries put it behind: `pg_stat_activity` shows no more than a statement's first kilobyte. */
function commented(query: string, traceparent: Traceparent): string {
  return `/*traceparent='${traceparent}'*/ ${query}`;
}

interface Naming {
  readonly applicationName: string;
  readonly isReadOnly: boolean;
}

/** The first statement of a transaction, sent ahead of the others without waiting for it. */
export function nameTransaction(tx: postgres.TransactionSql, { applicationName, isReadOnly }: Naming): void {
  const scope = currentTrace();
  if (scope === undefined || (isReadOnly && !scope.isSampled)) return;
  const name = `${applicationName} ${traceId(scope.traceparent)}`.replaceAll("'", "''");
  // A failure of it fails the transaction, which tells.
  tx.unsafe(`set local application_name = '${name}'`).catch(() => undefined);
}
