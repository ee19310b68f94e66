/** Answers public catalogue reads through the cache; everything else passes by. */

import { createMiddleware } from 'hono/factory';
import type { CatalogCache } from '#edge/cache/catalog-cache.ts';
import { catalogKey } from '#edge/cache/key.ts';
import { respond } from '#edge/cache/respond.ts';
import type { EdgeEnv } from '#edge/platform.ts';
import { catalogReadOf } from '#edge/routes.ts';
import type { Admission } from './rate-limit.ts';

export function catalog(cache: CatalogCache, admit: Admission) {
  return createMiddleware<EdgeEnv>(async (c, next) => {
    const rule = catalogReadOf(c.get('route'), c.req.raw.method);
    if (rule === null) return next();
    // Null: a parameter that the route does not declare. The origin says what is wrong with it.
    const key = catalogKey(c.get('path'), c.get('query'), rule.query);
    if (key === null) return next();
    const read = await cache.read({
      key,
      contentType: rule.contentType,
      caller: c.var,
      onMiss: () => admit(c),
      inBackground: (work) => c.executionCtx.waitUntil(work),
    });
    return respond(read, c.req.raw);
  });
}
