/** What every request carries: where it comes from, its line in the log, and its share of the metrics. */

import { Elysia } from 'elysia';
import { SECOND_MS } from '#lib/clock.ts';
import type { Metrics } from '#lib/metrics.ts';
import type { Deps } from '#origin/deps.ts';
import { addressOf } from './limits.ts';
import { noteAnswered } from './traced.ts';

/** Requests that no route took share one label, or a scanner could make a time series per path. */
const NO_ROUTE = 'none';

export function requestContext({ log, metrics }: Pick<Deps, 'log' | 'metrics'>) {
  const startedAt = new WeakMap<Request, number>();
  const countOf = createRequestCounts(metrics);
  return new Elysia({ name: 'request-context' })
    .onRequest(({ request }) => {
      startedAt.set(request, performance.now());
    })
    .onAfterResponse({ as: 'global' }, ({ request, route, set, responseValue }) => {
      const status = responseValue instanceof Response ? responseValue.status : (set.status ?? 200);
      const seconds = (performance.now() - (startedAt.get(request) ?? performance.now())) / SECOND_MS;
      const { method } = request;
      countOf(method, route || NO_ROUTE, status)(seconds);
      noteAnswered(log, request, { method, route: route || NO_ROUTE, status: Number(status), seconds });
    });
}

/** Looks the labels of a kind of request up once. Methods, routes and statuses are few, so this stays small. */
function createRequestCounts(metrics: Metrics) {
  const known = new Map<string, (seconds: number) => void>();
  return (method: string, route: string, status: number | string) => {
    const key = `${status} ${method} ${route}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const count = metrics.counter('http_requests_total', { method, route, status: String(status) });
    const observe = metrics.histogram('http_request_duration_seconds', { method, route });
    const both = (seconds: number) => {
      count();
      observe(seconds);
    };
    known.set(key, both);
    return both;
  };
}

/** The deps for one request: where it comes from is known. */
export function forRequest(deps: Deps, request: Request): Deps {
  return { ...deps, clientAddress: addressOf(request) };
}
