/** What the cache tiers hold: answers as ready bytes, under a fence that says since when they are too old. */

import type { Clock } from '#lib/clock.ts';

/** An answer as it goes out; no tier parses it. */
export interface Answer {
  readonly body: Uint8Array;
  /** With its quotes. */
  readonly etag: string;
  /** Comma separated surrogate keys. */
  readonly tags: string;
  /** In epoch milliseconds, when what it says may be so no longer, such as a price; absent where none is known. */
  readonly goodUntil?: number;
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
export function encodeAnswer({ body, ...head }: FencedAnswer): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
}

/** Whether what it says may still be so. */
export function isGood({ goodUntil }: Pick<Answer, 'goodUntil'>, clock: Clock): boolean {
  return goodUntil === undefined || clock.now().getTime() < goodUntil;
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
    const { etag, tags, fence, version, goodUntil } = JSON.parse(text);
    const fits =
      [etag, tags, fence].every((part) => typeof part === 'string') &&
      [version, goodUntil ?? 0].every(Number.isSafeInteger);
    if (!fits) return null;
    return { etag, tags, fence, version, ...(goodUntil === undefined ? {} : { goodUntil }) };
  } catch {
    return null;
  }
}
