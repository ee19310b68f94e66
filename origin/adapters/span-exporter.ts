/**
 * Carries spans to the collector, in batches and beside the work. What waits is bounded: while the collector is slow or
 * gone, spans are dropped and counted, and nothing else notices.
 */

import { SECOND_MS } from '#lib/clock.ts';
import { withDeadline } from '#lib/deadline.ts';
import type { Logger } from '#lib/log.ts';
import type { Metrics } from '#lib/metrics.ts';
import { createOtlpClient, type OtlpClient } from '#lib/otlp.ts';
import type { Span, SpanSink } from '#lib/span.ts';
import type { SharedConfig } from '#origin/config.ts';

export interface SpanExporter extends SpanSink {
  /** Sends what waits, as far as there is time for it. */
  close(): Promise<void>;
}

export interface SpanExporterOptions {
  readonly send: OtlpClient;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly maxWaiting?: number;
  readonly everyMs?: number;
}

const MAX_WAITING = 2_048;
/** Few enough to be written as JSON in about a millisecond. */
const BATCH_SIZE = 256;
const EVERY_MS = 2 * SECOND_MS;
const CLOSE_TIMEOUT_MS = 2 * SECOND_MS;

export function createSpanExporter(options: SpanExporterOptions): SpanExporter {
  const { send, log, metrics, maxWaiting = MAX_WAITING, everyMs = EVERY_MS } = options;
  const counterOf = (outcome: string) => metrics.counter('trace_spans_total', { outcome });
  const counts = {
    exported: counterOf('exported'),
    queueFull: counterOf('queue_full'),
    notTaken: counterOf('not_taken'),
  };
  let waiting: Span[] = [];
  let sending: Promise<void> | null = null;
  let wasTaken = true;

  const sendAll = async () => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH_SIZE);
      waiting = waiting.slice(BATCH_SIZE);
      const isTaken = await send(batch);
      (isTaken ? counts.exported : counts.notTaken)(batch.length);
      if (isTaken !== wasTaken) log.warn(isTaken ? 'spans are collected again' : 'spans are not collected');
      wasTaken = isTaken;
      // The rest waits for its turn, or the queue would be lost in one go.
      if (!isTaken) return;
    }
  };
  const flush = () => {
    sending ??= sendAll().finally(() => {
      sending = null;
    });
    return sending;
  };
  const timer = setInterval(() => void flush(), everyMs);
  timer.unref();
  return {
    add: (span) => {
      if (waiting.length >= maxWaiting) return counts.queueFull();
      waiting.push(span);
      if (waiting.length === BATCH_SIZE) void flush();
    },
    close: async () => {
      clearInterval(timer);
      await withDeadline(Promise.resolve(sending).then(flush), CLOSE_TIMEOUT_MS, () => undefined);
    },
  };
}

/** Null where no collector is configured. */
export function openSpanExporter(
  config: SharedConfig,
  { service, ...surroundings }: Pick<SpanExporterOptions, 'log' | 'metrics'> & { readonly service: string },
): SpanExporter | null {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = config;
  if (endpoint === undefined) return null;
  return createSpanExporter({ ...surroundings, send: createOtlpClient({ endpoint, headers, service }) });
}
