/** Refuses every path that could be read in two ways; see `paths.ts`. */

import { createMiddleware } from 'hono/factory';
import { parseTarget } from '#edge/paths.ts';
import type { EdgeEnv } from '#edge/platform.ts';
import { AppError } from '#lib/problems.ts';

export function plainPaths() {
  return createMiddleware<EdgeEnv>(async (c, next) => {
    const target = parseTarget(c.req.raw.url);
    if (target === null) {
      throw new AppError('invalid_input', {
        detail: 'The path is too long or has more than one reading.',
        errors: [{ path: '', message: 'send the path in its plain spelling' }],
      });
    }
    c.set('path', target.path);
    c.set('query', target.query);
    await next();
  });
}
