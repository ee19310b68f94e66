/** Keyset cursors: where a page ended, opaque to clients and checked when it comes back. */

import { isUuid } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';

const INSTANT = /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const CHECKS = {
  integer: (part: unknown) => Number.isSafeInteger(part),
  number: (part: unknown) => Number.isFinite(part),
  uuid: (part: unknown) => typeof part === 'string' && isUuid(part),
  instant: (part: unknown) => typeof part === 'string' && isInstant(part),
};

/** As `toISOString` writes it, in a year that Postgres knows. */
function isInstant(text: string): boolean {
  return INSTANT.test(text) && !Number.isNaN(Date.parse(text));
}

type CursorPart = { integer: number; number: number; uuid: string; instant: string };
type CursorKind = keyof CursorPart;

export function encodeCursor(parts: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/**
 * Reads a cursor back: where the page ended by its sort, and by its tie-breaker. The cursor of a list that has
 * several orders ends in the name of its own, for it is worth nothing in another.
 * @throws {AppError} `invalid_input` for anything that {@link encodeCursor} did not write for this list.
 */
export function decodeCursor<First extends CursorKind, Second extends CursorKind>(
  cursor: string,
  first: First,
  second: Second,
  order?: string,
): [CursorPart[First], CursorPart[Second]] {
  const parsed = parse(cursor);
  const [value, tieBreaker, ...rest]: unknown[] = Array.isArray(parsed) ? parsed : [];
  const isOfThisList = order === undefined ? rest.length === 0 : rest.length === 1 && rest[0] === order;
  if (isOfThisList && CHECKS[first](value) && CHECKS[second](tieBreaker)) {
    return [value, tieBreaker] as [CursorPart[First], CursorPart[Second]];
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
