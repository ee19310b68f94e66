/**
 * Seals single fields with AES-256-GCM. Each value has a data key of its own, which travels with it, wrapped by the
 * key-encryption key of the configuration; so nothing has to be fetched to open a value, and one key never seals
 * many. Table, column and row are authenticated with both: a value that was moved elsewhere does not open.
 *
 * A sealed value: form (1 byte), key id (4), wrapped data key (12 + 32 + 16), value (12 + its length + 16).
 */

import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { PERSONAL_FIELDS, type PersonalField, type PersonalFieldName } from './personal-fields.ts';

export interface FieldKeys {
  /** Seals, and opens: 32 bytes as 64 hexadecimal digits. */
  readonly current: string;
  /** Opens only: the key before the current one, until everything is sealed under the current one. */
  readonly previous?: string | undefined;
}

/** Synchronous and a few microseconds a value: seal before a transaction all the same, not within it. */
export interface FieldCipher {
  /** The first bytes of what {@link seal} makes; a value that begins otherwise is to be sealed again. */
  readonly currentPrefix: Uint8Array;
  seal(field: PersonalFieldName, rowId: string, text: string): Uint8Array;
  /** @throws {SealBroken} for a value of another row, column or key, or one that was changed. */
  open(field: PersonalFieldName, rowId: string, sealed: Uint8Array): string;
  /**
   * By which a value is found without any being opened: under the current key, then under the one before it. The same
   * value has the same index in every row, so that it serves fields that are looked up, and no others.
   */
  indexesOf(field: PersonalFieldName, text: string): readonly [Uint8Array, ...Uint8Array[]];
}

/** A sealed value that does not open: a bug, a lost key or a forger; never the caller's fault. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

export const FIELD_KEY_PATTERN = '^[0-9a-f]{64}$';

/** Names the layout and the algorithm: a later one gets another number, and an unknown one is refused. */
const FORM = 1;
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID_BYTES = 4;
const PREFIX_BYTES = 1 + KEY_ID_BYTES;
const WRAPPED_BYTES = IV_BYTES + KEY_BYTES + TAG_BYTES;

/** @throws {RangeError} for a key that is not 32 bytes in hexadecimal digits. */
export function createFieldCipher({ current, previous }: FieldKeys): FieldCipher {
  const currentKey = readKey(current);
  const keys = previous === undefined ? [currentKey] : [readKey(previous), currentKey];
  const keysById = new Map(keys.map((key) => [idOf(key).toString('hex'), key] as const));
  const currentPrefix = Buffer.concat([Buffer.from([FORM]), idOf(currentKey)]);
  return {
    currentPrefix,
    seal: (field, rowId, text) => {
      const bound = contextOf(currentPrefix, PERSONAL_FIELDS[field], rowId);
      const dataKey = randomBytes(KEY_BYTES);
      return Buffer.concat([
        currentPrefix,
        encrypt(currentKey, dataKey, bound),
        encrypt(dataKey, Buffer.from(text, 'utf8'), bound),
      ]);
    },
    open: (field, rowId, sealed) => {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const prefix = bytes.subarray(0, PREFIX_BYTES);
      const key = keysById.get(prefix.subarray(1).toString('hex'));
      if (prefix[0] !== FORM || key === undefined) throw new SealBroken('It is sealed under no key of ours.');
      const bound = contextOf(prefix, PERSONAL_FIELDS[field], rowId);
      const rest = bytes.subarray(PREFIX_BYTES);
      const dataKey = decrypt(key, rest.subarray(0, WRAPPED_BYTES), bound);
      return decrypt(dataKey, rest.subarray(WRAPPED_BYTES), bound).toString('utf8');
    },
    indexesOf: (field, text) => {
      const older =
        previous === undefined ? [] : [blindIndex(readKey(previous), PERSONAL_FIELDS[field], text)];
      return [blindIndex(currentKey, PERSONAL_FIELDS[field], text), ...older];
    },
  };
}

function readKey(text: string): Buffer {
  if (!new RegExp(FIELD_KEY_PATTERN).test(text)) {
    throw new RangeError(`A field key is ${2 * KEY_BYTES} hexadecimal digits.`);
  }
  return Buffer.from(text, 'hex');
}

/** Computed, so that a key cannot be given another's name. */
function idOf(key: Buffer): Buffer {
  return createHash('sha256').update('name of a field key: ').update(key).digest().subarray(0, KEY_ID_BYTES);
}

/** Under a key of its own, so that what seals is used for nothing else. */
function blindIndex(key: Buffer, { table, column }: PersonalField, text: string): Buffer {
  const indexKey = createHmac('sha256', key)
    .update(JSON.stringify(['blind index', table, column]))
    .digest();
  return createHmac('sha256', indexKey).update(text).digest();
}

/** As JSON: no two places can be spelled alike. */
function contextOf(prefix: Uint8Array, { table, column }: PersonalField, rowId: string): Buffer {
  return Buffer.concat([prefix, Buffer.from(JSON.stringify([table, column, rowId.toLowerCase()]))]);
}

function encrypt(key: Buffer, plain: Buffer, bound: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES }).setAAD(bound);
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, sealed: Buffer, bound: Buffer): Buffer {
  if (sealed.length < IV_BYTES + TAG_BYTES) throw new SealBroken('It is cut off.');
  const iv = sealed.subarray(0, IV_BYTES);
  const tag = sealed.subarray(-TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES }).setAAD(bound);
  const plain = decipher.setAuthTag(tag).update(sealed.subarray(IV_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch (cause) {
    throw new SealBroken('It was changed, or belongs elsewhere.', { cause });
  }
}
