/**
 * Lets pages of the configured origins, and of no others, read answers of the API. Preflights are answered here. What
 * is stored never has a word of it: it is said of each answer as it goes out.
 */

import { createMiddleware } from 'hono/factory';
import type { EdgeConfig } from '#edge/env.ts';
import type { EdgeEnv } from '#edge/platform.ts';
import { findRoute } from '#edge/routes.ts';
import { DEGRADED_HEADER } from '#lib/degraded.ts';
import { CART_TOKEN_HEADER, REQUEST_ID_HEADER, SESSION_TRANSPORT_HEADER } from '#lib/edge-contract.ts';

const API = /^\/(?:api|\.well-known)\//;
const PREFLIGHT_LIFE_SECONDS = 600;
/** What a page may say beyond what any page may: whatever the API's document names. */
export const ALLOWED_HEADERS: readonly string[] = [
  ...['authorization', CART_TOKEN_HEADER, 'content-type', 'idempotency-key', 'if-match', 'if-none-match'],
  ...[SESSION_TRANSPORT_HEADER, 'traceparent'],
];
/** The same of what it may read, and what answers of files say of themselves. */
export const EXPOSED_HEADERS: readonly string[] = [
  ...['age', 'cache-status', 'content-disposition', 'etag', 'link', 'location'],
  ...['ratelimit', 'ratelimit-policy', 'retry-after', REQUEST_ID_HEADER, DEGRADED_HEADER],
];

export function cors({ CORS_ORIGINS }: Pick<EdgeConfig, 'CORS_ORIGINS'>) {
  const origins = new Set(
    CORS_ORIGINS.split(',')
      .map((origin) => origin.trim())
      .filter(Boolean),
  );
  return createMiddleware<EdgeEnv>(async (c, next) => {
    if (origins.size === 0 || !API.test(c.get('path'))) return next();
    const origin = c.req.raw.headers.get('origin');
    const allowed = origin !== null && origins.has(origin) ? origin : null;
    if (origin !== null && isPreflight(c.req.raw)) {
      return new Response(null, { status: 204, headers: preflight(c.get('path'), allowed) });
    }
    await next();
    c.res.headers.append('vary', 'Origin');
    if (allowed === null) return;
    for (const [name, value] of Object.entries(allowance(allowed))) c.res.headers.set(name, value);
    c.res.headers.set('access-control-expose-headers', EXPOSED_HEADERS.join(', '));
  });
}

function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers.has('access-control-request-method');
}

function allowance(origin: string): Record<string, string> {
  return { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' };
}

/** Without a word of permission for an origin that is not known, or a path that is none. */
function preflight(path: string, origin: string | null): Record<string, string> {
  const vary = { vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers' };
  const route = findRoute(path);
  if (origin === null || route === undefined) return { ...vary, 'cache-control': 'no-store' };
  return {
    ...vary,
    ...allowance(origin),
    'access-control-allow-methods': route.methods.join(', '),
    'access-control-allow-headers': ALLOWED_HEADERS.join(', '),
    'access-control-max-age': String(PREFLIGHT_LIFE_SECONDS),
    'cache-control': 'no-store',
  };
}
