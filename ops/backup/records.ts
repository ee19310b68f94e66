/** What a backup holds, one record after the other: a kind, the length of what follows, and that. */

import { BackupBroken } from './sealed-stream.ts';

/** In the order in which they come: head, then for each table its name, rows and count, then sequences and the end. */
export type BackupRecord =
  | { readonly kind: 'head'; readonly head: BackupHead }
  | { readonly kind: 'table'; readonly table: string; readonly columns: readonly string[] }
  | { readonly kind: 'rows'; readonly bytes: Uint8Array }
  | { readonly kind: 'tableEnd'; readonly table: string; readonly rows: number }
  | { readonly kind: 'sequences'; readonly values: readonly SequenceValue[] }
  | { readonly kind: 'end' };

export interface BackupHead {
  readonly format: 1;
  /** The name of the last migration of the database: its rows fit that schema. */
  readonly migration: string;
  /** RFC 3339. */
  readonly takenAt: string;
}

export interface SequenceValue {
  readonly name: string;
  /** As text, for it may be past what a number holds. */
  readonly lastValue: string;
}

const KINDS = ['head', 'table', 'rows', 'tableEnd', 'sequences', 'end'] as const;
const PREFIX_BYTES = 5;
/** Far above what one record needs; a length beyond it is not one that we wrote. */
const MAX_RECORD_BYTES = 256 * 1024 ** 2;

export async function* encodeRecords(records: AsyncIterable<BackupRecord>): AsyncGenerator<Uint8Array> {
  for await (const record of records) {
    const body = record.kind === 'rows' ? record.bytes : Buffer.from(JSON.stringify(record));
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix[0] = KINDS.indexOf(record.kind);
    prefix.writeUInt32BE(body.length, 1);
    yield prefix;
    yield body;
  }
}

/** @throws {BackupBroken} for what is no record, and for an end that does not come last */
export async function* decodeRecords(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<BackupRecord> {
  let held: Buffer = Buffer.alloc(0);
  let hasEnded = false;
  for await (const some of bytes) {
    held = held.length === 0 ? Buffer.from(some) : Buffer.concat([held, some]);
    for (;;) {
      const record = firstRecord(held);
      if (record === null) break;
      if (hasEnded) throw new BackupBroken('The backup goes on after its end.');
      yield record.value;
      hasEnded = record.value.kind === 'end';
      held = held.subarray(record.bytes);
    }
  }
  if (!hasEnded || held.length > 0) throw new BackupBroken('The backup has no end.');
}

/** Null while it is not all there. */
function firstRecord(held: Buffer): { readonly value: BackupRecord; readonly bytes: number } | null {
  if (held.length < PREFIX_BYTES) return null;
  const kind = KINDS[held[0] ?? KINDS.length];
  const length = held.readUInt32BE(1);
  if (kind === undefined || length > MAX_RECORD_BYTES) throw new BackupBroken('The backup holds no records.');
  if (held.length < PREFIX_BYTES + length) return null;
  const body = held.subarray(PREFIX_BYTES, PREFIX_BYTES + length);
  const value = kind === 'rows' ? { kind, bytes: body } : (JSON.parse(body.toString('utf8')) as BackupRecord);
  return { value, bytes: PREFIX_BYTES + length };
}
