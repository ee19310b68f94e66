/** Reads a request's body up to the limit, however it is framed, before anything is decided about it. */

import { createMiddleware } from 'hono/factory';
import type { EdgeEnv } from '#edge/platform.ts';
import { readBounded } from '#edge/read-bounded.ts';
import { MAX_BODY_BYTES } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';

/** A connection that is closed with unread data is reset, and the client might never see why it was refused. */
const MAX_DRAINED_BYTES = 4 * 1024 * 1024;

export function boundedBody() {
  return createMiddleware<EdgeEnv>(async (c, next) => {
    c.set('body', await bodyOf(c.req.raw));
    await next();
  });
}

async function bodyOf({ body }: Request): Promise<Uint8Array<ArrayBuffer> | null> {
  if (body === null) return null;
  const bytes = await readBounded(body, { maxBytes: MAX_BODY_BYTES, drainBytes: MAX_DRAINED_BYTES });
  if (bytes === null) throw new AppError('body_too_large');
  return bytes;
}
