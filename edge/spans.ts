/**
 * The edge's spans of one request: they go to the collector once it is answered, while its isolate is kept awake for
 * them. No request waits for the collector, and no more than so many isolates' calls do.
 */

import type { Logger } from '#lib/log.ts';
import { createOtlpClient } from '#lib/otlp.ts';
import {
  type OpenSpan,
  openFirstSpan,
  openSpan,
  type Span,
  type SpanSink,
  type SpanStart,
} from '#lib/span.ts';
import { isSampled, type Traceparent } from '#lib/trace.ts';
import type { EdgeConfig } from './env.ts';

/** The spans of one sampled request. */
export interface RequestSpans {
  /** A call within it. */
  begin(parent: Traceparent, start: SpanStart): OpenSpan;
}

export interface EdgeSpans {
  /** Null where the trace is not sampled, or there is no collector. */
  open(traceparent: Traceparent, start: SpanStart): SampledRequest | null;
}

export interface SampledRequest extends RequestSpans, Pick<OpenSpan, 'end'> {
  /** Sends what has ended by now. */
  send(): Promise<void>;
}

const SERVICE = 'hotshelf-edge';
/** Calls to the collector at once, by one isolate. */
const MAX_CALLS = 16;

export function createEdgeSpans(config: EdgeConfig, log: Logger): EdgeSpans {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = config;
  if (endpoint === undefined) return { open: () => null };
  const send = limited(createOtlpClient({ endpoint, headers, service: SERVICE }), log);
  return {
    open: (traceparent, start) => {
      if (!isSampled(traceparent)) return null;
      const ended: Span[] = [];
      const sink: SpanSink = { add: (span) => void ended.push(span) };
      const { end } = openFirstSpan(sink, traceparent, start);
      return { begin: (parent, call) => openSpan(sink, parent, call), end, send: () => send(ended) };
    },
  };
}

/** What is not taken is counted, and told of once the collector takes spans again. */
function limited(send: (spans: readonly Span[]) => Promise<boolean>, log: Logger) {
  let calls = 0;
  let dropped = 0;
  return async (spans: readonly Span[]): Promise<void> => {
    if (calls >= MAX_CALLS) {
      dropped += spans.length;
      return;
    }
    calls += 1;
    const isTaken = await send(spans);
    calls -= 1;
    if (!isTaken) dropped += spans.length;
    else if (dropped > 0) {
      log.warn('spans were dropped', { count: dropped });
      dropped = 0;
    }
  };
}
