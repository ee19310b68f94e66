/**
 * What no schema can say of a URL: it is percent-encoded UTF-8 without NUL, names each parameter once, and holds no
 * card number. Two readers of a URL that is not plain may each read something else.
 */

import { Elysia } from 'elysia';
import { AppError } from '#lib/problems.ts';
import { refuseCardNumber } from './json-content.ts';

export const plainUrls = new Elysia({ name: 'plain-urls' }).onRequest((context) => {
  const { url } = context.request;
  const decoded = decodePath(routedPath(context));
  if (decoded === null) throw refused('path', 'is not percent-encoded UTF-8');
  refuseCardNumber(decoded, 'path');
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
    const name = decode(spaced(end === -1 ? pair : pair.slice(0, end)));
    if (name === null) throw refused('query', 'is not percent-encoded UTF-8');
    refuseCardNumber(name, 'query');
    if (names.has(name)) throw refused(`query/${name}`, 'must not be given twice');
    const value = end === -1 ? '' : decode(spaced(pair.slice(end + 1)));
    if (value === null) throw refused(`query/${name}`, 'is not percent-encoded UTF-8');
    refuseCardNumber(value, `query/${name}`);
    names.add(name);
  }
}

/** As a form writes it. */
const spaced = (text: string) => text.replaceAll('+', ' ');
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROLS = /[\0-\x1f\x7f-\x9f]/;

function decodePath(path: string): string | null {
  const decoded = path.includes('%') ? decode(path) : path;
  return decoded === null || CONTROLS.test(decoded) ? null : decoded;
}

/** What is searched for may be anything that Postgres takes: a line that was pasted, say. */
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
