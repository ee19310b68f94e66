/**
 * Gives every request its id, trace, logger and client address, and echoes the id. The trace is always a new one: a
 * client's own could be anybody's, and would mix its lines with theirs. A span links to it, and it samples nothing.
 */

import { createMiddleware } from 'hono/factory';
import { clientIp } from '#edge/client-ip.ts';
import type { EdgeEnv, Platform } from '#edge/platform.ts';
import { createEdgeSpans, type SampledRequest } from '#edge/spans.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { REQUEST_ID_HEADER } from '#lib/edge-contract.ts';
import { newTrace, parseTraceparent, requestIdOf, traceId } from '#lib/trace.ts';

const SERVER_FAILURE = 500;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export function requestContext({ config, log }: Pick<Platform, 'config' | 'log'>) {
  const spans = createEdgeSpans(config, log);
  return createMiddleware<EdgeEnv>(async (c, next) => {
    const { method, headers } = c.req.raw;
    const startedAt = performance.now();
    const traceparent = newTrace(config.OTEL_TRACES_SAMPLER_ARG);
    const requestId = requestIdOf(traceparent);
    const requestLog = log.with({ requestId, traceId: traceId(traceparent) });
    const sampled = spans.open(traceparent, spanOf(method, headers.get('traceparent')));
    c.set('requestId', requestId);
    c.set('traceparent', traceparent);
    c.set('log', requestLog);
    c.set('clientIp', clientIp(headers, config.TRUST_CF_CONNECTING_IP));
    if (sampled !== null) c.set('spans', sampled);
    await next();
    c.res.headers.set(REQUEST_ID_HEADER, requestId);
    const { status } = c.res;
    const seconds = (performance.now() - startedAt) / SECOND_MS;
    const level = status >= SERVER_FAILURE ? 'warn' : READS.has(method) ? 'debug' : 'info';
    requestLog[level]('answered', { method, path: c.get('path'), status, seconds });
    if (sampled !== null) c.executionCtx.waitUntil(finish(sampled, c.get('path'), status));
  });
}

function spanOf(method: string, given: string | null) {
  const link = parseTraceparent(given);
  return {
    name: method,
    kind: 'server',
    attributes: { 'http.request.method': method },
    ...(link === null ? {} : { link }),
  } as const;
}

/** Without the query, which may hold what a shopper searched for. */
function finish(sampled: SampledRequest, path: string | undefined, status: number): Promise<void> {
  sampled.end({
    attributes: { 'url.path': path ?? '', 'http.response.status_code': status },
    ...(status >= SERVER_FAILURE ? { failure: String(status) } : {}),
  });
  return sampled.send();
}
