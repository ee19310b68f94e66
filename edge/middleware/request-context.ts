/** Gives every request its id, trace, logger and client address, and echoes the id. */

import { createMiddleware } from 'hono/factory';
import { clientIp } from '#edge/client-ip.ts';
import type { EdgeEnv, Platform } from '#edge/platform.ts';
import { REQUEST_ID_HEADER } from '#lib/edge-contract.ts';
import { continueTrace, traceId } from '#lib/trace.ts';

const SERVER_FAILURE = 500;

export function requestContext({ config, log }: Pick<Platform, 'config' | 'log'>) {
  return createMiddleware<EdgeEnv>(async (c, next) => {
    const requestId = crypto.randomUUID();
    const traceparent = continueTrace(c.req.raw.headers.get('traceparent'));
    const requestLog = log.with({ requestId, traceId: traceId(traceparent) });
    c.set('requestId', requestId);
    c.set('traceparent', traceparent);
    c.set('log', requestLog);
    c.set('clientIp', clientIp(c.req.raw.headers, config.TRUST_CF_CONNECTING_IP));
    await next();
    c.res.headers.set(REQUEST_ID_HEADER, requestId);
    const level = c.res.status >= SERVER_FAILURE ? 'warn' : 'debug';
    requestLog[level]('answered', { method: c.req.method, path: c.get('path'), status: c.res.status });
  });
}
