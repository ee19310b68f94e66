/** Refuses requests with more header fields than anybody needs, and fields that would not arrive as they were sent. */

import { createMiddleware } from 'hono/factory';
import type { EdgeEnv } from '#edge/platform.ts';
import { CART_TOKEN_HEADER } from '#lib/edge-contract.ts';
import { AppError } from '#lib/problems.ts';

const MAX_HEADERS = 80;
const MAX_HEADER_CHARACTERS = 16 * 1024;
/** They say who asks for what, and reach the origin signed. */
const ASCII_ONLY = ['authorization', CART_TOKEN_HEADER, 'idempotency-key', 'if-match'];
const VISIBLE_ASCII = /^[\x20-\x7e]*$/;

export function boundedHeaders() {
  return createMiddleware<EdgeEnv>(async (c, next) => {
    const { headers } = c.req.raw;
    let count = 0;
    let characters = 0;
    for (const [name, value] of headers) {
      count += 1;
      characters += name.length + value.length;
    }
    if (count > MAX_HEADERS || characters > MAX_HEADER_CHARACTERS) throw new AppError('headers_too_large');
    for (const name of ASCII_ONLY) {
      if (VISIBLE_ASCII.test(headers.get(name) ?? '')) continue;
      const message = 'must be visible ASCII characters';
      throw new AppError('invalid_input', { errors: [{ path: `headers/${name}`, message }] });
    }
    await next();
  });
}
