/** What every request carries: where it comes from, its line in the log, and its share of the metrics. */

import { Elysia } from 'elysia';
import { SECOND_MS } from '#lib/clock.ts';
import type { Deps } from '#origin/deps.ts';
import { addressOf } from './limits.ts';
import { observeRequests, sizeOf } from './request-metrics.ts';
import { noteAnswered } from './traced.ts';

/** Requests that no route took share one label, or a scanner could make a time series per path. */
const NO_ROUTE = 'none';

export function requestContext({ log, metrics }: Pick<Deps, 'log' | 'metrics'>) {
  const startedAt = new WeakMap<Request, number>();
  const requests = observeRequests(metrics);
  return new Elysia({ name: 'request-context' })
    .onRequest(({ request }) => {
      startedAt.set(request, performance.now());
    })
    .onAfterResponse({ as: 'global' }, ({ request, route, set, responseValue }) => {
      const status = responseValue instanceof Response ? responseValue.status : (set.status ?? 200);
      const { method } = request;
      const startMs = startedAt.get(request) ?? performance.now();
      requests(
        method,
        route || NO_ROUTE,
        status,
      )(startMs, {
        requestBytes: Number(request.headers.get('content-length') ?? 0),
        responseBytes: sizeOf(responseValue),
      });
      const seconds = (performance.now() - startMs) / SECOND_MS;
      noteAnswered(log, request, { method, route: route || NO_ROUTE, status: Number(status), seconds });
    });
}

/** The deps for one request: where it comes from is known. */
export function forRequest(deps: Deps, request: Request): Deps {
  return { ...deps, clientAddress: addressOf(request) };
}
