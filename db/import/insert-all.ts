/** Inserts of any number of rows, in statements that stay below Postgres's limit of parameters. */

import type { PgTable } from 'drizzle-orm/pg-core';
import type { Queryable } from '#db/client.ts';

/** Postgres takes 65,535 parameters a statement; our widest table has 17 columns. */
export const ROWS_PER_STATEMENT = 1_000;

export async function insertAll<Table extends PgTable>(
  db: Queryable,
  table: Table,
  rows: readonly Table['$inferInsert'][],
): Promise<void> {
  for (const some of chunks(rows, ROWS_PER_STATEMENT)) await db.insert(table).values(some);
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
