/** How a request is counted: its time and sizes, under labels that a client cannot make up. */

import { SECOND_MS } from '#lib/clock.ts';
import type { Metrics } from '#lib/metrics.ts';

interface Sizes {
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** @param startedAt by `performance.now()` */
export type ObserveRequest = (startedAt: number, sizes: Sizes) => void;

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** As OpenTelemetry names a method that it does not know. */
const OTHER_METHOD = '_OTHER';

/** Looks the labels of a kind of request up once. Methods, routes and statuses are few, so this stays small. */
export function observeRequests(metrics: Metrics) {
  const known = new Map<string, ObserveRequest>();
  return (sentMethod: string, route: string, status: number | string): ObserveRequest => {
    const method = METHODS.has(sentMethod) ? sentMethod : OTHER_METHOD;
    const key = `${status} ${method} ${route}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const labels = { http_request_method: method, http_route: route };
    const duration = metrics.histogram('http_server_request_duration_seconds', {
      ...labels,
      http_response_status_code: String(status),
    });
    const received = metrics.histogram('http_server_request_body_size_bytes', labels);
    const sent = metrics.histogram('http_server_response_body_size_bytes', labels);
    const observe: ObserveRequest = (startedAt, { requestBytes, responseBytes }) => {
      duration((performance.now() - startedAt) / SECOND_MS);
      received(requestBytes);
      sent(responseBytes);
    };
    known.set(key, observe);
    return observe;
  };
}

/** The bytes of an answer's body as a handler returned it. Zero for a stream that does not say. */
export function sizeOf(answer: unknown): number {
  if (answer === null || answer === undefined) return 0;
  if (answer instanceof Uint8Array) return answer.byteLength;
  if (typeof answer === 'string') return Buffer.byteLength(answer);
  if (answer instanceof Response) return Number(answer.headers.get('content-length') ?? 0);
  return Buffer.byteLength(JSON.stringify(answer) ?? '');
}
