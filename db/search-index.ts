/**
 * Writing the search index: documents as an engine hands them over, and what is derived from all of them. Several
 * write at once: each statement takes documents in the order of their ids, so that no two wait for each other.
 */

import { inArray, type SQL, sql } from 'drizzle-orm';
import type { ProductId } from '#lib/ids.ts';
import type { Database, Queryable, Transaction } from './client.ts';
import {
  SEARCH_TIERS,
  searchDocuments,
  searchPopularity,
  searchTerms,
  searchTiers,
  textIndexName,
} from './schema/search.ts';

/** A document in parts; words are put into the index with the weight of the part that they are in. */
export interface IndexedDocument {
  readonly product_id: ProductId;
  readonly version: number;
  readonly name: string;
  readonly vendor: string;
  readonly category_path: readonly string[];
  readonly category_names: readonly string[];
  readonly tags: string;
  readonly description: string;
  /** Each a JSON pair of name and value. */
  readonly options: readonly string[];
  readonly option_values: string;
  /** Lexemes that are taken as they are. */
  readonly marks: readonly string[];
  readonly price_minor: number;
  readonly popularity: number;
  readonly available: boolean;
  readonly created_at: string;
  /** Known while all documents are written in order; otherwise {@link searchTiers} tells. */
  readonly tier: number | null;
}

/** What Postgres' parser takes for parts of addresses and paths: 'black/white' is two words here. */
const JOINTS = '/.-_@:&+#=<>';
export const MAX_NAME_IN_INDEX = 200;
/** A lexeme that is a word, and may be suggested as one: no mark, no number, nothing of absurd length. */
const WORD = '^[[:alpha:]]{2,40}$';

/** Older versions than the index has are left out. */
export async function upsertDocuments(db: Queryable, documents: readonly IndexedDocument[]): Promise<void> {
  const written = sql`
    insert into ${searchDocuments} (product_id, version, document, folded_name, name, vendor, category_path,
                                    options, price_minor, popularity, available, created_at, tier)
    select product_id, version,
           setweight(to_tsvector('shop', search_fold(name) || ' ' || search_compounds(name)), 'A')
           || setweight(to_tsvector('shop', search_fold(concat_ws(' ', vendor, array_to_string(category_names, ' ')))), 'B')
           || setweight(to_tsvector('shop', search_fold(tags || ' ' || option_values) || ' ' || search_compounds(tags)), 'C')
           || setweight(to_tsvector('shop', unaccent(translate(description, ${JOINTS}, ${' '.repeat(JOINTS.length)}))), 'D')
           || array_to_tsvector(marks),
           left(search_fold(name), ${MAX_NAME_IN_INDEX}), name, vendor, category_path,
           options, price_minor, popularity, available, created_at, place.tier
      from ${recordset(documents)}
     cross join lateral (select coalesce(document.tier, ${tierOf(sql.raw('document'))}) as tier) place
     order by product_id
    on conflict (product_id) do update set (version, document, folded_name, name, vendor, category_path, options,
           price_minor, popularity, available, created_at, tier)
         = (excluded.version, excluded.document, excluded.folded_name, excluded.name, excluded.vendor,
            excluded.category_path, excluded.options, excluded.price_minor, excluded.popularity,
            excluded.available, excluded.created_at, excluded.tier)
     where ${searchDocuments.version} <= excluded.version
    returning product_id, popularity`;
  await db.execute(orderingByPopularity(written));
}

/** As part of the statement that writes the documents: their order is never at odds with them. */
function orderingByPopularity(written: SQL): SQL {
  return sql`
    with written as (${written})
    insert into ${searchPopularity} (product_id, popularity)
    select product_id, popularity from written order by product_id
    on conflict (product_id) do update set popularity = excluded.popularity
     where ${searchPopularity.popularity} <> excluded.popularity`;
}

/** The documents of these ids, each locked in its turn. */
function locked(ids: SQL): SQL {
  return sql`
    select product_id from ${searchDocuments} where product_id in (${ids})
     order by product_id for no key update`;
}

/** As {@link upsertDocuments}, without a wait for the disk: a rebuild that a crash cuts short is begun again. */
export async function upsertManyDocuments(
  db: Database,
  documents: readonly IndexedDocument[],
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`
      select set_config('synchronous_commit', 'off', true), set_config('statement_timeout', ${String(BATCH_TIMEOUT_MS)}, true)`);
    await upsertDocuments(tx, documents);
  });
}

function tierOf(row: SQL): SQL {
  return sql`coalesce(
    (select min(t.tier) from ${searchTiers} t where (${row}.popularity, ${row}.product_id) >= (t.popularity, t.product_id)),
    (select coalesce(max(t.tier) + 1, 0) from ${searchTiers} t))`;
}

