/** One byte range out of a whole body (RFC 9110 §14.1.2). */

export interface ByteRange {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
}

/** Null when the whole body is the answer: no range, more than one, or one that cannot be read or met. */
export function rangeOf(header: string | null, length: number): ByteRange | null {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && Number(to) === 0) || length === 0)
    return null;
  const first = from === '' ? Math.max(0, length - Number(to)) : Number(from);
  const last = from === '' || to === '' ? length - 1 : Math.min(Number(to), length - 1);
  return first <= last ? { first, last } : null;
}
