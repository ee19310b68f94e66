/**
 * What the dictionary of search names and no document has any more goes, a part with each refresh. Terms are taken in
 * their order, as `addTerms` does, each kind in a transaction of its own. What a document brings in at the same
 * moment may go with them, and comes back with the next refresh, or the next document that has it.
 */

import { type SQL, sql } from 'drizzle-orm';
import type { Database, Transaction } from './client.ts';
import { categories } from './schema/catalog.ts';
import { SEARCH_TIERS, searchDocuments, searchTerms } from './schema/search.ts';
import { beginRefresh, MAX_NAME_IN_INDEX, sampleOfDocuments } from './search-index.ts';

/** So many terms go, or so many words are looked up, at each refresh. */
const MAX_TERMS = 5_000;

/** What a sample has is there; of what it lacks, each is looked up, which costs little for what is rare. */
export async function deleteGoneWords(tx: Transaction, from: 'sample' | 'all'): Promise<void> {
  const { sample } = await sampleOfDocuments(tx, from);
  const isSomewhere = SEARCH_TIERS.map(
    (tier) => sql`exists (
      select 1 from ${searchDocuments} d
       where d.tier = ${sql.raw(`${tier}`)} and d.document @@ unmet.term::tsquery)`,
  );
  await deleteTerms(
    tx,
    'word',
    sql`
    with met as materialized (select word from ts_stat(${`select document from ${sample}`})),
    unmet as materialized (
      select term from ${searchTerms} t
       where kind = 'word' and not exists (select 1 from met where met.word = t.term)
       order by random() limit ${MAX_TERMS})
    select term from unmet where not (${sql.join(isSomewhere, sql` or `)})`,
  );
}

export async function deleteGoneVendors(tx: Transaction): Promise<void> {
  const there = sql`
    select left(search_fold(vendor), ${MAX_NAME_IN_INDEX}) as term
      from (select distinct vendor from ${searchDocuments}) vendors`;
  await deleteTerms(tx, 'vendor', without('vendor', there));
}

/** Documents know their categories by id alone: what those are called is asked of the catalogue. */
export async function forgetCategories(db: Database): Promise<void> {
  const there = sql`
    select left(search_fold(name), ${MAX_NAME_IN_INDEX}) as term from ${categories}
     where id in (select unnest(category_path) from ${searchDocuments})`;
  await db.transaction(async (tx) => {
    if (await beginRefresh(tx, 'leave')) await deleteTerms(tx, 'category', without('category', there));
  });
}

type Kind = (typeof searchTerms.$inferSelect)['kind'];

function without(kind: Kind, there: SQL): SQL {
  return sql`
    select term from ${searchTerms}
     where kind = ${kind} and term not in (${there}) order by term limit ${MAX_TERMS}`;
}

async function deleteTerms(tx: Transaction, kind: Kind, gone: SQL): Promise<void> {
  await tx.execute(sql`
    with gone as materialized (${gone}),
    locked as materialized (
      select term from ${searchTerms}
       where kind = ${kind} and term in (select term from gone) order by term for update)
    delete from ${searchTerms} t using locked where t.kind = ${kind} and t.term = locked.term`);
}
