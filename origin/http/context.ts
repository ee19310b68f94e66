/** What every request carries: its id and trace from the edge, one log line, and its share of the metrics. */

import { Elysia } from 'elysia';
import { SECOND_MS } from '#lib/clock.ts';
import { REQUEST_ID_HEADER } from '#lib/edge-contract.ts';
import { continueTrace, traceId } from '#lib/trace.ts';
import { type Deps, withTrace } from '#origin/deps.ts';

/** Requests that no route took share one label, or a scanner could make a time series per path. */
const NO_ROUTE = 'none';

export function requestContext({ log, metrics }: Pick<Deps, 'log' | 'metrics'>) {
  const startedAt = new WeakMap<Request, number>();
  return new Elysia({ name: 'request-context' })
    .onRequest(({ request }) => {
      startedAt.set(request, performance.now());
    })
    .onAfterResponse({ as: 'global' }, ({ request, route, set, responseValue }) => {
      const status = String(responseValue instanceof Response ? responseValue.status : (set.status ?? 200));
      const seconds = (performance.now() - (startedAt.get(request) ?? performance.now())) / SECOND_MS;
      const labels = { method: request.method, route: route || NO_ROUTE };
      metrics.count('http_requests_total', { ...labels, status });
      metrics.observe('http_request_duration_seconds', labels, seconds);
      log.debug('request', { ...labels, status, seconds, requestId: requestIdOf(request) });
    });
}

/** The deps for one request: what is logged and told of from here on carries its trace. */
export function forRequest(deps: Deps, request: Request): Deps {
  const traceparent = continueTrace(request.headers.get('traceparent'));
  const log = deps.log.with({ traceId: traceId(traceparent), requestId: requestIdOf(request) });
  return withTrace(deps, traceparent, log);
}

function requestIdOf(request: Request): string | null {
  return request.headers.get(REQUEST_ID_HEADER);
}
