/**
 * OTLP over HTTP as JSON: how spans go to a collector. https://opentelemetry.io/docs/specs/otlp/#otlphttp and
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/ for the names of the settings.
 */

import { POLICIES } from './policies.ts';
import type { Attributes, Span, SpanKind } from './span.ts';
import { spanId, type Traceparent, traceId } from './trace.ts';

export interface OtlpSettings {
  /** OTEL_EXPORTER_OTLP_ENDPOINT: the collector, without `/v1/traces`. */
  readonly endpoint: string;
  /** OTEL_EXPORTER_OTLP_HEADERS: `name=value,name=value`, values percent-encoded. */
  readonly headers?: string | undefined;
  /** Who made the spans: `service.name`. */
  readonly service: string;
}

/** Sends spans in one call; false when the collector did not take them in time. Never fails. */
export type OtlpClient = (spans: readonly Span[]) => Promise<boolean>;

const TRACES_PATH = '/v1/traces';
const MAX_TEXT_CHARS = 2_048;
const KINDS: Readonly<Record<SpanKind, number>> = {
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
};
const STATUS_ERROR = 2;
const US_PER_MS = 1_000;
const NS_PER_US = 1_000n;

export function createOtlpClient(
  { endpoint, headers, service }: OtlpSettings,
  timeoutMs = POLICIES.collector.timeoutMs,
): OtlpClient {
  const url = endpoint.replace(/\/$/, '') + TRACES_PATH;
  const sent = { 'content-type': 'application/json', ...parseHeaders(headers ?? '') };
  return async (spans) => {
    try {
      const body = JSON.stringify(toRequest(service, spans));
      const signal = AbortSignal.timeout(timeoutMs);
      const answer = await fetch(url, { method: 'POST', headers: sent, body, signal, redirect: 'manual' });
      await answer.body?.cancel();
      return answer.ok;
    } catch {
      return false;
    }
  };
}

/** `ExportTraceServiceRequest`, in protobuf's JSON: ids in hexadecimal digits, 64-bit numbers as texts. */
function toRequest(service: string, spans: readonly Span[]) {
  const resource = { attributes: toAttributes({ 'service.name': service }) };
  return {
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'hotshelf' }, spans: spans.map(toSpan) }] }],
  };
}

function toSpan({ traceparent, parent, name, kind, startedAt, endedAt, attributes, link, failure }: Span) {
  return {
    ...idsOf(traceparent),
    ...(parent === null ? {} : { parentSpanId: spanId(parent) }),
    flags: Number.parseInt(traceparent.slice(-2), 16),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: toNanoseconds(startedAt),
    endTimeUnixNano: toNanoseconds(endedAt),
    attributes: toAttributes(failure === null ? attributes : { ...attributes, 'error.type': failure }),
    ...(link === undefined ? {} : { links: [idsOf(link)] }),
    status: failure === null ? {} : { code: STATUS_ERROR },
  };
}

function idsOf(traceparent: Traceparent) {
  return { traceId: traceId(traceparent), spanId: spanId(traceparent) };
}

function toNanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * US_PER_MS)) * NS_PER_US);
}

function toAttributes(attributes: Attributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: toValue(value) }));
}

function toValue(value: Attributes[string]) {
  switch (typeof value) {
    case 'string':
      return { stringValue: value.slice(0, MAX_TEXT_CHARS) };
    case 'boolean':
      return { boolValue: value };
    default:
      return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
}

function parseHeaders(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? []);
  return Object.fromEntries(
    pairs.flatMap(([, name, value]) =>
      name === undefined || value === undefined ? [] : [[name, decode(value)]],
    ),
  );
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
