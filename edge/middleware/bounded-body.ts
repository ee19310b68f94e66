/** Reads a request's body up to the limit, however it is framed, before anything is decided about it. */

import { createMiddleware } from 'hono/factory';
import type { EdgeEnv } from '#edge/platform.ts';
import { readBounded } from '#edge/read-bounded.ts';
import { SECOND_MS } from '#lib/clock.ts';
import { withDeadline } from '#lib/deadline.ts';
import { MAX_BODY_BYTES, maxBodyBytes } from '#lib/edge-contract.ts';
import { limitKey } from '#lib/limit-key.ts';
import { AppError } from '#lib/problems.ts';

/** A mebibyte over the slowest of mobile networks. */
const BODY_DEADLINE_MS = 30 * SECOND_MS;
/** Between two pieces of a body that takes one of few places. */
const SILENCE_MS = 5 * SECOND_MS;
/** A connection that is closed with unread data is reset, and the client might never see why it was refused. */
const MAX_DRAINED_BYTES = 4 * 1024 * 1024;

/** Of bodies that may be larger than others: an isolate has 128 MiB for all that it does. */
const MAX_LARGE_AT_ONCE = 4;
/** Whoever sends slowly must not keep everybody else out. */
const MAX_LARGE_OF_A_CLIENT = 2;
const COME_BACK_SECONDS = 2;

export function boundedBody(deadlineMs = BODY_DEADLINE_MS, silenceMs = SILENCE_MS) {
  const takePlace = createPlaces();
  return createMiddleware<EdgeEnv>(async (c, next) => {
    const maxBytes = maxBodyBytes(c.get('path'));
    if (maxBytes <= MAX_BODY_BYTES || c.req.raw.body === null) {
      c.set('body', await bodyOf(c.req.raw, { maxBytes, deadlineMs }));
      return next();
    }
    const leave = takePlace(limitKey(c.get('clientIp')));
    const through = (async () => {
      c.set('body', await bodyOf(c.req.raw, { maxBytes, deadlineMs, silenceMs }));
      await next();
    })().finally(leave);
    // The runtime drops what a client that hangs up was waiting for: its place would be taken for good.
    c.executionCtx.waitUntil(through.catch(() => undefined));
    await through;
  });
}

/** Places for large bodies. @returns what takes one for a client, and gives what leaves it again */
function createPlaces(): (client: string) => () => void {
  const taken: string[] = [];
  return (client) => {
    const own = taken.filter((other) => other === client).length;
    if (taken.length >= MAX_LARGE_AT_ONCE || own >= MAX_LARGE_OF_A_CLIENT)
      throw new AppError('unavailable', { retryAfterSeconds: COME_BACK_SECONDS });
    taken.push(client);
    return () => void taken.splice(taken.indexOf(client), 1);
  };
}

interface Limits {
  readonly maxBytes: number;
  readonly deadlineMs: number;
  readonly silenceMs?: number;
}

async function bodyOf(request: Request, limits: Limits): Promise<Uint8Array<ArrayBuffer> | null> {
  const { body, headers, method } = request;
  if (body === null) return null;
  // It means nothing there, and the runtime sends none on: that would look as if the origin were gone.
  if (method === 'GET' || method === 'HEAD') {
    throw new AppError('invalid_input', { errors: [{ path: '', message: `${method} takes no body` }] });
  }
  if (Number(headers.get('content-length')) > limits.maxBytes + MAX_DRAINED_BYTES) {
    throw new AppError('body_too_large');
  }
  // Nothing here unpacks: a small body could become a large one.
  if ((headers.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity') {
    throw new AppError('content_encoding_unsupported');
  }
  const reading = readBounded(body, { ...limits, drainBytes: MAX_DRAINED_BYTES });
  const bytes = await withDeadline(reading, limits.deadlineMs, () => {
    throw new AppError('body_too_slow');
  });
  if (bytes === null) throw new AppError('body_too_large');
  return bytes;
}
