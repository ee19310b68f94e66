/** What every request carries: its id and trace from the edge, and its share of the metrics. */

import { Elysia } from 'elysia';
import { REQUEST_ID_HEADER } from '#lib/edge-contract.ts';
import { continueTrace, traceId } from '#lib/trace.ts';
import { type Deps, withTrace } from '#origin/deps.ts';
import { addressOf } from './limits.ts';
import { observeRequests, sizeOf } from './request-metrics.ts';

/** Requests that no route took share one label, or a scanner could make a time series per path. */
const NO_ROUTE = 'none';

export function requestContext({ metrics }: Pick<Deps, 'metrics'>) {
  const startedAt = new WeakMap<Request, number>();
  const requests = observeRequests(metrics);
  return new Elysia({ name: 'request-context' })
    .onRequest(({ request }) => {
      startedAt.set(request, performance.now());
    })
    .onAfterResponse({ as: 'global' }, ({ request, route, set, responseValue }) => {
      const status = responseValue instanceof Response ? responseValue.status : (set.status ?? 200);
      requests(
        request.method,
        route || NO_ROUTE,
        status,
      )(startedAt.get(request) ?? performance.now(), {
        requestBytes: Number(request.headers.get('content-length') ?? 0),
        responseBytes: sizeOf(responseValue),
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
