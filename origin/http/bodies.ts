/** Bodies are JSON of at most 1 MiB; anything else is refused before it is read. */

import { Elysia } from 'elysia';
import { MAX_BODY_BYTES } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';

const JSON_TYPE = /^application\/json\s*(;|$)/i;

export const bodies = new Elysia({ name: 'bodies' }).onRequest(({ request: { headers, method } }) => {
  if (method === 'GET' || method === 'HEAD') return;
  const length = Number(headers.get('content-length') ?? 0);
  if (length > MAX_BODY_BYTES) throw new AppError('body_too_large');
  const hasBody = length > 0 || headers.has('transfer-encoding');
  if (hasBody && !JSON_TYPE.test(headers.get('content-type') ?? '')) {
    throw new AppError('unsupported_media_type');
  }
});
