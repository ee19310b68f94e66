/** Passes a request on to the origin as it is, minus what a client must not say, and its answer back. */

import type { Context } from 'hono';
import { invalidatedTags } from '#edge/cache/invalidation.ts';
import { answerHeaders, requestHeaders } from '#edge/headers.ts';
import type { Origin } from '#edge/origin.ts';
import type { EdgeEnv, Platform } from '#edge/platform.ts';
import type { DeclaredRoute } from '#edge/routes.ts';

/** Statuses whose answers have no body, RFC 9110 §6.4.1. */
const BODILESS = [101, 204, 205, 304];

export function forward(origin: Origin, { store }: Pick<Platform, 'store'>) {
  return async (c: Context<EdgeEnv>): Promise<Response> => {
    const request = c.req.raw;
    const answer = await origin.send(
      {
        method: request.method,
        path: c.get('path'),
        query: c.get('query'),
        headers: requestHeaders(request.headers, c.get('route')),
        body: c.get('body'),
        isIdempotent: isIdempotent(request, c.get('route')),
      },
      c.var,
    );
    if (c.get('route').catalog !== undefined) {
      const tags = invalidatedTags(request, c.get('path'), answer);
      if (tags.length > 0) await store.purge(tags);
    }
    const body = BODILESS.includes(answer.status) ? null : answer.body;
    return new Response(body, { status: answer.status, headers: answerHeaders(answer.headers) });
  };
}

function isIdempotent({ method, headers }: Request, { takesKey = false }: DeclaredRoute): boolean {
  return takesKey && method === 'POST' && headers.has('idempotency-key');
}
