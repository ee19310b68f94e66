/**
 * Imports product files into the shop: `importFiles(url, files, options, observer)`. Safe to run again and twice
 * at the same time: the second import waits, and then finds nothing to change.
 */

import { sql } from 'drizzle-orm';
import { connect, type Database, type Queryable } from '#db/client.ts';
import { sqlState } from '#db/failures.ts';
import { importBatch } from './batch.ts';
import { loadCategories } from './categories.ts';
import { openClaims } from './claims.ts';
import { unreadValues } from './columns.ts';
import { groupRows } from './groups.ts';
import { CATALOGUE_LOCK } from './lock.ts';
import { parseProduct } from './parse-product.ts';
import { sharedPictures } from './plan.ts';
import { recordImport } from './record.ts';
import { checkFile, type Row, readRows, type SourceFile } from './rows.ts';
import type { ImportObserver, ImportOptions, Run } from './run.ts';
import { countPlaces } from './scattered.ts';
import { emptySummary, type ImportSummary } from './summary.ts';
import type { WantedProduct } from './wanted.ts';

/** The import could not run: no database, or another import that does not end. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}

const PRODUCTS_PER_BATCH = 200;
const VARIANTS_PER_BATCH = 4_000;
const STATEMENT_TIMEOUT_MS = 60_000;
const QUERY_CANCELLED = '57014';

/** Rolls a strict import back; never leaves this file. */
class Refused extends Error {
  override readonly name = 'Refused';
}

/**
 * @throws {FileError} when a file is missing or no product export; nothing is written then.
 * @throws {ImportError} when another import does not end in time.
 */
export async function importFiles(
  databaseUrl: string,
  files: readonly SourceFile[],
  options: ImportOptions,
  observer: ImportObserver,
): Promise<ImportSummary> {
  for (const file of files) await checkFile(file);
  const summary = emptySummary();
  const run: Run = {
    id: Bun.randomUUIDv7(),
    options,
    summary,
    ids: { next: <Id>() => Bun.randomUUIDv7() as Id },
    refuse: (refusal) => {
      summary.refused += 1;
      observer.refused(refusal);
    },
    writes: () => !options.dryRun && !(options.strict && summary.refused > 0),
  };
  // One connection: the lock and the temporary tables belong to it.
  const { db, close } = connect(databaseUrl, {
    applicationName: 'hotshelf-import',
    maxConnections: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    await lock(db);
    await openClaims(db);
    await countPlaces(db, files);
    if (options.strict && !options.dryRun) await importAtOnce(db, files, { run, observer });
    else await importAll(db, files, { run, observer });
    summary.written = run.writes();
    return summary;
  } finally {
    await close();
  }
}

async function lock(db: Database): Promise<void> {
  try {
    await db.execute(sql`select pg_advisory_lock(${CATALOGUE_LOCK})`);
  } catch (error) {
    if (sqlState(error) !== QUERY_CANCELLED) throw error;
    const seconds = STATEMENT_TIMEOUT_MS / 1_000;
    throw new ImportError(`Another import has been running for more than ${seconds} s; try again later.`);
  }
}

interface Observed {
  readonly run: Run;
  readonly observer: ImportObserver;
}

async function importAtOnce(db: Database, files: readonly SourceFile[], observed: Observed): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      await importAll(tx, files, observed);
      if (!observed.run.writes()) throw new Refused();
      await recordImport(tx, observed.run, observed.run.summary.products);
    });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
}

async function importAll(
  db: Queryable,
  files: readonly SourceFile[],
  { run, observer }: Observed,
): Promise<void> {
  const tree = await loadCategories(db, run.ids);
  let batch: WantedProduct[] = [];
  let variantsInBatch = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await importBatch(db, batch, { run, tree });
    batch = [];
    variantsInBatch = 0;
    observer.progress(run.summary);
  };
  for (const file of files) {
    for await (const group of groupRows(countRows(readRows(file), run.summary), run.refuse)) {
      const product = parseProduct(group, run.options.currency, run.refuse);
      if (product === null) continue;
      note(product, run.summary);
      batch.push(product);
      variantsInBatch += product.variants.length;
      if (batch.length >= PRODUCTS_PER_BATCH || variantsInBatch >= VARIANTS_PER_BATCH) await flush();
    }
  }
  await flush();
}

async function* countRows(rows: AsyncIterable<Row>, summary: ImportSummary): AsyncGenerator<Row> {
  for await (const row of rows) {
    if (row.brokenBecause === null) {
      summary.rows += 1;
      for (const name of unreadValues(row.header, row.cells)) summary.unreadColumns.add(name);
    }
    yield row;
  }
}

function note(product: WantedProduct, summary: ImportSummary): void {
  if (product.status !== 'published') summary.notOnSale += 1;
  summary.sharedPictures += sharedPictures(product.variants);
}
