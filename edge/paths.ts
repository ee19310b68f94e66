/**
 * The one spelling of a path. Caches, routers and origins that disagree about what a path means are how private
 * answers end up under public keys, so a path with a second spelling is refused instead of interpreted.
 */

const MAX_TARGET_CHARACTERS = 4_096;
const PLAIN_SEGMENT = /^(?:[\w.~!$&'()*+,=:@-]|%[89A-F][\dA-F])*$/i;

export interface PlainTarget {
  readonly path: string;
  /** Without the leading `?`; empty when there is none. */
  readonly query: string;
}

/**
 * Splits a request's URL as it came over the wire. Null when the path is not plain: an encoded ASCII character
 * (slash, dot, NUL, ...), a backslash, `;`, an empty or dot segment, or bytes that are no UTF-8.
 */
export function parseTarget(url: string): PlainTarget | null {
  const pathStart = url.indexOf('/', url.indexOf('://') + 3);
  if (pathStart === -1) return { path: '/', query: '' };
  const target = url.slice(pathStart).split('#', 1)[0] ?? '';
  if (target.length > MAX_TARGET_CHARACTERS) return null;
  const queryStart = target.indexOf('?');
  const rawPath = queryStart === -1 ? target : target.slice(0, queryStart);
  const query = queryStart === -1 ? '' : target.slice(queryStart + 1);
  if (!isPlain(rawPath)) return null;
  return { path: rawPath.replace(/%../g, (byte) => byte.toUpperCase()), query };
}

function isPlain(path: string): boolean {
  const segments = path.split('/').slice(1);
  const isPlainSegment = (segment: string, index: number) =>
    PLAIN_SEGMENT.test(segment) &&
    segment !== '.' &&
    segment !== '..' &&
    (segment !== '' || index === segments.length - 1);
  return segments.every(isPlainSegment) && isUtf8(path);
}

function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
