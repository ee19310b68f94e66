/** Asks of an upload, before its large body is taken in, what is asked of others afterwards. */

import { createMiddleware } from 'hono/factory';
import type { EdgeEnv } from '#edge/platform.ts';
import { UPLOAD_PATH } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';
import { NO_CREDENTIALS } from '#lib/security-events.ts';
import { declaredRoutes } from './declared-routes.ts';
import { type Admission, hasBearer } from './rate-limit.ts';

/** What the credentials are worth is for the origin to say. */
export function uploads(admit: Admission) {
  const declared = declaredRoutes();
  return createMiddleware<EdgeEnv>(async (c, next) => {
    if (c.get('path') !== UPLOAD_PATH) return next();
    return declared(c, async () => {
      await admit(c);
      if (!hasBearer(c.req.raw)) throw new AppError('unauthenticated', {}, NO_CREDENTIALS);
      await next();
    });
  });
}
