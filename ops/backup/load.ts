/** Records back into a database that has none: all of them in one transaction, or nothing. */

import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type postgres from 'postgres';
import type { Progress } from './dump.ts';
import type { BackupRecord } from './records.ts';
import { BackupBroken } from './sealed-stream.ts';

export interface Counted {
  readonly tables: number;
  readonly rows: number;
}

/** The records after the head. @throws {BackupBroken} when a table is not as whole as the backup says */
export async function loadRecords(
  tx: postgres.TransactionSql,
  records: AsyncIterable<BackupRecord>,
  onProgress: Progress,
): Promise<Counted> {
  const totals = { tables: 0, rows: 0 };
  let copy: Writable | null = null;
  for await (const record of records) {
    switch (record.kind) {
      case 'head':
      case 'end':
        break;
      case 'table':
        await chainRows(tx, record.table, 'disable');
        copy = await tx`copy ${tx(record.table)} (${tx([...record.columns])}) from stdin`.writable();
        break;
      case 'rows':
        if (copy === null) throw new BackupBroken('The backup holds rows of no table.');
        if (!copy.write(record.bytes)) await once(copy, 'drain');
        break;
      case 'tableEnd': {
        if (copy === null) throw new BackupBroken('The backup ends a table that it has not begun.');
        copy.end();
        await finished(copy);
        copy = null;
        await chainRows(tx, record.table, 'enable');
        await requireRows(tx, record);
        totals.tables += 1;
        totals.rows += record.rows;
        onProgress(`${record.table}: ${record.rows} rows`);
        break;
      }
      case 'sequences':
        for (const { name, lastValue } of record.values) {
          await tx`select setval(${name}::text::regclass, ${lastValue}::text::bigint)`;
        }
    }
  }
  return totals;
}

/** The log of privileged acts comes back with the hashes that it had: chained anew it would prove nothing. */
async function chainRows(
  tx: postgres.TransactionSql,
  table: string,
  verb: 'disable' | 'enable',
): Promise<void> {
  if (table === 'audit_log') await tx.unsafe(`alter table audit_log ${verb} trigger audit_log_chained`);
}

async function requireRows(
  tx: postgres.TransactionSql,
  { table, rows }: { readonly table: string; readonly rows: number },
): Promise<void> {
  const [found] = await tx<{ count: string }[]>`select count(*)::text as count from ${tx(table)}`;
  if (found?.count !== String(rows)) {
    throw new BackupBroken(`${table} has ${found?.count} rows, and the backup says ${rows}.`);
  }
}

/** The tables that have rows. */
export async function filledTables(sql: postgres.Sql): Promise<readonly string[]> {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by relname`;
  const filled: string[] = [];
  for (const { name } of tables) {
    const [row] = await sql`select from ${sql(name)} limit 1`;
    if (row !== undefined) filled.push(name);
  }
  return filled;
}
