/**
 * One search: look the words up, read the query as strictly as it finds something, then rank, count and page in
 * one statement. Which reading it is depends on the words alone, so that a filter only ever narrows the hits.
 */

import type { Transaction } from '#db/client.ts';
import type { Facets, SearchFilter, SearchRequest, SearchResult, Suggestion } from './engine.ts';
import { fromOptionText, markOf, marksAsked } from './marks.ts';
import { parseQuery } from './query-text.ts';
import { findSortedPage } from './sorted-pages.ts';
import * as store from './store.ts';
import { and, lexeme, not, or, READINGS, respell, toTsquery, type Wish, type Word } from './tsquery.ts';
import { corrections } from './typos.ts';

export interface RowBudget {
  /** Hits that are ranked by relevance and counted. */
  readonly maxRanked: number;
  /** Documents that are looked at in their order for a page of other sorts. */
  readonly maxWalked: number;
}

export interface Session {
  readonly tx: Transaction;
  readonly rows: RowBudget;
  /** @throws {AppError} `unavailable` when the search has used up its time */
  checkTime(): void;
}

const NOTHING = { matched: 0, hits: [], facets: null } satisfies store.FoundPage;
const NO_FACETS: Facets = {
  categories: [],
  vendors: [],
  prices: [],
  options: [],
  available: 0,
  unavailable: 0,
};
/** With fewer hits than this, another spelling is worth a look. */
const FEW_HITS = 3;

export async function search(session: Session, request: SearchRequest): Promise<SearchResult> {
  const asked = await understand(session.tx, request.text);
  const { page, wishes } = await readAsFar(session, asked, request);
  const shown = page.hits.slice(0, request.limit);
  return {
    hits: shown.map(([key, id]) => ({ key, id })),
    hasMore: page.hits.length > request.limit,
    facets: request.withFacets ? toFacets(page) : null,
    didYouMean: respell(page.matched < FEW_HITS ? await correct(session.tx, wishes, () => true) : wishes),
  };
}

interface Asked {
  readonly wishes: readonly Wish[];
  /** Conditions that hold in every reading. */
  readonly always: readonly string[];
  /** What finds the text as a SKU; null when none is called so, for it makes a search twice as dear. */
  readonly skuQuery: string | null;
}

async function understand(tx: Transaction, text: string): Promise<Asked> {
  const { wanted, phrases, without } = parseQuery(text);
  const skuQuery = lexeme(markOf.sku(text));
  const looked = await store.lookUp(tx, [...wanted.flat(), ...without]);
  let index = 0;
  const next = () => looked.get(index++) ?? [];
  const wishes = wanted.map((pieces) => pieces.map(next).filter((words) => words.length > 0));
  const unwanted = without.map(next).filter((words) => words.length > 0);
  const sayingSomething = wishes.filter((wish) => wish.length > 0);
  return {
    wishes: await correct(tx, sayingSomething, ({ forms }) => forms.length === 0),
    always: [...(await store.phraseQueries(tx, phrases)), ...unwanted.map((words) => not(together(words)))],
    skuQuery: (await store.matchesAnything(tx, skuQuery)) ? skuQuery : null,
  };
}

function together(words: readonly store.KnownWord[]): string {
  return and(words.map(({ word, forms }) => or((forms.length > 0 ? forms : [word]).map(lexeme))));
}

/** Adds what may have been meant to the words that need it. */
async function correct(
  tx: Transaction,
  wishes: readonly (readonly (readonly store.KnownWord[])[])[],
  isDoubtful: (word: store.KnownWord) => boolean,
): Promise<Wish[]> {
  const doubtful = wishes.flat(2).filter(isDoubtful);
  const similar = await store.findSimilar(tx, [...new Set(doubtful.map(({ word }) => word))]);
  const corrected = (known: store.KnownWord): Word => ({
    ...known,
    corrections: corrections(known.word, similar.get(known.word) ?? []).filter(
      ({ term }) => !known.forms.includes(term),
    ),
  });
  return wishes.map((wish) => wish.map((piece) => piece.map(corrected)));
}

