/** A database as records: all rows of all tables as they were at one moment, whatever is written meanwhile. */

import type postgres from 'postgres';
import { lastMigration } from '#db/migrate.ts';
import type { BackupRecord, SequenceValue } from './records.ts';

export type Progress = (what: string) => void;

const GATHERED_BYTES = 64 * 1024;

interface TableShape {
  readonly name: string;
  readonly columns: readonly string[];
  /** The tables that its rows point at. */
  readonly needs: readonly string[];
}

/** Of one transaction that only reads, `repeatable read`: begin it as such. */
export async function* dumpRecords(
  tx: postgres.TransactionSql,
  { takenAt, onProgress }: { readonly takenAt: Date; readonly onProgress: Progress },
): AsyncGenerator<BackupRecord> {
  const migration = await lastMigration(tx);
  yield { kind: 'head', head: { format: 1, migration, takenAt: takenAt.toISOString() } };
  for (const { name, columns } of inOrder(await readTables(tx))) {
    yield { kind: 'table', table: name, columns };
    let rows = 0;
    const copy = await tx`copy ${tx(name)} (${tx([...columns])}) to stdout`.readable();
    for await (const bytes of gathered(copy as AsyncIterable<Buffer>)) {
      rows += countLines(bytes);
      yield { kind: 'rows', bytes };
    }
    // The driver stops reading when its stream is full and goes on when that is read: never, where it was the end.
    copy._read(0);
    yield { kind: 'tableEnd', table: name, rows };
    onProgress(`${name}: ${rows} rows`);
  }
  yield { kind: 'sequences', values: await readSequences(tx) };
  yield { kind: 'end' };
}

/** The driver hands rows out one by one: what follows costs more for each piece than for its bytes. */
async function* gathered(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const some of bytes) {
    held.push(some);
    size += some.length;
    if (size < GATHERED_BYTES) continue;
    yield Buffer.concat(held);
    held = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(held);
}

/** In the text of COPY a line is a row, and a line break within a value is written otherwise. */
function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}

async function readTables(tx: postgres.TransactionSql): Promise<readonly TableShape[]> {
  return tx<TableShape[]>`
    select c.relname as name,
           array(select a.attname::text from pg_attribute a
                  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                  order by a.attnum) as columns,
           array(select r.relname::text from pg_constraint f join pg_class r on r.oid = f.confrelid
                  where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid) as needs
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
     order by c.relname`;
}

/** Those first that others point at, so that every row finds what it points at when it is put back. */
function inOrder(tables: readonly TableShape[]): readonly TableShape[] {
  const waiting = new Map(tables.map((table) => [table.name, table]));
  const ordered: TableShape[] = [];
  while (waiting.size > 0) {
    const next = [...waiting.values()].find(({ needs }) => needs.every((need) => !waiting.has(need)));
    if (next === undefined)
      throw new Error(`These tables point at each other: ${[...waiting.keys()].join(', ')}.`);
    ordered.push(next);
    waiting.delete(next.name);
  }
  return ordered;
}

/** Not of the snapshot, but read after the rows: never behind them. */
async function readSequences(tx: postgres.TransactionSql): Promise<SequenceValue[]> {
  return tx<SequenceValue[]>`
    select sequencename as name, last_value::text as "lastValue" from pg_sequences
     where schemaname = 'public' and last_value is not null order by sequencename`;
}
