/** Keyset cursors: where a page ended, opaque to clients and checked when it comes back. */

import { isUuid } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';

const CHECKS = {
  integer: (part: unknown) => Number.isSafeInteger(part),
  number: (part: unknown) => Number.isFinite(part),
  uuid: (part: unknown) => typeof part === 'string' && isUuid(part),
  instant: (part: unknown) => typeof part === 'string' && !Number.isNaN(Date.parse(part)),
};

type CursorPart = { integer: number; number: number; uuid: string; instant: string };
type CursorKind = keyof CursorPart;

export function encodeCursor(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * Reads a cursor of two parts back: where the page ended by its sort, and by its tie-breaker.
 * @throws {AppError} `invalid_input` for anything that {@link encodeCursor} did not write for this list.
 */
export function decodeCursor<First extends CursorKind, Second extends CursorKind>(
  cursor: string,
  first: First,
  second: Second,
): [CursorPart[First], CursorPart[Second]] {
  const parts = parse(cursor);
  if (Array.isArray(parts) && parts.length === 2 && CHECKS[first](parts[0]) && CHECKS[second](parts[1])) {
    return parts as [CursorPart[First], CursorPart[Second]];
  }
  const message = 'is not a cursor of this list';
  throw new AppError('invalid_input', { errors: [{ path: 'query/cursor', message }] });
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
