/** Spans, as OpenTelemetry has them: one piece of a trace's work, when it was done, and how it ended. */

import { childOf, type Traceparent } from './trace.ts';

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** By OpenTelemetry's names. Never what a person wrote: no parameter of a query, no query of a URL, no message of an error. */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanStart {
  /** Of few values: `GET /api/v1/products/:id`, never with the id. */
  readonly name: string;
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Another trace that has to do with it. */
  readonly link?: Traceparent;
}

export interface SpanEnd {
  /** Where it is known only now. */
  readonly name?: string;
  readonly attributes?: Attributes;
  /** What kind of failure it was, where it failed. */
  readonly failure?: string;
}

export interface Span extends Required<Omit<SpanStart, 'link'>>, Pick<SpanStart, 'link'> {
  readonly traceparent: Traceparent;
  /** Null: the first span of its trace. */
  readonly parent: Traceparent | null;
  /** Milliseconds since 1970, with their fractions. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly failure: string | null;
}

/** Takes what has ended. Never fails and never waits. */
export interface SpanSink {
  add(span: Span): void;
}

export interface OpenSpan {
  /** What work within the span has for its parent. */
  readonly traceparent: Traceparent;
  end(end?: SpanEnd): void;
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

export function openSpan(sink: SpanSink, parent: Traceparent, start: SpanStart): OpenSpan {
  return open(sink, { parent, traceparent: childOf(parent) }, start);
}

/** The first span of a trace, under the span id that the trace was begun with. */
export function openFirstSpan(sink: SpanSink, traceparent: Traceparent, start: SpanStart): OpenSpan {
  return open(sink, { parent: null, traceparent }, start);
}

function open(sink: SpanSink, place: Pick<Span, 'parent' | 'traceparent'>, start: SpanStart): OpenSpan {
  const { kind = 'internal', attributes = {} } = start;
  const startedAt = now();
  return {
    traceparent: place.traceparent,
    end: (end = {}) => {
      const { name = start.name, failure = null } = end;
      const all = { ...attributes, ...end.attributes };
      sink.add({ ...start, ...place, name, kind, attributes: all, startedAt, endedAt: now(), failure });
    },
  };
}

/** What a span says of an error: of which kind it is. Its message may hold what a person wrote. */
export function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
