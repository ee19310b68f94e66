/** Refuses requests with more header fields than anybody needs, and fields that would not arrive as they were sent. */

import { createMiddleware } from 'hono/factory';
import type { EdgeEnv } from '#edge/platform.ts';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';

const MAX_HEADERS = 80;
const MAX_HEADER_CHARACTERS = 16 * 1024;
/** They say who asks for what, and reach the origin signed. */
const ASCII_ONLY = ['authorization', CART_TOKEN_HEADER, 'idempotency-key', 'if-match'];
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROLS = /[\0-\x08\x0a-\x1f\x7f]/;
const VISIBLE_ASCII = /^[\x20-\x7e]*$/;

export function boundedHeaders() {
  return createMiddleware<EdgeEnv>(async (c, next) => {
    const { headers } = c.req.raw;
    checkSize(headers);
    for (const name of ASCII_ONLY) {
      if (!VISIBLE_ASCII.test(headers.get(name) ?? ''))
        throw refused(name, 'must be visible ASCII characters');
    }
    if (headers.has('transfer-encoding') && headers.has('content-length')) {
      throw refused('content-length', 'must not stand beside Transfer-Encoding');
    }
    await next();
  });
}

function checkSize(headers: Headers): void {
  let count = 0;
  let characters = 0;
  for (const [name, value] of headers) {
    if (CONTROLS.test(value)) throw refused(name, 'must not hold control characters');
    count += 1;
    characters += name.length + value.length;
  }
  if (count > MAX_HEADERS || characters > MAX_HEADER_CHARACTERS) throw new AppError('headers_too_large');
}

function refused(name: string, message: string): AppError {
  return new AppError('invalid_input', { errors: [{ path: `headers/${name}`, message }] });
}
