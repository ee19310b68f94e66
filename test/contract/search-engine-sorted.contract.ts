/** What every search engine has to keep of sorts: a page out of many hits is what sorting all of them would show. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ProductId } from '#lib/ids.ts';
import type { SearchDocument, SearchEngine, SearchFilter, SearchSort } from '#origin/search/engine.ts';
import type { EngineUnderTest } from './search-engine.contract.ts';
import { fits, product, someFilter } from './search-engine-documents.ts';

type FieldSort = Exclude<SearchSort, 'relevance'>;

const KEYS: Record<FieldSort, (document: SearchDocument) => number> = {
  price: ({ priceMinor }) => priceMinor,
  '-price': ({ priceMinor }) => priceMinor,
  newest: ({ createdAt }) => createdAt.getTime(),
  popular: ({ popularity }) => popularity,
};
const SORTS = Object.keys(KEYS) as FieldSort[];
const TIMEOUT_MS = 120_000;
const VENDORS = ['Northfold', 'Southfold', "O'Fold & Söhne"];
const WRITTEN_AT_ONCE = 300;
const WRITING_ROUNDS = 4;
const MINUTE_MS = 60_000;
const EPOCH_MS = Date.UTC(2026, 3, 1);

/** Words by which of so many documents have them: common, rare, and those that gather at one end of an order. */
const WORDS: Record<string, (index: number, of: number) => boolean> = {
  parasol: (index) => index % 2 === 0,
  brass: (index) => index % 97 === 5,
  premium: (index, of) => priceAt(index, of) >= of * 0.6,
  vintage: (index, of) => minuteAt(index, of) < of * 0.04,
  obscure: (index) => popularityAt(index) < 20,
};

function priceAt(index: number, of: number): number {
  const scattered = (index * 7_919) % of;
  return scattered - (scattered % 3);
}

function minuteAt(index: number, of: number): number {
  return Math.floor(((index * 31) % of) / 10);
}

function popularityAt(index: number): number {
  return (index * 37) % 50;
}

function makeCatalogue(size: number): SearchDocument[] {
  return Array.from({ length: size }, (_, index) =>
    product({
      name: ['Thing', ...Object.keys(WORDS).filter((word) => WORDS[word]?.(index, size))].join(' '),
      vendor: VENDORS[index % VENDORS.length] ?? '',
      options: [{ name: 'Size', value: index % 4 < 2 ? 'S' : 'L' }],
      available: index % 6 !== 0,
      priceMinor: priceAt(index, size),
      popularity: popularityAt(index),
      createdAt: new Date(EPOCH_MS + minuteAt(index, size) * MINUTE_MS),
    }),
  );
}

function naively(documents: readonly SearchDocument[], sort: FieldSort): ProductId[] {
  const direction = sort === 'price' ? 1 : -1;
  const key = KEYS[sort];
  return documents
    .toSorted((a, b) => direction * (key(a) - key(b) || (a.productId < b.productId ? -1 : 1)))
    .map(({ productId }) => productId);
}

async function* oneBatch<T>(all: readonly T[]): AsyncGenerator<readonly T[]> {
  yield all;
}

interface Case {
  readonly word: string;
  readonly sort: FieldSort;
  readonly filter: SearchFilter;
  readonly limit: number;
}

async function readAll(
  engine: SearchEngine,
  { word, ...request }: Case,
  maxPages: number,
): Promise<ProductId[]> {
  const seen: ProductId[] = [];
  let after = {};
  for (let pages = 0; pages < maxPages; pages += 1) {
    const page = await engine.search({ text: word, withFacets: false, ...request, ...after });
    seen.push(...page.hits.map(({ id }) => id));
    const last = page.hits.at(-1);
    if (!page.hasMore || last === undefined) return seen;
    after = { after: last };
  }
  throw new Error('the pages have no end');
}

/** A contract's engine, given in several builds where it has limits of its own that cases have to cross. */
export interface EnginesUnderTest extends Omit<EngineUnderTest, 'engine'> {
  readonly engines: readonly [SearchEngine, ...SearchEngine[]];
}

