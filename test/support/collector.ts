/** A collector as the OTLP specification has it: takes JSON that fits its schema, and nothing else. */

import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const strict = { additionalProperties: false };
const TraceId = Type.String({ pattern: '^(?!0{32})[0-9a-f]{32}$' });
const SpanId = Type.String({ pattern: '^(?!0{16})[0-9a-f]{16}$' });
/** 64-bit numbers are texts in protobuf's JSON. */
const Nanoseconds = Type.String({ pattern: '^[0-9]{19}$' });
const Attributes = Type.Array(
  Type.Object(
    {
      key: Type.String({ minLength: 1 }),
      value: Type.Union([
        Type.Object({ stringValue: Type.String() }, strict),
        Type.Object({ intValue: Type.String({ pattern: '^-?[0-9]+$' }) }, strict),
        Type.Object({ doubleValue: Type.Number() }, strict),
        Type.Object({ boolValue: Type.Boolean() }, strict),
      ]),
    },
    strict,
  ),
);
const Span = Type.Object(
  {
    traceId: TraceId,
    spanId: SpanId,
    parentSpanId: Type.Optional(SpanId),
    flags: Type.Integer({ minimum: 0 }),
    name: Type.String({ minLength: 1 }),
    kind: Type.Integer({ minimum: 1, maximum: 5 }),
    startTimeUnixNano: Nanoseconds,
    endTimeUnixNano: Nanoseconds,
    attributes: Attributes,
    links: Type.Optional(Type.Array(Type.Object({ traceId: TraceId, spanId: SpanId }, strict))),
    status: Type.Object({ code: Type.Optional(Type.Integer({ minimum: 1, maximum: 2 })) }, strict),
  },
  strict,
);
const ExportRequest = Type.Object(
  {
    resourceSpans: Type.Array(
      Type.Object(
        {
          resource: Type.Object({ attributes: Attributes }, strict),
          scopeSpans: Type.Array(
            Type.Object(
              { scope: Type.Object({ name: Type.String() }, strict), spans: Type.Array(Span) },
              strict,
            ),
          ),
        },
        strict,
      ),
    ),
  },
  strict,
);

export interface CollectedSpan extends Static<typeof Span> {
  readonly service: string;
}

export interface Collector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  /** What it was sent and did not understand. */
  readonly refused: readonly string[];
  readonly headers: readonly Headers[];
  /** How it answers from now on. */
  behave(behaviour: 'well' | 'failing' | 'silent'): void;
  /** Of one trace. */
  of(traceId: string): readonly CollectedSpan[];
  stop(): Promise<void>;
}

export function startCollector(): Collector {
  const spans: CollectedSpan[] = [];
  const refused: string[] = [];
  const headers: Headers[] = [];
  let behaviour: 'well' | 'failing' | 'silent' = 'well';
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 60,
    fetch: async (request) => {
      if (behaviour === 'silent') return new Promise<Response>(() => {});
      if (behaviour === 'failing') return new Response(null, { status: 503 });
      const body: unknown = await request.json();
      const isOtlp = request.method === 'POST' && new URL(request.url).pathname === '/v1/traces';
      if (!isOtlp || !Value.Check(ExportRequest, body)) {
        refused.push(
          `${request.url} ${Value.Errors(ExportRequest, body).First()?.path} ${JSON.stringify(body)}`,
        );
        return new Response(null, { status: 400 });
      }
      headers.push(request.headers);
      for (const { resource, scopeSpans } of body.resourceSpans) {
        const name = resource.attributes.find(({ key }) => key === 'service.name')?.value;
        const service = name !== undefined && 'stringValue' in name ? name.stringValue : '';
        spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service }))));
      }
      return Response.json({});
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    spans,
    refused,
    headers,
    behave: (next) => {
      behaviour = next;
    },
    of: (traceId) => spans.filter((span) => span.traceId === traceId),
    stop: () => server.stop(true),
  };
}

/** The value of a span's attribute, as a text. */
export function attributeOf({ attributes }: CollectedSpan, key: string): string | undefined {
  const value = attributes.find((attribute) => attribute.key === key)?.value;
  return value === undefined ? undefined : String(Object.values(value)[0]);
}
