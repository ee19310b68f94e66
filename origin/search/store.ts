/** The search index in PostgreSQL: every query that reads it. */

import { type SQL, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { SEARCH_TIERS, searchDocuments, searchTerms } from '#db/schema/search.ts';
import { fieldKey, type Hit, hitsOf, inOrder, isBeyond, matchingDocuments } from '#db/search-hits.ts';
import type { CategoryId } from '#lib/ids.ts';
import type { Position, SearchFilter, SearchSort, Suggestion } from './engine.ts';
import type { Candidate } from './typos.ts';

/**
 * After how many products, the most popular first, each tier but the last ends: a tier is searched only if those
 * before it did not bring enough, so that a word that a tenth of all products have costs little.
 */
export const TIER_ENDS = [4_000, 32_000, 256_000] as const;
const MAX_FACET_VALUES = 50;
/** Lower ends of the price facet's bands, in minor units. */
const PRICE_BANDS = [0, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000];
const RANK_WEIGHTS = '{0.05, 0.2, 0.4, 1.0}';
/** Relevance in so many steps, so that popularity decides between hits that are about as relevant. */
const RANK_STEPS = 50;
const ABOVE_POPULARITY = 2 ** 31;

/**
 * For the rest of the transaction: a limit on each statement, and plans that go by the inverted index, for the
 * planner believes that a limit makes a scan of the table cheap.
 */
export async function boundCost(tx: Transaction, statementTimeoutMs: number): Promise<void> {
  await tx.execute(sql`
    select set_config('statement_timeout', ${String(statementTimeoutMs)}, true),
           set_config('enable_seqscan', 'off', true),
           set_config('max_parallel_workers_per_gather', '0', true),
           set_config('pg_trgm.similarity_threshold', '0.2', true)`);
}

/** A word of a query, and the dictionary's words of the same stem with how many documents have one, about. */
export interface KnownWord {
  readonly word: string;
  readonly forms: readonly string[];
  readonly frequency: number;
}

const MAX_FORMS = 8;

/** The words of each piece by its index; stop words are left out. */
export async function lookUp(db: Queryable, pieces: readonly string[]): Promise<Map<number, KnownWord[]>> {
  if (pieces.length === 0) return new Map();
  const rows = await db.execute<{ piece: number; word: string; forms: Candidate[] }>(sql`
    select piece.index::int - 1 as piece, word.text as word, coalesce(known.forms, '[]') as forms
      from unnest(${textArray(pieces)}) with ordinality piece(text, index)
     cross join lateral unnest(string_to_array(search_fold(piece.text), ' ')) with ordinality word(text, index)
     cross join lateral (select ts_lexize('english_stem', word.text) as lexemes) stem
     cross join lateral (
       select json_agg(form) as forms from (
         select term, frequency from ${searchTerms}
          where kind = 'word' and search_terms.stem = stem.lexemes[1]
          order by frequency desc limit ${MAX_FORMS}) form) known
     where word.text <> '' and stem.lexemes <> '{}'
     order by piece.index, word.index`);
  const found = rows.map(({ piece, word, forms }) => ({
    piece,
    word,
    forms: forms.map(({ term }) => term),
    frequency: forms.reduce((sum, { frequency }) => sum + frequency, 0),
  }));
  return Map.groupBy(found, ({ piece }) => piece);
}

const MAX_SIMILAR = 40;
/** Of the words in the dictionary. */
const MAX_WORD_LENGTH = 40;
const MAX_LONGER = 5;
const MAX_LENGTH_DIFFERENCE = 2;

/** For each word, what the dictionary has that is spelled about like it or begins with it. */
export async function findSimilar(
  db: Queryable,
  words: readonly string[],
): Promise<Map<string, Candidate[]>> {
  if (words.length === 0) return new Map();
  const isWord = sql`${searchTerms.kind} = 'word'`;
  const rows = await db.execute<{ word: string; term: string; frequency: number }>(sql`
    select word, similar_term.term, similar_term.frequency
      from unnest(${textArray(words)}) word
     cross join lateral (
       (select term, frequency from ${searchTerms}
         where ${isWord} and term % word
           and length(term) between length(word) - ${MAX_LENGTH_DIFFERENCE} and length(word) + ${MAX_LENGTH_DIFFERENCE}
         order by similarity(term, word) desc limit ${MAX_SIMILAR})
       union
       (select term, frequency from ${searchTerms}
         where ${isWord} and ${beginsWith('term', 'word')} and length(word) > 2
         order by frequency desc limit ${MAX_LONGER})) similar_term
     where word !~ '[0-9]' and length(word) <= ${MAX_WORD_LENGTH}`);
  return Map.groupBy(rows, ({ word }) => word);
}

/** A phrase as a tsquery; empty when nothing of it is indexed. */
export async function phraseQueries(db: Queryable, phrases: readonly string[]): Promise<string[]> {
  if (phrases.length === 0) return [];
  const rows = await db.execute<{ query: string }>(sql`
    select phraseto_tsquery('shop', search_fold(phrase))::text as query from unnest(${textArray(phrases)}) phrase`);
  return rows.map(({ query }) => query).filter((query) => query !== '');
}

export interface Matching {
  /** The tsquery that hits match, its marks included, and that of its words alone, for ranking. */
  readonly query: string;
  readonly words: string;
  /** What was typed, and the tsquery that finds it as a SKU if there is such a one. */
  readonly text: string;
  readonly skuQuery: string | null;
  readonly filter: SearchFilter;
}

export interface PageRequest {
  readonly sort: SearchSort;
  readonly limit: number;
  readonly after?: Position;
  readonly withFacets: boolean;
  /** Hits that are ranked and counted; of more, the most popular ones. */
  readonly maxRanked: number;
}

interface FacetRow {
  readonly categories: readonly { readonly id: CategoryId; readonly count: number }[];
  readonly vendors: readonly { readonly value: string; readonly count: number }[];
  /** By the index of the band. */
  readonly prices: readonly { readonly band: number; readonly count: number }[];
  readonly options: readonly { readonly value: string; readonly count: number }[];
  readonly available: number;
}

export interface FoundPage {
  readonly matched: number;
  readonly hits: readonly Hit[];
  readonly facets: FacetRow | null;
}

/** The hits of a page among those that are ranked, at most one more than its limit. */
export async function findPage(db: Queryable, matching: Matching, page: PageRequest): Promise<FoundPage> {
  const { after, limit, sort, withFacets, maxRanked } = page;
  const columns = withFacets ? sql`, category_path, vendor, options, price_minor, available` : sql``;
  const [row] = await db.execute<{ matched: number; hits: FoundPage['hits']; facets: FacetRow | null }>(sql`
    with candidates as materialized (
      select product_id, ${sortKey(sort, matching)} as key ${columns}
        from (${matchingDocuments(sql`${matching.query}::tsquery`, matching.filter)}) tier_by_tier limit ${maxRanked}),
    page as (
      select key, product_id from candidates where ${isBeyond(sort, 'key', after)}
       order by ${inOrder(sort, 'key')} limit ${limit + 1})
    select (select count(*)::int from candidates) as matched, ${hitsOf(sort, sql`page`)} as hits,
           ${withFacets ? FACETS : sql`null`} as facets`);
  return row ?? { matched: 0, hits: [], facets: null };
}

/** Each sort as one number. */
function sortKey(sort: SearchSort, { words, text, skuQuery }: Matching): SQL {
  if (sort !== 'relevance') return fieldKey(sort);
  return sql`(round(${RANK_STEPS} * (ts_rank(${RANK_WEIGHTS}, document, ${words}::tsquery)
    + case when folded_name = (select search_fold(${text})) then 2 else 0 end
    + case when document @@ ${skuQuery}::tsquery then 4 else 0 end
    )::numeric)::bigint * ${ABOVE_POPULARITY} + greatest(popularity, 0))`;
}

const FACETS = sql`json_build_object(
  'categories', (select coalesce(json_agg(facet), '[]') from (
     select id, count(*)::int as count from candidates, unnest(category_path) id
      group by id order by count desc, id limit ${MAX_FACET_VALUES}) facet),
  'vendors', (select coalesce(json_agg(facet), '[]') from (
     select vendor as value, count(*)::int as count from candidates where vendor <> ''
      group by vendor order by count desc, vendor limit ${MAX_FACET_VALUES}) facet),
  'prices', (select coalesce(json_agg(facet), '[]') from (
     select width_bucket(price_minor, ${bigintArray(PRICE_BANDS)}) - 1 as band, count(*)::int as count
       from candidates group by band order by band) facet),
  'options', (select coalesce(json_agg(facet), '[]') from (
     select value, count(*)::int as count from candidates, unnest(options) value
      group by value order by count desc, value limit ${MAX_FACET_VALUES}) facet),
  'available', (select count(*)::int from candidates where available))`;

/** Both ends included; the last band has no upper one. */
export function priceBandAt(index: number): { readonly min: number; readonly max: number | null } {
  const next = PRICE_BANDS[index + 1];
  return { min: PRICE_BANDS[index] ?? 0, max: next === undefined ? null : next - 1 };
}

/** Whether anything at all matches, whatever the filter. */
export async function matchesAnything(db: Queryable, query: string): Promise<boolean> {
  const tiers = SEARCH_TIERS.map(
    (tier) => sql`(select 1 from ${searchDocuments}
                    where tier = ${sql.raw(`${tier}`)} and document @@ ${query}::tsquery limit 1)`,
  );
  const rows = await db.execute(sql`${sql.join(tiers, sql` union all `)} limit 1`);
  return rows.length > 0;
}

/** What begins with the text: names of categories and vendors, words, then products, the most popular first. */
export async function findBeginnings(db: Queryable, text: string, limit: number): Promise<Suggestion[]> {
  const terms = (kind: Suggestion['kind']) => sql`(
    select ${kind} as kind, label as text from folded, ${searchTerms}
     where kind = ${kind}::search_term_kind and is_suggested and ${beginsWith('term', 'folded.prefix')}
     order by frequency desc, term limit ${limit})`;
  const products = SEARCH_TIERS.map(
    (tier) => sql`(
      select names.name from folded, lateral (
        select name, max(popularity) as popularity from ${searchDocuments}
         where tier = ${tier} and ${beginsWith('folded_name', 'folded.prefix')}
         group by name order by popularity desc, name limit ${limit}) names)`,
  );
  return db.execute<{ kind: Suggestion['kind']; text: string }>(sql`
    with folded as materialized (select prefix from search_fold(${text}) prefix where prefix <> '')
    ${terms('category')} union all ${terms('vendor')} union all ${terms('word')}
    union all (
      select 'product', name from (${sql.join(products, sql` union all `)}) names limit ${limit})`);
}

/** As `like`, which goes by an index only where the pattern is known beforehand. */
function beginsWith(column: string, prefix: string): SQL {
  return sql.raw(`(${column} ~>=~ ${prefix} and ${column} ~<~ (${prefix} || chr(1114111)))`);
}

function textArray(values: readonly string[]): SQL {
  return sql`array[${sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  )}]::text[]`;
}

function bigintArray(values: readonly number[]): SQL {
  return sql.raw(`array[${values.join(', ')}]::bigint[]`);
}
