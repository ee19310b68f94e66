/**
 * What no schema can say of a URL: it is percent-encoded UTF-8 without NUL, and names each parameter once. Two
 * readers of a URL that is not plain may each read something else.
 */

import { Elysia } from 'elysia';
import { AppError } from '#lib/problems.ts';

export const plainUrls = new Elysia({ name: 'plain-urls' }).onRequest((context) => {
  const { url } = context.request;
  if (!url.includes('%') && !url.includes('?')) return;
  if (decode(routedPath(context)) === null) throw refused('path', 'is not percent-encoded UTF-8');
  const start = url.indexOf('?');
  if (start !== -1) checkQuery(url.slice(start + 1));
});

/** The path that the router goes by, which Elysia's types leave out of a request hook's context. */
export function routedPath(context: object): string {
  return 'path' in context && typeof context.path === 'string' ? context.path : '';
}

function checkQuery(query: string): void {
  const names = new Set<string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const end = pair.indexOf('=');
    const name = decode(end === -1 ? pair : pair.slice(0, end));
    if (name === null) throw refused('query', 'is not percent-encoded UTF-8');
    if (names.has(name)) throw refused(`query/${name}`, 'must not be given twice');
    if (end !== -1 && decode(pair.slice(end + 1)) === null) {
      throw refused(`query/${name}`, 'is not percent-encoded UTF-8');
    }
    names.add(name);
  }
}

function decode(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text);
    return decoded.includes('\0') ? null : decoded;
  } catch {
    return null;
  }
}

function refused(path: string, message: string): AppError {
  return new AppError('invalid_input', { errors: [{ path, message }] });
}
