/** What the cache tiers hold: answers as ready bytes, under a fence that says since when they are too old. */

/** An answer as it goes out; no tier parses it. */
export interface Answer {
  readonly body: Uint8Array;
  /** With its quotes. */
  readonly etag: string;
  /** Comma separated surrogate keys. */
  readonly tags: string;
}

/** What an answer was made from. Below its fence's floor no tier keeps it. */
export interface Fenced {
  /** The name of what changes: a product's id, or the one name that all lists share. */
  readonly fence: string;
  /** Grows with each change. */
  readonly version: number;
}

export interface FencedAnswer extends Answer, Fenced {}

/** In Redis: a JSON line of what goes beside the body, then the body's bytes. */
export function encodeAnswer({ etag, tags, fence, version, body }: FencedAnswer): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ etag, tags, fence, version })}\n`), body]);
}

const LINE_FEED = 0x0a;

/** Null for whatever {@link encodeAnswer} did not write. */
export function decodeAnswer(stored: Uint8Array): FencedAnswer | null {
  const end = stored.indexOf(LINE_FEED);
  if (end < 0) return null;
  const head = parseHead(Buffer.from(stored.buffer, stored.byteOffset, end).toString());
  return head === null ? null : { ...head, body: stored.subarray(end + 1) };
}

function parseHead(text: string): Omit<FencedAnswer, 'body'> | null {
  try {
    const { etag, tags, fence, version } = JSON.parse(text);
    const fits =
      [etag, tags, fence].every((part) => typeof part === 'string') && Number.isSafeInteger(version);
    return fits ? { etag, tags, fence, version } : null;
  } catch {
    return null;
  }
}
