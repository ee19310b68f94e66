/**
 * Bodies are JSON of at most 1 MiB, in UTF-8, not compressed, as they passed the edge, and what they say can be read in
 * one way and stored. Anything else is refused, and most of it before it is read; but pictures are taken where they are
 * sent to, and looked into by whoever takes them.
 */

import { Elysia } from 'elysia';
import {
  BODY_DIGEST_HEADER,
  MAX_BODY_BYTES,
  maxBodyBytes,
  STOP_NOTICES_PATH,
  STOP_REMINDERS_PATH,
  UPLOAD_PATH,
} from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';
import { bodyDigest } from './edge-proof.ts';
import { checkContent, refuseCardNumber } from './json-content.ts';
import { faultOfShape } from './json-shape.ts';

const JSON_TYPE = /^application\/json\s*(;|$)/i;
/** Sent by mail programs as they were told to (RFC 8058): it says nothing that the address does not. */
const FORM_PATHS: ReadonlySet<string> = new Set([STOP_NOTICES_PATH, STOP_REMINDERS_PATH]);
const PICTURE_TYPE = /^image\/(jpeg|png|webp|avif)\s*(;|$)/i;
const FORM_TYPE = /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i;
/** Where the sender has signed the body: the route gets it as it came. */
const SIGNED_PATHS: ReadonlySet<string> = new Set(['/api/v1/webhooks/stripe']);

export const bodies = new Elysia({ name: 'bodies' })
  .onRequest(({ request: { headers, method, url } }) => {
    if (method === 'GET' || method === 'HEAD') return;
    // It is kept for a day.
    refuseCardNumber(headers.get('idempotency-key') ?? '', 'headers/idempotency-key');
    // Nothing here unpacks: a small body could become a large one.
    if (!isPlain(headers)) throw new AppError('content_encoding_unsupported');
    const length = Number(headers.get('content-length') ?? 0);
    const pathOf = () => new URL(url).pathname;
    if (length > MAX_BODY_BYTES && length > maxBodyBytes(pathOf())) throw new AppError('body_too_large');
    if (length > 0 || headers.has('transfer-encoding')) requireType(headers, pathOf);
  })
  .onParse({ as: 'global' }, async ({ path, request }) => {
    const bytes = await readBytes(request, maxBodyBytes(path));
    if (bytes.byteLength > 0) requireType(request.headers, () => path);
    if (path === UPLOAD_PATH) return pictureOf(bytes, request.headers);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (FORM_PATHS.has(path)) return null;
    if (SIGNED_PATHS.has(path)) return text;
    return text === '' ? null : parseJson(text);
  });

function isPlain(headers: Headers): boolean {
  return (headers.get('content-encoding') ?? 'identity').toLowerCase() === 'identity';
}

function requireType(headers: Headers, pathOf: () => string): void {
  const type = headers.get('content-type') ?? '';
  const fits =
    JSON_TYPE.test(type) ||
    (FORM_TYPE.test(type) && FORM_PATHS.has(pathOf())) ||
    (PICTURE_TYPE.test(type) && pathOf() === UPLOAD_PATH);
  if (!fits) throw new AppError('unsupported_media_type');
}

/** Null for what says that it is none: the route refuses it, once it knows who has sent it. */
function pictureOf(bytes: Buffer, headers: Headers): Buffer | null {
  return PICTURE_TYPE.test(headers.get('content-type') ?? '') ? bytes : null;
}

/** A body without `Content-Length` is counted as it comes. */
async function readBytes({ body, headers }: Request, maxBytes: number): Promise<Buffer> {
  if (body === null) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new AppError('body_too_large');
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  if (size > 0 && headers.get(BODY_DIGEST_HEADER) !== bodyDigest(bytes)) {
    throw new AppError('edge_required', {}, { reason: 'other_body' });
  }
  return bytes;
}

function parseJson(text: string): unknown {
  const fault = faultOfShape(text);
  if (fault !== null) throw new AppError('invalid_input', { errors: [fault] });
  const value: unknown = JSON.parse(text);
  checkContent(value);
  return value;
}
