/** Keeping the index in step with the catalogue, one product at a time or all of them. */

import { forgetCategories } from '#db/gone-terms.ts';
import * as source from '#db/search-source.ts';
import type { ProductId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { type CategoryPaths, readCategoryPaths } from './category-paths.ts';
import type { SearchDocument } from './engine.ts';

/** Documents in one batch of a bulk run. */
const BATCH = 1_000;
/** Products that one round of a chore indexes. */
const MAX_INDEXED_AT_ONCE = 50_000;
/** Documents whose popularity one round of a chore changes. */
const MAX_RENEWED_AT_ONCE = 20_000;
/** A product that changes faster than it is indexed comes again with its next event. */
const MAX_LOOKS = 3;

/**
 * Brings the index to what the product is now; running it again changes nothing. What has been written is held
 * against the product once more: a product withdrawn meanwhile would else come back.
 */
export async function reindexProduct(deps: Deps, productId: ProductId): Promise<void> {
  let writtenVersion: number | null = null;
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    const [document] = await readDocuments(deps, [productId]);
    if (document === undefined) {
      await deps.search.remove([productId]);
      break;
    }
    if (document.version === writtenVersion) break;
    await deps.search.index([document]);
    writtenVersion = document.version;
  }
  await deps.lists.invalidate();
}

/**
 * Indexes every product on sale and drops every other, for after a bulk load that emitted no events. Search goes
 * on meanwhile. Resolves to how many it indexed.
 * @param onProgress is told how many products have been read; what is derived from all of them follows.
 */
export async function reindexAll(deps: Deps, onProgress = (_done: number) => {}): Promise<number> {
  let indexed = 0;
  const batches = async function* () {
    for await (const documents of allDocuments(deps)) {
      yield documents;
      indexed += documents.length;
      onProgress(indexed);
    }
  };
  await deps.search.rebuild(batches());
  await removeWithdrawn(deps);
  await deps.lists.invalidate();
  return indexed;
}

/** Renews what search derives from all documents, and from what categories are called. For a chore: it takes seconds in a large shop. */
export async function refreshSearch(deps: Deps): Promise<void> {
  await deps.search.refresh();
  await forgetCategories(deps.db);
}

/**
 * A chore: indexes products that the index lacks, as after a migration that began it anew. Resolves to how many
 * it indexed; what is over its limit waits for the next round.
 */
export async function indexMissing(deps: Deps): Promise<number> {
  let indexed = 0;
  let after: ProductId | null = null;
  do {
    const ids: ProductId[] = await source.listUnindexed(deps.db, BATCH, after);
    await deps.search.index(await readDocuments(deps, ids));
    indexed += ids.length;
    after = ids.length < BATCH ? null : (ids.at(-1) ?? null);
  } while (after !== null && indexed < MAX_INDEXED_AT_ONCE);
  if (indexed > 0) await deps.lists.invalidate();
  return indexed;
}

/**
 * A chore: takes over popularity, of whose change no event tells, without indexing anything anew. Resolves to how
 * many documents it changed; what is over its limit waits for the next round.
 */
export async function renewPopularity(deps: Deps): Promise<number> {
  const changes = await source.listChangedPopularity(deps.db, MAX_RENEWED_AT_ONCE);
  for (let start = 0; start < changes.length; start += BATCH) {
    await deps.search.setPopularity(changes.slice(start, start + BATCH));
  }
  if (changes.length > 0) await deps.lists.invalidate();
  return changes.length;
}

async function readDocuments(deps: Deps, ids: readonly ProductId[]): Promise<SearchDocument[]> {
  const rows = ids.length === 0 ? [] : await source.findSources(deps.db, ids);
  if (rows.length === 0) return [];
  const paths = await readCategoryPaths(deps.db);
  return rows.map((row) => toDocument(row, paths));
}

async function* allDocuments(deps: Deps): AsyncGenerator<readonly SearchDocument[]> {
  const paths = await readCategoryPaths(deps.db);
  let reading: Promise<source.SearchSource[]> | null = source.listSources(deps.db, BATCH, null);
  while (reading !== null) {
    const rows: source.SearchSource[] = await reading;
    const last = rows.length < BATCH ? undefined : rows.at(-1);
    // The next batch is read while this one is written.
    reading = last === undefined ? null : source.listSources(deps.db, BATCH, last);
    reading?.catch(() => {});
    if (rows.length > 0) yield rows.map((row) => toDocument(row, paths));
  }
}

async function removeWithdrawn(deps: Deps): Promise<void> {
  let after: ProductId | null = null;
  do {
    const ids: ProductId[] = await source.listWithdrawn(deps.db, BATCH, after);
    await deps.search.remove(ids);
    after = ids.length < BATCH ? null : (ids.at(-1) ?? null);
  } while (after !== null);
}

function toDocument(row: source.SearchSource, all: CategoryPaths): SearchDocument {
  const { categoryId, takenInBy, descriptionText, optionNames, optionValues, ...same } = row;
  const options = optionNames.flatMap((name, index) => {
    const values = new Set(optionValues.map((ofVariant) => ofVariant[index] ?? ''));
    return [...values].filter((value) => value !== '').map((value) => ({ name, value }));
  });
  const paths = [categoryId, ...takenInBy].flatMap((id) => all.pathOf(id));
  const categories = new Map(paths.map(({ id, name }) => [id, { id, name }]));
  return {
    ...same,
    description: descriptionText,
    categories: [...categories.values()],
    options,
  };
}