export function sortedPagesContract(
  name: string,
  makeEngines: () => Promise<EnginesUnderTest>,
  size: number,
): void {
  describe(`${name}: sorted pages of ${size} documents`, () => {
    let under: EnginesUnderTest;
    const catalogue = makeCatalogue(size);
    const expected = ({ word, sort, filter }: Case) =>
      naively(
        catalogue.filter((document, index) => WORDS[word]?.(index, size) && fits(document, filter)),
        sort,
      );
    beforeAll(async () => {
      under = await makeEngines();
      await under.engines[0].index(catalogue);
      await under.engines[0].refresh();
    }, TIMEOUT_MS);
    afterAll(() => under.close());

    test.each(SORTS)(
      'by %o show every hit once and in order, to the last',
      async (sort) => {
        const within = { minPriceMinor: Math.floor(size / 5), maxPriceMinor: size, available: true };
        for (const word of Object.keys(WORDS)) {
          for (const filter of [{}, within]) {
            const each = { word, sort, filter, limit: 100 };
            for (const engine of under.engines) {
              expect(await readAll(engine, each, size)).toEqual(expected(each));
            }
          }
        }
      },
      TIMEOUT_MS,
    );

    test(
      'begin anywhere, whatever the word, the filter and the size of a page',
      async () => {
        const { engines } = under;
        const some = fc.record({
          word: fc.constantFrom(...Object.keys(WORDS)),
          sort: fc.constantFrom(...SORTS),
          filter: someFilter,
          limit: fc.integer({ min: 1, max: 40 }),
        });
        await fc.assert(
          fc.asyncProperty(some, fc.constantFrom(...engines), fc.nat(), async (each, engine, from) => {
            const all = expected(each);
            const at = all.length === 0 ? 0 : from % all.length;
            const id = all[at];
            const last = catalogue.find(({ productId }) => productId === id);
            const { word, ...request } = each;
            const page = await engine.search({
              text: word,
              withFacets: false,
              ...request,
              ...(last && { after: { key: KEYS[each.sort](last), id: last.productId } }),
            });
            expect(page.hits.map((hit) => hit.id)).toEqual(all.slice(at + 1, at + 1 + each.limit));
            expect(page.hasMore).toBe(at + 1 + each.limit < all.length);
          }),
          { numRuns: 200 },
        );
      },
      TIMEOUT_MS,
    );

    test(
      'by popularity follow what the engine is told of it alone, and end where documents are removed',
      async () => {
        const [engine] = under.engines;
        const told = catalogue.map((document) => ({ ...document, popularity: 50 - document.popularity }));
        await engine.setPopularity(told);
        const gone = told.filter(({ popularity }) => popularity === 50);
        await engine.remove(gone.map(({ productId }) => productId));
        const each = { word: 'parasol', sort: 'popular', filter: {}, limit: 100 } as const;
        const left = told.filter((document, index) => index % 2 === 0 && !gone.includes(document));
        for (const every of under.engines) {
          expect(await readAll(every, each, size)).toEqual(naively(left, 'popular'));
        }
      },
      TIMEOUT_MS,
    );

    test(
      'are written by several at once without one waiting for another in a circle',
      async () => {
        const [engine] = under.engines;
        const some = catalogue.slice(0, WRITTEN_AT_ONCE);
        const reversed = some.toReversed();
        const writers = [some, reversed].flatMap((documents) => [
          () => engine.index(documents),
          () => engine.setPopularity(documents),
          () => engine.remove(documents.map(({ productId }) => productId)),
          () => engine.rebuild(oneBatch(documents)),
        ]);
        for (let round = 0; round < WRITING_ROUNDS; round += 1) {
          await Promise.all(writers.map((write) => write()));
        }
        await engine.index(some);
        const each = { word: 'obscure', sort: 'popular', filter: {}, limit: 100 } as const;
        const found = new Set(await readAll(engine, each, size));
        const lost = some.filter(({ popularity, productId }) => popularity < 20 && !found.has(productId));
        expect(lost).toEqual([]);
      },
      TIMEOUT_MS,
    );
  });
}
