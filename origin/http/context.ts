/** What every request carries: its id and trace from the edge, and its share of the metrics. */

import { Elysia } from 'elysia';
import { SECOND_MS } from '#lib/clock.ts';
import { REQUEST_ID_HEADER } from '#lib/edge-contract.ts';
import { createRequestMetrics, NO_ROUTE } from '#lib/request-metrics.ts';
import { continueTrace, traceId } from '#lib/trace.ts';
import { type Deps, withTrace } from '#origin/deps.ts';
import { bodySize } from './body-size.ts';
import { addressOf } from './limits.ts';

export function requestContext({ metrics }: Pick<Deps, 'metrics'>) {
  const startedAt = new WeakMap<Request, number>();
  const requests = createRequestMetrics(metrics);
  return new Elysia({ name: 'request-context' })
    .onRequest(({ request }) => {
      startedAt.set(request, performance.now());
    })
    .onAfterResponse({ as: 'global' }, ({ request, route, set, responseValue }) => {
      const status = responseValue instanceof Response ? responseValue.status : (set.status ?? 200);
      const seconds = (performance.now() - (startedAt.get(request) ?? performance.now())) / SECOND_MS;
      requests(
        request.method,
        route || NO_ROUTE,
        status,
      )(seconds, {
        requestBytes: Number(request.headers.get('content-length') ?? 0),
        responseBytes: bodySize(responseValue),
      });
    });
}

/** The deps for one request: what is logged and told of from here on carries its trace, and where it comes from is known. */
export function forRequest(deps: Deps, request: Request): Deps {
  const traceparent = continueTrace(request.headers.get('traceparent'));
  const log = deps.log.with({ traceId: traceId(traceparent), requestId: requestIdOf(request) });
  return { ...withTrace(deps, traceparent, log), clientAddress: addressOf(request) };
}

function requestIdOf(request: Request): string | null {
  return request.headers.get(REQUEST_ID_HEADER);
}
