/** Taking, proving and putting back: the database through compression and cipher to a store, and the same way back. */

import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import type postgres from 'postgres';
import { openSql } from '#db/client.ts';
import type { FieldKeys } from '#db/field-cipher.ts';
import { migrate, migrateUpTo } from '#db/migrate.ts';
import { dumpRecords, type Progress } from './dump.ts';
import { type Counted, filledTables, loadRecords } from './load.ts';
import { type BackupHead, type BackupRecord, decodeRecords, encodeRecords } from './records.ts';
import { BackupBroken, openStream, sealStream } from './sealed-stream.ts';
import { type BackupStore, newBackupName } from './store.ts';

export interface Taken {
  readonly name: string;
  readonly verified: Verified;
  /** Older ones that were removed. */
  readonly removed: readonly string[];
}

export interface Verified extends Counted {
  readonly head: BackupHead;
}

const CLOSE_TIMEOUT_SECONDS = 5;

/** The database cannot take a backup: it holds something already. */
export class NotEmpty extends Error {
  override readonly name = 'NotEmpty';
}

/**
 * Writes one backup and reads it to its end. Only then are those beyond the newest `keep` removed.
 * @throws {BackupBroken} when it does not open; all others stay
 */
export async function takeBackup(
  {
    databaseUrl,
    key,
    store,
  }: { readonly databaseUrl: string; readonly key: string; readonly store: BackupStore },
  { keep, onProgress }: { readonly keep: number; readonly onProgress: Progress },
): Promise<Taken> {
  const takenAt = new Date();
  const name = newBackupName(takenAt);
  await withSql(databaseUrl, (sql) =>
    sql.begin('isolation level repeatable read read only', async (tx) => {
      const records = dumpRecords(tx, { takenAt, onProgress });
      await store.write(name, sealStream(key, through(createGzip(), encodeRecords(records))));
    }),
  );
  const verified = await verifyBackup(store, name, key);
  const others = (await store.list()).filter((each) => each.name !== name);
  // What was just taken stays, whatever a clock that was set back has others called.
  const beyond = others.slice(keep - 1);
  for (const old of beyond) await store.remove(old.name);
  return { name, verified, removed: beyond.map((old) => old.name) };
}

/** Reads a backup to its end and counts what is in it; nothing is written. @throws {BackupBroken} */
export async function verifyBackup(store: BackupStore, name: string, key: string): Promise<Verified> {
  const records = readRecords(store, name, key);
  const head = await takeHead(records);
  const counted = { tables: 0, rows: 0 };
  for await (const record of records) {
    if (record.kind !== 'tableEnd') continue;
    counted.tables += 1;
    counted.rows += record.rows;
  }
  return { head, ...counted };
}

/**
 * Fills an empty database: at the schema of the backup's time, in one transaction, then brought to that of this code.
 * @throws {NotEmpty} for a database with rows
 * @throws {BackupBroken} before anything of the backup stays in the database
 */
export async function restoreBackup(
  source: { readonly store: BackupStore; readonly name: string; readonly key: string },
  target: { readonly databaseUrl: string; readonly fieldKeys: FieldKeys | undefined },
  onProgress: Progress,
): Promise<Verified> {
  const records = readRecords(source.store, source.name, source.key);
  const head = await takeHead(records);
  await withSql(target.databaseUrl, requireEmpty);
  await migrateUpTo(target.databaseUrl, head.migration);
  const counted = await withSql(target.databaseUrl, async (sql) => {
    // Once more, with its schema there: who writes meanwhile is stopped by the transaction or by a key taken twice.
    await requireEmpty(sql);
    return sql.begin((tx) => loadRecords(tx, records, onProgress));
  });
  await migrate(target.databaseUrl, target.fieldKeys);
  return { head, ...counted };
}

async function requireEmpty(sql: postgres.Sql): Promise<void> {
  const filled = await filledTables(sql);
  if (filled.length === 0) return;
  throw new NotEmpty(`The database is not empty: there are rows in ${filled.join(', ')}. Name one that is.`);
}

function readRecords(store: BackupStore, name: string, key: string): AsyncGenerator<BackupRecord> {
  return decodeRecords(through(createGunzip(), openStream(key, store.read(name))));
}

/** The first record, which says what the rest is. */
async function takeHead(records: AsyncGenerator<BackupRecord>): Promise<BackupHead> {
  const { value } = await records.next();
  if (value === undefined || value.kind !== 'head') throw new BackupBroken('The backup has no head.');
  if (value.head.format !== 1)
    throw new BackupBroken('The backup is of a form that this code does not know.');
  return value.head;
}

/** A failure of the source comes out at the end, as one of its own. */
async function* through(
  step: ReturnType<typeof createGzip> | ReturnType<typeof createGunzip>,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source, { objectMode: false });
  input.on('error', (error) => step.destroy(error));
  try {
    for await (const bytes of input.pipe(step)) yield bytes as Uint8Array;
  } finally {
    input.destroy();
    step.destroy();
  }
}

async function withSql<T>(databaseUrl: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = openSql(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS });
  }
}
