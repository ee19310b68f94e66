/** Reads a request's body up to the limit, however it is framed, before anything is decided about it. */

import { createMiddleware } from 'hono/factory';
import type { EdgeEnv } from '#edge/platform.ts';
import { readBounded } from '#edge/read-bounded.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { withDeadline } from '#lib/deadline.ts';
import { MAX_BODY_BYTES } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';

/** A mebibyte over the slowest of mobile networks. */
const BODY_DEADLINE_MS = 30 * SECOND_MS;
/** A connection that is closed with unread data is reset, and the client might never see why it was refused. */
const MAX_DRAINED_BYTES = 4 * 1024 * 1024;

export function boundedBody(deadlineMs = BODY_DEADLINE_MS) {
  return createMiddleware<EdgeEnv>(async (c, next) => {
    c.set('body', await bodyOf(c.req.raw, deadlineMs));
    await next();
  });
}

async function bodyOf(request: Request, deadlineMs: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const { body, headers, method } = request;
  if (body === null) return null;
  // It means nothing there, and the runtime sends none on: that would look as if the origin were gone.
  if (method === 'GET' || method === 'HEAD') {
    throw new AppError('invalid_input', { errors: [{ path: '', message: `${method} takes no body` }] });
  }
  if (Number(headers.get('content-length')) > MAX_BODY_BYTES + MAX_DRAINED_BYTES) {
    throw new AppError('body_too_large');
  }
  // Nothing here unpacks: a small body could become a large one.
  if ((headers.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity') {
    throw new AppError('content_encoding_unsupported');
  }
  const reading = readBounded(body, { maxBytes: MAX_BODY_BYTES, drainBytes: MAX_DRAINED_BYTES });
  const bytes = await withDeadline(reading, deadlineMs, () => {
    throw new AppError('body_too_slow');
  });
  if (bytes === null) throw new AppError('body_too_large');
  return bytes;
}