interface Read {
  readonly page: store.FoundPage;
  readonly wishes: readonly Wish[];
}

/** The strictest reading of the words that finds anything at all, within the filter. */
async function readAsFar(session: Session, asked: Asked, request: SearchRequest): Promise<Read> {
  const { tx, checkTime } = session;
  let { wishes } = asked;
  if (wishes.length === 0) return { page: NOTHING, wishes };
  const marks = marksAsked(request.filter);
  if (marks.some((group) => group.length === 0)) return { page: NOTHING, wishes };
  for (const reading of READINGS) {
    if (reading === 'meant') wishes = await correct(tx, wishes, () => true);
    const words = toTsquery(wishes, reading);
    if (words === null) continue;
    checkTime();
    const found = await find(session, { words, marks, asked }, request);
    if (found.matched > 0 || (await isNarrowed(tx, { words, asked }, request.filter))) {
      return { page: found, wishes };
    }
  }
  return { page: NOTHING, wishes };
}

interface Found {
  readonly words: string;
  readonly marks: readonly (readonly string[])[];
  readonly asked: Asked;
}

async function find(session: Session, { words, marks, asked }: Found, request: SearchRequest) {
  const { tx, rows, checkTime } = session;
  const { sort, filter, text } = request;
  const query = and([matchOf(words, asked), ...marks.map((group) => or(group.map(lexeme)))]);
  const matching = { query, words, text, skuQuery: asked.skuQuery, filter };
  const found = await store.findPage(tx, matching, { ...request, maxRanked: rows.maxRanked });
  if (sort === 'relevance' || found.matched < rows.maxRanked) return found;
  checkTime();
  const sorted = { ...request, sort, query };
  return { ...found, hits: await findSortedPage(tx, sorted, { maxWalked: rows.maxWalked, checkTime }) };
}

function matchOf(words: string, { always, skuQuery }: Asked): string {
  const all = and([words, ...always]);
  return skuQuery === null ? all : or([all, skuQuery]);
}

/** True when it is the filter alone that leaves nothing. */
async function isNarrowed(
  tx: Transaction,
  { words, asked }: Omit<Found, 'marks'>,
  filter: SearchFilter,
): Promise<boolean> {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  return isFiltered && (await store.matchesAnything(tx, matchOf(words, asked)));
}

/** Each text once, however many things are called so. */
export async function suggest(tx: Transaction, text: string, limit: number): Promise<Suggestion[]> {
  const found = await store.findBeginnings(tx, text, limit);
  const seen = new Set<string>();
  const fresh = found.filter((suggestion) => {
    const key = suggestion.text.toLowerCase();
    return !seen.has(key) && seen.add(key);
  });
  return mixed(fresh, limit);
}

/** Names before words before products, but room for each of them. */
function mixed(suggestions: readonly Suggestion[], limit: number): Suggestion[] {
  const share = Math.ceil(limit / SUGGESTED_KINDS.length);
  const byKind = SUGGESTED_KINDS.map((kind) => suggestions.filter((each) => each.kind === kind));
  const first = byKind.flatMap((some) => some.slice(0, share));
  const chosen = new Set([...first, ...byKind.flatMap((some) => some.slice(share))].slice(0, limit));
  return byKind.flat().filter((suggestion) => chosen.has(suggestion));
}

const SUGGESTED_KINDS = ['category', 'vendor', 'word', 'product'] as const;

function toFacets({ facets, matched }: store.FoundPage): Facets {
  if (facets === null) return NO_FACETS;
  const { available, prices, options } = facets;
  return {
    ...facets,
    prices: prices.map(({ band, count }) => ({ ...store.priceBandAt(band), count })),
    options: options.map(({ value, count }) => ({ ...fromOptionText(value), count })),
    unavailable: matched - available,
  };
}
