/** Lets declared routes and methods through; nothing else reaches the cache or the origin. */

import { createMiddleware } from 'hono/factory';
import type { EdgeEnv } from '#edge/platform.ts';
import { findRoute } from '#edge/routes.ts';
import { AppError, problemResponse } from '#lib/problems.ts';

export function declaredRoutes() {
  return createMiddleware<EdgeEnv>(async (c, next) => {
    const route = findRoute(c.get('path'));
    if (route === undefined) throw new AppError('not_found');
    if (!route.methods.includes(c.req.method)) {
      return problemResponse('method_not_allowed', {}, { allow: route.methods.join(', ') });
    }
    c.set('route', route);
    return next();
  });
}