function recordset(documents: readonly IndexedDocument[]) {
  return sql`jsonb_to_recordset(${JSON.stringify(documents)}::jsonb) as document(
    product_id uuid, version bigint, name text, vendor text, category_path uuid[], category_names text[],
    tags text, description text, options text[], option_values text, marks text[], price_minor bigint,
    popularity int, available boolean, created_at timestamptz, tier smallint)`;
}

/** Words, vendors and categories that the dictionary has not met; their frequency is told by the next refresh. */
export async function addTerms(db: Queryable, documents: readonly IndexedDocument[]): Promise<void> {
  const ids = documents.map(({ product_id }) => product_id);
  await db.execute(sql`
    insert into ${searchTerms} (kind, term, label, stem, frequency, is_suggested)
    select 'word', lexeme, lexeme, coalesce((ts_lexize('english_stem', lexeme))[1], lexeme), 1,
           bool_or(weights && '{A,B,C}')
      from ${searchDocuments}, unnest(document)
     where ${inArray(searchDocuments.productId, ids)} and positions is not null
     group by lexeme having lexeme ~ ${WORD} order by lexeme
    on conflict (kind, term) do update set is_suggested = true
     where excluded.is_suggested and not ${searchTerms.isSuggested}`);
  await db.execute(sql`
    insert into ${searchTerms} (kind, term, label, stem, frequency, is_suggested)
    select kind::search_term_kind, term, min(label), '', 1, true
      from (select 'vendor' as kind, left(search_fold(vendor), ${MAX_NAME_IN_INDEX}) as term, vendor as label
              from ${recordset(documents)}
            union all
            select 'category', left(search_fold(label), ${MAX_NAME_IN_INDEX}), label
              from ${recordset(documents)}, unnest(category_names) label) named
     where term <> '' group by kind, term order by kind, term
    on conflict (kind, term) do nothing`);
}

export async function deleteDocuments(db: Queryable, ids: readonly ProductId[]): Promise<void> {
  if (ids.length === 0) return;
  const given = sql`select id::uuid from jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb) id`;
  await db.execute(sql`
    with locked as materialized (${locked(given)}),
    gone as (
      delete from ${searchDocuments} d using locked where d.product_id = locked.product_id returning d.product_id)
    delete from ${searchPopularity} p using gone where p.product_id = gone.product_id`);
}

/** On a machine that is busy with much else. */
const BATCH_TIMEOUT_MS = 60_000;
const REFRESH_TIMEOUT_MS = 600_000;
/** Frequencies are estimated from about so many documents. */
const SAMPLED_DOCUMENTS = 30_000;
/** A refresh moves no more documents than this into another tier; the next one moves the rest. */
const MAX_MOVED = 20_000;

/** Any number that all processes agree on: one of them refreshes, the rest need not. */
const REFRESH_LOCK = 727_003;

/** For a transaction of its own, which may take longer than a request. False when another process is at it. */
export async function beginRefresh(tx: Transaction, whenBusy: 'wait' | 'leave'): Promise<boolean> {
  await tx.execute(sql`select set_config('statement_timeout', ${String(REFRESH_TIMEOUT_MS)}, true)`);
  if (whenBusy === 'wait') {
    await tx.execute(sql`select pg_advisory_xact_lock(${REFRESH_LOCK})`);
    return true;
  }
  const [row] = await tx.execute<{ locked: boolean }>(
    sql`select pg_try_advisory_xact_lock(${REFRESH_LOCK}) as locked`,
  );
  return row?.locked === true;
}

/** What to select from, as SQL, and which part of all documents that is. */
export async function sampleOfDocuments(tx: Transaction, from: 'sample' | 'all') {
  const [size] = await tx.execute<{ documents: number }>(
    sql`select count(*)::int as documents from ${searchDocuments}`,
  );
  const share = from === 'all' ? 1 : Math.min(1, SAMPLED_DOCUMENTS / Math.max(1, size?.documents ?? 0));
  return { sample: `search_documents tablesample system (${share * 100})`, share };
}

/**
 * Tells the dictionary how many documents have each word: by a sample where there are many, or by all of them,
 * which also brings in the words that it lacks. Takes terms in their order, as {@link addTerms} does: in any other
 * the two would deadlock.
 */
