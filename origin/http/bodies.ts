/**
 * Bodies are JSON of at most 1 MiB, in UTF-8, and what they say can be stored. Anything else is refused, and
 * most of it before it is read.
 */

import { Elysia } from 'elysia';
import { MAX_BODY_BYTES } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';

const JSON_TYPE = /^application\/json\s*(;|$)/i;
/** Where the sender has signed the body: the route gets it as it came. */
const SIGNED_PATHS: ReadonlySet<string> = new Set(['/api/v1/webhooks/stripe']);

export const bodies = new Elysia({ name: 'bodies' })
  .onRequest(({ request: { headers, method } }) => {
    if (method === 'GET' || method === 'HEAD') return;
    const length = Number(headers.get('content-length') ?? 0);
    if (length > MAX_BODY_BYTES) throw new AppError('body_too_large');
    if (length > 0 || headers.has('transfer-encoding')) requireJsonType(headers);
  })
  .onParse({ as: 'global' }, async ({ path, request }) => {
    const text = await readText(request);
    if (text !== '') requireJsonType(request.headers);
    if (SIGNED_PATHS.has(path)) return text;
    return text === '' ? null : parseJson(text);
  });

function requireJsonType(headers: Headers): void {
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) throw new AppError('unsupported_media_type');
}

/** A body without `Content-Length` is counted as it comes. */
async function readText({ body }: Request): Promise<string> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw new AppError('body_too_large');
    chunks.push(chunk);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

/** What Postgres refuses in a text, or would store as something else, can only come in as an escape. */
function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const isEscaped = text.includes('\\u');
  const unstorable = isEscaped ? findUnstorable(value) : null;
  if (unstorable !== null) throw refused(unstorable, 'must not hold a NUL or half of a surrogate pair');
  const prototype = isEscaped || text.includes(PROTOTYPE) ? findPrototype(value) : null;
  if (prototype !== null) throw refused(prototype, 'unexpected property');
  return value;
}

function refused(path: string, message: string): AppError {
  return new AppError('invalid_input', { errors: [{ path, message }] });
}

/** Copied by assignment it would become an object's prototype, past every schema. */
const PROTOTYPE = '__proto__';

function findPrototype(value: unknown, path = ''): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Object.hasOwn(value, PROTOTYPE)) return `${path}/${PROTOTYPE}`;
  for (const [name, item] of Object.entries(value)) {
    const found = findPrototype(item, `${path}/${name}`);
    if (found !== null) return found;
  }
  return null;
}

/** The JSON pointer of the first text that cannot be stored as it is. */
function findUnstorable(value: unknown, path = ''): string | null {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? path : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, item] of Object.entries(value)) {
    const found = findUnstorable(name, path) ?? findUnstorable(item, `${path}/${name}`);
    if (found !== null) return found;
  }
  return null;
}
