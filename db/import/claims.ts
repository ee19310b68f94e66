/**
 * Which row of this import was the first to name a handle or a SKU. Kept in temporary tables, for files may hold
 * more of them than fit in memory; they live as long as the connection, of which there must be only one.
 */

import { sql } from 'drizzle-orm';
import type { Queryable } from '#db/client.ts';

export interface Claim {
  /** A handle or a SKU. */
  readonly key: string;
  /** The handle of the product that the claim is for. */
  readonly slug: string;
  /** `file:line`. */
  readonly place: string;
}

export type ClaimKind = 'handles' | 'skus';

const TABLES = { handles: sql`import_handles`, skus: sql`import_skus` } as const;

export async function openClaims(db: Queryable): Promise<void> {
  for (const table of Object.values(TABLES)) {
    await db.execute(
      sql`create temporary table ${table} (key text primary key, slug text not null, place text not null)`,
    );
  }
}

/** The first claim of each key, which may be the one that was just made. */
export async function claim(
  db: Queryable,
  kind: ClaimKind,
  claims: readonly Claim[],
): Promise<ReadonlyMap<string, Claim>> {
  if (claims.length === 0) return new Map();
  const wanted = sql`jsonb_to_recordset(${JSON.stringify(claims)}::jsonb) as wanted(key text, slug text, place text)`;
  await db.execute(
    sql`insert into ${TABLES[kind]} select key, slug, place from ${wanted} on conflict do nothing`,
  );
  return await find(
    db,
    kind,
    claims.map(({ key }) => key),
  );
}

export async function find(
  db: Queryable,
  kind: ClaimKind,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Claim>> {
  if (keys.length === 0) return new Map();
  const rows = await db.execute<{ key: string; slug: string; place: string }>(
    sql`select key, slug, place from ${TABLES[kind]}
        where key in (select jsonb_array_elements_text(${JSON.stringify(keys)}::jsonb))`,
  );
  return new Map(rows.map(({ key, slug, place }) => [key, { key, slug, place }]));
}
