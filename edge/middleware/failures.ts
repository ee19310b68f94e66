/** Maps what was thrown to its problem document; anything unexpected is logged and told to nobody. */

import type { Context } from 'hono';
import type { EdgeEnv } from '#edge/platform.ts';
import { AppError, problemResponse } from '#lib/problems.ts';

export function answerFailure(error: Error, c: Context<EdgeEnv>): Response {
  if (error instanceof AppError) return problemResponse(error.code, error.extras);
  c.get('log').error('unexpected failure', { method: c.req.method, path: c.get('path'), error });
  return problemResponse('internal');
}
