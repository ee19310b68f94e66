/**
 * A stream sealed with AES-256-GCM in pieces, so that none of it is believed before its piece was proven, and no piece
 * can be changed, left out, put elsewhere or cut off: each is numbered and the last one says so, by its nonce.
 *
 * magic (8 bytes), salt (32), then pieces of at most 64 KiB with a tag of 16 bytes each. Every stream has a key of its
 * own, made of the backup key and the salt; a nonce is 7 zeros, the number of the piece (4) and whether it is the last.
 */

import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** A backup that does not open: another key's, changed, or cut off. */
export class BackupBroken extends Error {
  override readonly name = 'BackupBroken';
}

export const BACKUP_KEY_PATTERN = /^[0-9a-f]{64}$/;

type Bytes = AsyncIterable<Uint8Array>;

const MAGIC = Buffer.from('hotsbk01');
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 32;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const NUMBER_AT = 7;
const LAST_AT = 11;
const PIECE_BYTES = 64 * 1024;
const SEALED_BYTES = PIECE_BYTES + TAG_BYTES;
const HEAD_BYTES = MAGIC.length + SALT_BYTES;
/** 256 TiB; the number would begin anew. */
const MAX_PIECES = 2 ** 32;
const KEY_NAME_LENGTH = 8;

/** Tells keys apart without telling what they are. */
export function backupKeyName(key: string): string {
  return createHmac('sha256', Buffer.from(key, 'hex'))
    .update('name of a backup key')
    .digest('hex')
    .slice(0, KEY_NAME_LENGTH);
}

export async function* sealStream(key: string, plain: Bytes): AsyncGenerator<Uint8Array> {
  const head = Buffer.concat([MAGIC, randomBytes(SALT_BYTES)]);
  yield head;
  const streamKey = keyOf(key, head);
  let number = 0;
  for await (const { bytes, isLast } of pieces(plain, PIECE_BYTES)) {
    const cipher = createCipheriv(ALGORITHM, streamKey, nonceOf(number, isLast), {
      authTagLength: TAG_BYTES,
    });
    yield Buffer.concat([cipher.setAAD(head).update(bytes), cipher.final(), cipher.getAuthTag()]);
    number += 1;
  }
}

/** @throws {BackupBroken} before it hands out anything of a piece that is not right */
export async function* openStream(key: string, sealed: Bytes): AsyncGenerator<Uint8Array> {
  const { head, rest } = await takeHead(sealed);
  const streamKey = keyOf(key, head);
  let number = 0;
  for await (const { bytes, isLast } of pieces(rest, SEALED_BYTES)) {
    yield openPiece(streamKey, { head, bytes, nonce: nonceOf(number, isLast) });
    number += 1;
  }
}

function openPiece(
  key: Uint8Array,
  { head, bytes, nonce }: { readonly head: Buffer; readonly bytes: Buffer; readonly nonce: Buffer },
): Buffer {
  if (bytes.length < TAG_BYTES) throw new BackupBroken('The backup is cut off.');
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  const plain = decipher
    .setAAD(head)
    .setAuthTag(bytes.subarray(-TAG_BYTES))
    .update(bytes.subarray(0, -TAG_BYTES));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch (cause) {
    throw new BackupBroken('The backup is of another key, was changed, or is cut off.', { cause });
  }
}

function keyOf(key: string, head: Buffer): Uint8Array {
  const salt = head.subarray(MAGIC.length);
  return new Uint8Array(hkdfSync('sha256', Buffer.from(key, 'hex'), salt, 'hotshelf backup', KEY_BYTES));
}

function nonceOf(number: number, isLast: boolean): Buffer {
  if (number >= MAX_PIECES) throw new RangeError('A backup of more than 256 TiB cannot be sealed.');
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeUInt32BE(number, NUMBER_AT);
  nonce[LAST_AT] = isLast ? 1 : 0;
  return nonce;
}

/** Of one size, save the last, which may be shorter, or empty where there is nothing at all. */
async function* pieces(
  bytes: Bytes,
  size: number,
): AsyncGenerator<{ readonly bytes: Buffer; readonly isLast: boolean }> {
  let held = Buffer.alloc(0);
  for await (const some of bytes) {
    held = held.length === 0 ? Buffer.from(some) : Buffer.concat([held, some]);
    // One is kept back: only the end of the stream tells which piece is the last.
    let at = 0;
    for (; held.length - at > size; at += size) yield { bytes: held.subarray(at, at + size), isLast: false };
    held = held.subarray(at);
  }
  yield { bytes: held, isLast: true };
}

async function takeHead(sealed: Bytes): Promise<{ readonly head: Buffer; readonly rest: Bytes }> {
  const source = sealed[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  while (held.length < HEAD_BYTES) {
    const { value, done } = await source.next();
    if (done === true) throw new BackupBroken('The backup is cut off.');
    held = Buffer.concat([held, value]);
  }
  if (!held.subarray(0, MAGIC.length).equals(MAGIC))
    throw new BackupBroken('This is no backup of this shop.');
  async function* rest() {
    yield held.subarray(HEAD_BYTES);
    yield* { [Symbol.asyncIterator]: () => source };
  }
  return { head: held.subarray(0, HEAD_BYTES), rest: rest() };
}
