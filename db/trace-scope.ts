/**
 * The trace that the work at hand belongs to, wherever that work goes: to a statement, to Redis, to Stripe, into a log
 * line. Work that nobody asked for has none.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields } from '#lib/log.ts';
import { failureOf, type OpenSpan, openSpan, type SpanSink, type SpanStart } from '#lib/span.ts';
import { isSampled, requestIdOf, type Traceparent, traceId } from '#lib/trace.ts';

export interface TraceScope {
  /** The span at hand: the parent of whatever begins within it. */
  readonly traceparent: Traceparent;
  readonly isSampled: boolean;
  /** Where its spans go; null where the trace is not sampled, or nobody collects. */
  readonly spans: SpanSink | null;
}

const SCOPES = new AsyncLocalStorage<TraceScope>();
const NO_FIELDS: LogFields = {};

export function currentTrace(): TraceScope | undefined {
  return SCOPES.getStore();
}

/** Work on behalf of a trace. @param sink where spans go, if the trace is sampled */
export function inTrace<T>(traceparent: Traceparent, sink: SpanSink | null, work: () => T): T {
  const sampled = isSampled(traceparent);
  return SCOPES.run({ traceparent, isSampled: sampled, spans: sampled ? sink : null }, work);
}

/** Work that is a span of the trace at hand; just the work where nobody collects it. */
export function inSpan<T>(start: SpanStart, work: () => Promise<T>): Promise<T> {
  const scope = SCOPES.getStore();
  return scope === undefined || scope.spans === null ? work() : record(scope, scope.spans, start, work);
}

async function record<T>(
  scope: TraceScope,
  spans: SpanSink,
  start: SpanStart,
  work: () => Promise<T>,
): Promise<T> {
  const span = openSpan(spans, scope.traceparent, start);
  return SCOPES.run({ ...scope, traceparent: span.traceparent }, () => ending(span, work()));
}

/** The outcome, and the span's end with it. */
export async function ending<T>(span: OpenSpan, outcome: PromiseLike<T>): Promise<T> {
  try {
    const result = await outcome;
    span.end();
    return result;
  } catch (error) {
    span.end({ failure: failureOf(error) });
    throw error;
  }
}

/** For the process's logger: what every line carries that is written on behalf of a trace. */
export function traceFields(): LogFields {
  const scope = SCOPES.getStore();
  if (scope === undefined) return NO_FIELDS;
  return { traceId: traceId(scope.traceparent), requestId: requestIdOf(scope.traceparent) };
}
