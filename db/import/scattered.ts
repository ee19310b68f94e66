/**
 * Which handles name rows in more than one place of the files, as a spreadsheet leaves them that was sorted anew. Only
 * the first place is imported, and it is not all that the files say of the product. Counted before anything is written,
 * in a temporary table, for files may hold more handles than fit in memory.
 */

import { sql } from 'drizzle-orm';
import type { Queryable } from '#db/client.ts';
import { handleOf, isHandle } from './handle.ts';
import { readRows, type SourceFile } from './rows.ts';

const HANDLES_PER_STATEMENT = 5_000;

export async function countPlaces(db: Queryable, files: readonly SourceFile[]): Promise<void> {
  await db.execute(
    sql`create temporary table import_places (handle text primary key, places integer not null)`,
  );
  let places = new Map<string, number>();
  for (const file of files) {
    let last = '';
    for await (const row of readRows(file)) {
      const handle = handleOf(row);
      if (handle === last || !isHandle(handle)) continue;
      last = handle;
      places.set(handle, (places.get(handle) ?? 0) + 1);
      if (places.size < HANDLES_PER_STATEMENT) continue;
      await add(db, places);
      places = new Map();
    }
  }
  await add(db, places);
}

/** Those of the handles that have more places than one. */
export async function findScattered(db: Queryable, handles: readonly string[]): Promise<ReadonlySet<string>> {
  if (handles.length === 0) return new Set();
  const rows = await db.execute<{ handle: string }>(
    sql`select handle from import_places
        where places > 1 and handle in (select jsonb_array_elements_text(${JSON.stringify(handles)}::jsonb))`,
  );
  return new Set(rows.map(({ handle }) => handle));
}

async function add(db: Queryable, places: ReadonlyMap<string, number>): Promise<void> {
  if (places.size === 0) return;
  const counted = JSON.stringify([...places].map(([handle, count]) => ({ handle, places: count })));
  await db.execute(
    sql`insert into import_places
        select handle, places from jsonb_to_recordset(${counted}::jsonb) as counted(handle text, places integer)
        on conflict (handle) do update set places = import_places.places + excluded.places`,
  );
}
