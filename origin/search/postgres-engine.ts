/**
 * Search in PostgreSQL. Reading costs no more than its budget: few at once, a limit on each statement, and none
 * begun when time is up; whoever is over it is told to come back.
 */

import type { Database, Transaction } from '#db/client.ts';
import { sqlState } from '#db/failures.ts';
import { deleteGoneVendors, deleteGoneWords } from '#db/gone-terms.ts';
import type { LatestPosition } from '#db/latest-position.ts';
import type { Reader } from '#db/reader.ts';
import * as written from '#db/search-index.ts';
import { type Bulkhead, createBulkhead } from '#lib/bulkhead.ts';
import { SearchBudgetSpent, type SearchDocument, type SearchEngine } from './engine.ts';
import { marksOf, optionText } from './marks.ts';
import { type RowBudget, type Session, search, suggest } from './postgres-search.ts';
import * as store from './store.ts';

/** What one search may cost the database. */
export interface SearchBudget {
  readonly statementTimeoutMs: number;
  /** No further statement is begun after so long. */
  readonly totalMs: number;
  readonly maxRunning: number;
  readonly maxWaiting: number;
  readonly rows: RowBudget;
}

/**
 * Among N documents a walk fills a page of 25 where more than 25 N / 2,500 are hits: in a million, 10,000. Where there
 * are fewer, these many are looked at besides.
 */
const ROWS: RowBudget = { maxRanked: 1_000, maxWalked: 2_500 };
const BUDGET: SearchBudget = {
  statementTimeoutMs: 400,
  totalMs: 800,
  maxRunning: 4,
  maxWaiting: 32,
  rows: ROWS,
};
const QUERY_CANCELED = '57014';
const MAX_DOCUMENTS_AT_ONCE = 500;
/** Connections that a rebuild writes over: most of its cost is a processor's, for taking words apart. */
const WRITERS = 3;

export interface Connections {
  /** Where the index is written. */
  readonly db: Database;
  /** Where it is read: replicas, if there are any. */
  readonly reader: Reader;
  /** Hits are kept by the tiers in front: they are read where all that was indexed so far is seen. */
  readonly latestPosition: LatestPosition;
}

export function createPostgresEngine(
  { db, reader, latestPosition }: Connections,
  given: Partial<SearchBudget> = {},
): SearchEngine {
  const budget = { ...BUDGET, ...given };
  const reads = { reader, latestPosition, budget, bulkhead: createBulkhead(budget) };
  return {
    search: (request) => read(reads, (session) => search(session, request)),
    suggest: (text, limit) => read(reads, ({ tx }) => suggest(tx, text, limit)),
    index: async (documents) => {
      for (let start = 0; start < documents.length; start += MAX_DOCUMENTS_AT_ONCE) {
        const some = documents.slice(start, start + MAX_DOCUMENTS_AT_ONCE);
        const rows = some.map((document) => toRow(document, null));
        await write(db, rows);
      }
    },
    remove: (ids) => written.deleteDocuments(db, ids),
    setPopularity: (changes) => written.setPopularity(db, changes),
    rebuild: (all) => rebuild(db, all),
    refresh: () => refresh(db, 'sample'),
  };
}

interface Reads extends Pick<Connections, 'reader' | 'latestPosition'> {
  readonly budget: SearchBudget;
  readonly bulkhead: Bulkhead;
}

async function read<T>(
  { reader, latestPosition, budget, bulkhead }: Reads,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  try {
    return await bulkhead(async () => {
      const atLeast = await latestPosition();
      return reader((db) => db.transaction((tx) => within(budget, tx, work)), { atLeast });
    });
  } catch (error) {
    throw sqlState(error) === QUERY_CANCELED ? new SearchBudgetSpent() : error;
  }
}

async function within<T>(
  { statementTimeoutMs, totalMs, rows }: SearchBudget,
  tx: Transaction,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const endsAt = performance.now() + totalMs;
  const checkTime = () => {
    if (performance.now() > endsAt) throw new SearchBudgetSpent();
  };
  await store.boundCost(tx, statementTimeoutMs);
  return work({ tx, rows, checkTime });
}

async function write(db: Database, rows: readonly written.IndexedDocument[]): Promise<void> {
  await written.upsertDocuments(db, rows);
  await written.addTerms(db, rows);
}

/** Documents come by popularity: how many there were before one decides on its tier. */
async function rebuild(db: Database, all: AsyncIterable<readonly SearchDocument[]>): Promise<void> {
  await written.dropTextIndexesIfEmpty(db);
  const writing = createWriting();
  let before = 0;
  const categories = new Set<string>();
  for await (const some of all) {
    for (const { name } of some.flatMap((document) => document.categories)) categories.add(name);
    const first = before;
    const rows = some.map((document, index) => toRow(document, tierAt(first + index)));
    before += some.length;
    await writing.add(() => written.upsertManyDocuments(db, rows));
  }
  await writing.end();
  await written.addCategoryTerms(db, [...categories]);
  await refresh(db, 'all');
}

/** A few batches at a time; the first that fails ends the whole. */
function createWriting() {
  const running = new Set<Promise<void>>();
  return {
    /** Resolves when there is room for another. */
    add: async (write: () => Promise<void>): Promise<void> => {
      while (running.size >= WRITERS) await Promise.race(running);
      const written = write().then(() => void running.delete(written));
      written.catch(() => {});
      running.add(written);
    },
    end: async (): Promise<void> => void (await Promise.all(running)),
  };
}

function tierAt(rank: number): number {
  return store.TIER_ENDS.filter((end) => rank >= end).length;
}

async function refresh(db: Database, from: 'sample' | 'all'): Promise<void> {
  const steps = [
    (tx: Transaction) => written.ensureTextIndexes(tx),
    (tx: Transaction) => written.refreshFrequencies(tx, from),
    (tx: Transaction) => written.refreshTiers(tx, store.TIER_ENDS),
    (tx: Transaction) => written.moveBetweenTiers(tx),
    (tx: Transaction) => deleteGoneWords(tx, from),
    (tx: Transaction) => deleteGoneVendors(tx),
  ];
  for (const step of steps) {
    await db.transaction(async (tx) => {
      if (await written.beginRefresh(tx, from === 'all' ? 'wait' : 'leave')) await step(tx);
    });
  }
}

function toRow(document: SearchDocument, tier: number | null): written.IndexedDocument {
  const { categories, options } = document;
  return {
    product_id: document.productId,
    version: document.version,
    name: document.name,
    vendor: document.vendor,
    category_path: categories.map(({ id }) => id),
    category_names: categories.map(({ name }) => name),
    tags: document.tags.join(' '),
    description: document.description,
    options: options.map(optionText),
    option_values: options.map(({ value }) => value).join(' '),
    marks: marksOf(document),
    price_minor: document.priceMinor,
    popularity: document.popularity,
    available: document.available,
    created_at: document.createdAt.toISOString(),
    tier,
  };
}
