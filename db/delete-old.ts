/** Deleting what has had its time: part by part, each within a statement's time, however much there is after a pause. */

import { type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Queryable } from './client.ts';

const BATCH = 2_000;
/** Of one run; the next goes on. */
const MAX_BATCHES = 1_000;

/** All rows of which that is so; what has changed meanwhile, and of which it no longer is, stays. */
export async function deleteOldRows(
  db: Queryable,
  table: PgTable,
  isOld: SQL | undefined,
  batch = BATCH,
): Promise<void> {
  for (let batches = 0; batches < MAX_BATCHES; batches += 1) {
    const gone = await db.execute(sql`
      delete from ${table}
       where ctid = any(array(select ctid from ${table} where ${isOld} limit ${batch}::int)) and ${isOld}
      returning 1`);
    if (gone.length < batch) return;
  }
}
