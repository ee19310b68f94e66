/** How a request is counted: its time and sizes, under labels that a client cannot make up. */

import type { Metrics } from './metrics.ts';

interface Sizes {
  readonly requestBytes: number;
  readonly responseBytes: number;
}

export type ObserveRequest = (seconds: number, sizes: Sizes) => void;
/** @param route its pattern, never the path */
type RequestMetrics = (method: string, route: string, status: number | string) => ObserveRequest;

/** Requests that no route took share one label, or a scanner could make a time series per path. */
export const NO_ROUTE = 'none';
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** As OpenTelemetry names a method that it does not know. */
const OTHER_METHOD = '_OTHER';

/** Looks the labels of a kind of request up once. Methods, routes and statuses are few, so this stays small. */
export function createRequestMetrics(metrics: Metrics): RequestMetrics {
  const known = new Map<string, ObserveRequest>();
  return (sentMethod, route, status) => {
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
    const observe: ObserveRequest = (seconds, { requestBytes, responseBytes }) => {
      duration(seconds);
      received(requestBytes);
      sent(responseBytes);
    };
    known.set(key, observe);
    return observe;
  };
}
