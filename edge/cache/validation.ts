/** Validators: what makes a request conditional, and what its outcome means (RFC 9110 §13, RFC 9111 §4.3). */

import { parseHttpDate } from './http-date.ts';

/** Kept as stored although a 304 says otherwise: they describe the stored body, RFC 9111 §3.2. */
const OF_THE_BODY = ['content-length', 'content-encoding', 'content-range', 'transfer-encoding'];

/** The fields by which the origin is asked whether the stored answer still stands. */
export function validatorsOf(stored: Headers): Readonly<Record<string, string>> {
  const etag = stored.get('etag');
  const lastModified = stored.get('last-modified');
  return {
    ...(etag === null ? {} : { 'if-none-match': etag }),
    ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
  };
}

/** False when a 304 names another answer than the stored one: then it says nothing about that. */
export function confirms(notModified: Headers, stored: Headers): boolean {
  const [said, held] = [notModified.get('etag'), stored.get('etag')];
  return said === null || held === null || opaque(said) === opaque(held);
}

/** The stored fields as a 304 brings them up to date. */
export function freshened(stored: Headers, notModified: Headers): Headers {
  const headers = new Headers(stored);
  headers.delete('age');
  const updates = [...notModified].filter(([name]) => !OF_THE_BODY.includes(name));
  for (const [name] of updates) headers.delete(name);
  for (const [name, value] of updates) headers.append(name, value);
  return headers;
}

/** Whether the client holds the stored answer already. `If-None-Match` decides alone where there is one. */
export function isHeldByClient(request: Headers, stored: Headers, now: Date): boolean {
  const ifNoneMatch = request.get('if-none-match');
  if (ifNoneMatch !== null) return names(ifNoneMatch, stored.get('etag'));
  const since = parseHttpDate(request.get('if-modified-since'), now);
  const modified = parseHttpDate(stored.get('last-modified') ?? stored.get('date'), now);
  return since !== null && modified !== null && modified <= since;
}

/** By weak comparison, RFC 9110 §13.1.2. */
function names(ifNoneMatch: string, etag: string | null): boolean {
  if (etag === null) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const named = ifNoneMatch.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return named.some((tag) => opaque(tag) === opaque(etag));
}

function opaque(etag: string): string {
  return etag.replace(/^W\//, '');
}
