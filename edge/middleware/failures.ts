/** Maps what was thrown to its problem document; anything unexpected is logged, and so is what looks like an attack. */

import type { Context } from 'hono';
import type { EdgeEnv } from '#edge/platform.ts';
import { limitKey } from '#lib/limit-key.ts';
import { AppError, problemResponse } from '#lib/problems.ts';
import { type SecurityLog, securityEventOf } from '#lib/security-events.ts';

export function failures(security: SecurityLog) {
  return (error: Error, c: Context<EdgeEnv>): Response => {
    const log = c.get('log');
    if (!(error instanceof AppError)) {
      log.error('unexpected failure', { method: c.req.method, path: c.get('path'), error });
      return problemResponse('internal');
    }
    const event = securityEventOf(error);
    if (event !== null) {
      const { code, inside } = error;
      const whence = { log, clientAddress: limitKey(c.get('clientIp')) };
      security.record(event, whence, { code, method: c.req.method, ...inside });
    }
    return problemResponse(error.code, error.extras);
  };
}