export async function refreshFrequencies(tx: Transaction, from: 'sample' | 'all'): Promise<void> {
  const { sample, share } = await sampleOfDocuments(tx, from);
  const documents = `select document from ${sample}`;
  const times = sql`greatest(1, round(counted / ${share}::float8))::int`;
  await tx.execute(sql`
    insert into ${searchTerms} (kind, term, label, stem, frequency, is_suggested)
    select 'word', counts.word, counts.word, coalesce((ts_lexize('english_stem', counts.word))[1], counts.word),
           ${times}, suggested.word is not null
      from ts_stat(${documents}) counts(word, counted, occurrences)
      left join ts_stat(${documents}, 'abc') suggested on suggested.word = counts.word
     where counts.word ~ ${WORD} order by counts.word
    on conflict (kind, term) do update
       set frequency = excluded.frequency, is_suggested = ${searchTerms.isSuggested} or excluded.is_suggested
     where ${searchTerms.frequency} <> excluded.frequency or excluded.is_suggested > ${searchTerms.isSuggested}`);
  await tx.execute(sql`
    insert into ${searchTerms} (kind, term, label, stem, frequency, is_suggested)
    select 'vendor', term, label, '', ${times}, true
      from (select left(search_fold(vendor), ${MAX_NAME_IN_INDEX}) as term, min(vendor) as label,
                   sum(products) as counted
              from (select vendor, count(*) as products from ${sql.raw(sample)} group by vendor) each_vendor
             group by term) counts
     where term <> '' order by term
    on conflict (kind, term) do update set frequency = excluded.frequency
     where ${searchTerms.frequency} <> excluded.frequency`);
}

/** Sets where each tier ends, by the most popular documents as they are now. */
export async function refreshTiers(tx: Transaction, sizes: readonly number[]): Promise<void> {
  await tx.delete(searchTiers);
  for (const [tier, size] of sizes.entries()) {
    await tx.execute(sql`
      insert into ${searchTiers} (tier, popularity, product_id)
      select ${tier}, popularity, product_id from ${searchDocuments}
       order by popularity desc, product_id desc offset ${size - 1} limit 1`);
  }
}

/** Puts documents whose popularity has outgrown their tier into the one that they belong to. */
export async function moveBetweenTiers(tx: Transaction): Promise<void> {
  const misplaced = sql`
    select product_id from ${searchDocuments} s where tier <> ${tierOf(sql.raw('s'))} limit ${MAX_MOVED}`;
  await tx.execute(sql`
    with locked as materialized (${locked(misplaced)})
    update ${searchDocuments} d set tier = ${tierOf(sql.raw('d'))}
      from locked where d.product_id = locked.product_id`);
}

export interface ChangedPopularity {
  readonly productId: ProductId;
  readonly popularity: number;
}

/** Documents move to their tier, but are not written anew; one that stays in its tier touches no index. */
export async function setPopularity(db: Queryable, changes: readonly ChangedPopularity[]): Promise<void> {
  const given = sql`
    select "productId" as product_id, popularity
      from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) given("productId" uuid, popularity int)`;
  await db.execute(
    orderingByPopularity(sql`
      with change as materialized (${given}),
      locked as materialized (${locked(sql`select product_id from change`)}),
      placed as (select change.*, ${tierOf(sql.raw('change'))} as tier from change join locked using (product_id))
      update ${searchDocuments} d set popularity = placed.popularity, tier = placed.tier
        from placed where d.product_id = placed.product_id
      returning d.product_id, d.popularity`),
  );
}

/** Building an index once is many times faster than growing it by each document. */
export async function dropTextIndexesIfEmpty(db: Queryable): Promise<void> {
  const rows = await db.select({ id: searchDocuments.productId }).from(searchDocuments).limit(1);
  if (rows.length > 0) return;
  for (const tier of SEARCH_TIERS) {
    await db.execute(sql`select search_drop_text_index(${tier}::smallint)`);
  }
}

/** Also mends what a process that died while it loaded documents has left. */
export async function ensureTextIndexes(tx: Transaction): Promise<void> {
  for (const tier of SEARCH_TIERS) {
    const name = textIndexName(tier);
    const [row] = await tx.execute<{ exists: boolean }>(
      sql`select to_regclass(${name}) is not null as exists`,
    );
    if (row?.exists === true) continue;
    await tx.execute(sql`select search_make_text_index(${tier}::smallint)`);
  }
}

/** Categories by their names as they are shown; vendors and words come from the documents. */
export async function addCategoryTerms(db: Queryable, names: readonly string[]): Promise<void> {
  await db.execute(sql`
    insert into ${searchTerms} (kind, term, label, stem, frequency, is_suggested)
    select 'category', left(search_fold(label), ${MAX_NAME_IN_INDEX}) as term, min(label), '', count(*), true
      from jsonb_array_elements_text(${JSON.stringify(names)}::jsonb) label
     where search_fold(label) <> '' group by 2 order by 2
    on conflict (kind, term) do nothing`);
}
