/** Reads a body of unknown length without ever holding more than its limit. */

interface Bounds {
  readonly maxBytes: number;
  /** So much beyond the limit is read and thrown away before the sender is cut off. */
  readonly drainBytes?: number;
}

/** Null when the body is larger than `maxBytes`. */
export async function readBounded(
  body: ReadableStream<Uint8Array>,
  { maxBytes, drainBytes = 0 }: Bounds,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= maxBytes + drainBytes) {
    const { done, value } = await reader.read();
    if (done) return length <= maxBytes ? concatenate(chunks, length) : null;
    length += value.byteLength;
    if (length <= maxBytes) chunks.push(value);
  }
  await reader.cancel();
  return null;
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
