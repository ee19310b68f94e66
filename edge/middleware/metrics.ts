/** Counts what is answered, and tells it to whoever has the token. */

import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { timingSafeEqual } from 'hono/utils/buffer';
import type { EdgeEnv, Platform } from '#edge/platform.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { AppError } from '#lib/problems.ts';

export function counted({ metrics }: Pick<Platform, 'metrics'>) {
  return createMiddleware<EdgeEnv>(async (c, next) => {
    const startedAt = performance.now();
    await next();
    const answer = { method: c.req.method, route: c.get('route'), status: c.res.status };
    metrics.requests(answer)((performance.now() - startedAt) / SECOND_MS, {
      requestBytes: c.get('body')?.byteLength ?? 0,
      responseBytes: c.get('bodyBytes') ?? Number(c.res.headers.get('content-length') ?? 0),
    });
  });
}

/** Without a token of its own the edge tells nobody, and knows no such path. */
export function exposition({ config, metrics }: Pick<Platform, 'config' | 'metrics'>) {
  return async (c: Context<EdgeEnv>): Promise<Response> => {
    const { METRICS_TOKEN: token } = config;
    if (token === undefined) throw new AppError('not_found');
    const bearer = /^bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
    if (!(await timingSafeEqual(bearer, token))) throw new AppError('unauthenticated');
    const { contentType, body } = await metrics.registry.expose();
    return c.body(body, 200, { 'content-type': contentType, 'cache-control': 'no-store' });
  };
}
