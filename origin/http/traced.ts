/**
 * The trace of a request, from its first check to its last query: what the edge has begun goes on here. An id that did
 * not come with the edge's proof is nobody's: it marks no line and no statement.
 */

import { currentTrace, inTrace } from '#db/trace-scope.ts';
import type { Logger } from '#lib/log.ts';
import { type OpenSpan, openSpan, type SpanEnd, type SpanSink } from '#lib/span.ts';
import { isSampled, newTrace, parseTraceparent, type Traceparent } from '#lib/trace.ts';
import type { EdgeProofs } from './edge-proof.ts';
import type { Handler, HotReads } from './hot-path.ts';

const SERVER_FAILURE = 500;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Of sampled requests, until they are answered. */
const REQUEST_SPANS = new WeakMap<Request, OpenSpan>();

export function traced(handle: Handler, proofs: EdgeProofs, spans: SpanSink | null): Handler {
  return (request) => {
    if (proofs.faultOf(request) !== null) return handle(request);
    const parent = parseTraceparent(request.headers.get('traceparent')) ?? newTrace();
    const own = spans !== null && isSampled(parent) ? begin(request, parent, spans) : parent;
    return inTrace(own, spans, () => handle(request));
  };
}

function begin(request: Request, parent: Traceparent, spans: SpanSink): Traceparent {
  const span = openSpan(spans, parent, serverSpan(request.method));
  REQUEST_SPANS.set(request, span);
  return span.traceparent;
}

export type Answered = {
  readonly method: string;
  /** The route's pattern. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
};

/** Ends the request's span, and tells of it in the log: by default, of what may have changed something. */
export function noteAnswered(log: Logger, request: Request, answered: Answered): void {
  REQUEST_SPANS.get(request)?.end(endOf(answered));
  if (currentTrace() === undefined) return;
  log[READS.has(answered.method) ? 'debug' : 'info']('answered', answered);
}

/** Hot reads never reach the framework: of those that are sampled, the span is made here. */
export function tracedHotReads(hot: HotReads, spans: SpanSink): HotReads {
  return {
    ...hot,
    answer: (request) => {
      const header = request.headers.get('traceparent');
      if (header === null || !isSampled(header)) return hot.answer(request);
      const parent = parseTraceparent(header);
      if (parent === null) return hot.answer(request);
      const span = openSpan(spans, parent, serverSpan(request.method));
      const response = hot.answer(request);
      if (response !== undefined) span.end({ attributes: { 'http.response.status_code': response.status } });
      return response;
    },
  };
}

function serverSpan(method: string) {
  return { name: method, kind: 'server', attributes: { 'http.request.method': method } } as const;
}

function endOf({ method, route, status }: Answered): SpanEnd {
  return {
    name: `${method} ${route}`,
    attributes: { 'http.route': route, 'http.response.status_code': status },
    ...(status >= SERVER_FAILURE ? { failure: String(status) } : {}),
  };
}
