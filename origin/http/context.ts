/** What every request carries: where it comes from, its line in the log, and its share of the metrics. */

import { Elysia } from 'elysia';
import { SECOND_MS } from '#lib/clock.ts';
import { createRequestMetrics, NO_ROUTE } from '#lib/request-metrics.ts';
import type { Deps } from '#origin/deps.ts';
import { bodySize } from './body-size.ts';
import { addressOf } from './limits.ts';
import { noteAnswered } from './traced.ts';

export function requestContext({ log, metrics }: Pick<Deps, 'log' | 'metrics'>) {
  const startedAt = new WeakMap<Request, number>();
  const requests = createRequestMetrics(metrics);
  return new Elysia({ name: 'request-context' })
    .onRequest(({ request }) => {
      startedAt.set(request, performance.now());
    })
    .onAfterResponse({ as: 'global' }, ({ request, route, set, responseValue }) => {
      const status = responseValue instanceof Response ? responseValue.status : (set.status ?? 200);
      const { method } = request;
      const seconds = (performance.now() - (startedAt.get(request) ?? performance.now())) / SECOND_MS;
      requests(
        method,
        route || NO_ROUTE,
        status,
      )(seconds, {
        requestBytes: Number(request.headers.get('content-length') ?? 0),
        responseBytes: bodySize(responseValue),
      });
      noteAnswered(log, request, { method, route: route || NO_ROUTE, status: Number(status), seconds });
    });
}

/** The deps for one request: where it comes from is known. */
export function forRequest(deps: Deps, request: Request): Deps {
  return { ...deps, clientAddress: addressOf(request) };
}
