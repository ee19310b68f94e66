/** Reads a body of unknown length without ever holding more than its limit. */

import { withDeadline } from '#lib/deadline.ts';
import { AppError } from '#lib/problems.ts';

interface Bounds {
  readonly maxBytes: number;
  /** So much beyond the limit is read and thrown away before the sender is cut off. */
  readonly drainBytes?: number;
  /** How long the next piece may take. */
  readonly silenceMs?: number;
}

/** Null when the body is larger than `maxBytes`. @throws {AppError} `body_too_slow` after `silenceMs` without a piece */
export async function readBounded(
  body: ReadableStream<Uint8Array>,
  { maxBytes, drainBytes = 0, silenceMs }: Bounds,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= maxBytes + drainBytes) {
    const { done, value } = await withinSilence(reader.read(), silenceMs);
    if (done) return length <= maxBytes ? concatenate(chunks, length) : null;
    length += value.byteLength;
    if (length <= maxBytes) chunks.push(value);
  }
  await reader.cancel();
  return null;
}

function withinSilence<T>(piece: Promise<T>, silenceMs: number | undefined): Promise<T> {
  if (silenceMs === undefined) return piece;
  return withDeadline(piece, silenceMs, () => {
    throw new AppError('body_too_slow');
  });
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
