/** What every search engine has to keep, whatever it is made of. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { ProductId } from '#lib/ids.ts';
import type {
  SearchDocument,
  SearchEngine,
  SearchRequest,
  SearchResult,
  SearchSort,
} from '#origin/search/engine.ts';
import {
  both,
  filtersOf,
  fits,
  fold,
  GADGETS,
  KETTLE,
  LANTERN,
  OTHER_FORMS,
  product,
  slipIn,
  someFilter,
} from './search-engine-documents.ts';

export interface EngineUnderTest {
  readonly engine: SearchEngine;
  close(): Promise<void>;
}

const SORTS: readonly SearchSort[] = ['relevance', 'newest', 'price', '-price', 'popular'];
const PROPERTY_TIMEOUT_MS = 60_000;
const MAX_PAGES = 100;
export function searchEngineContract(name: string, makeEngine: () => Promise<EngineUnderTest>): void {
  let under: EngineUnderTest;
  let engine: SearchEngine;
  beforeAll(async () => {
    under = await makeEngine();
    engine = under.engine;
    await engine.index([...GADGETS, LANTERN, KETTLE]);
    await engine.refresh();
  });
  afterAll(() => under.close());

  const search = (text: string, more: Partial<SearchRequest> = {}) =>
    engine.search({ text, filter: {}, sort: 'relevance', limit: 100, withFacets: false, ...more });
  const find = async (text: string, more: Partial<SearchRequest> = {}) =>
    (await search(text, more)).hits.map(({ id }) => id);

  describe(`${name}: words`, () => {
    test.each([
      ...['hurricane', 'HURRICANES', 'creme brulee', 'CRÈME', 'paraffin', 'burning', 'verdigris'],
      ...['white windy', 'wi-fi', 'wifi', 'LAN-77/X', 'lan77x', '"windy nights"', 'hurricane or zeppelin'],
    ])('%o finds the product that has them', async (text) => {
      expect(await find(text)).toEqual([LANTERN.productId]);
    });

    test('a name counts more than a description, whatever is popular', async () => {
      expect(await find('lantern')).toEqual([LANTERN.productId, KETTLE.productId]);
    });

    test('what must not be there leaves a product out', async () => {
      expect(await find('lantern -hurricane')).toEqual([KETTLE.productId]);
      expect(await find('-hurricane')).toEqual([]);
    });

    test('of two words neither is given up; of three, one', async () => {
      expect(await find('whistling paraffin')).toEqual([]);
      expect(await find('hurricane paraffin zeppelin')).toEqual([LANTERN.productId]);
    });

    test('words that nobody has find nothing, and nothing else was meant', async () => {
      expect(await search('zzyzx qwfpgj')).toMatchObject({ hits: [], hasMore: false, didYouMean: null });
    });
  });

  test(
    `${name}: one slip in a word of five letters or more still finds the product, and is pointed out`,
    async () => {
      const words = [
        'hurricane',
        'lantern',
        'paraffin',
        'verdigris',
        'whistling',
        'kettle',
        'gadget',
        'alpha',
      ];
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...words),
          fc.nat(),
          fc.nat(25),
          fc.nat(3),
          async (word, at, letter, kind) => {
            const slip = slipIn(word, {
              at: at % (word.length - 1),
              letter: 'abcdefghijklmnopqrstuvwxyz'[letter] ?? 'x',
              kind,
            });
            const meant = new Set(await find(word));
            const { hits, didYouMean } = await search(slip);
            expect(hits.some(({ id }) => meant.has(id))).toBeTrue();
            expect(didYouMean === null).toBe(words.includes(slip) || OTHER_FORMS.has(slip));
          },
        ),
        { numRuns: 150 },
      );
    },
    PROPERTY_TIMEOUT_MS,
  );

  test(`${name}: the likeliest spelling is offered`, async () => {
    expect((await search('huricane lantren')).didYouMean).toBe('hurricane lantern');
    expect((await search('hurricane lantern')).didYouMean).toBeNull();
  });

  describe(`${name}: pages and facets`, () => {
    test.each([...SORTS])('pages by %o show each hit once, in order', async (sort) => {
      const whole = await find('gadget', { sort });
      expect(whole).toHaveLength(GADGETS.length);
      for (const limit of [1, 7, 59, 60]) {
        expect(await readPages((after) => search('gadget', { sort, limit, ...after }))).toEqual(whole);
      }
    });

    test('each sort puts hits in its order', async () => {
      const of = new Map(GADGETS.map((gadget) => [gadget.productId, gadget]));
      const by = async (sort: SearchSort, key: (gadget: SearchDocument) => number) => {
        const keys = (await find('gadget', { sort })).map((id) => key(of.get(id) ?? LANTERN));
        expect(keys).toEqual(keys.toSorted((a, b) => b - a));
      };
      await by('price', ({ priceMinor }) => -priceMinor);
      await by('-price', ({ priceMinor }) => priceMinor);
      await by('newest', ({ createdAt }) => createdAt.getTime());
      await by('popular', ({ popularity }) => popularity);
    });

    test(
      'each count is what filtering by it returns, within any other filter',
      async () => {
        await fc.assert(
          fc.asyncProperty(someFilter, async (filter) => {
            const { facets } = await search('gadget', { filter, withFacets: true });
            for (const [narrower, counted] of filtersOf(facets)) {
              const narrowed = both(filter, narrower);
              if (narrowed !== null) expect(await find('gadget', { filter: narrowed })).toHaveLength(counted);
            }
          }),
          { numRuns: 25 },
        );
      },
      PROPERTY_TIMEOUT_MS,
    );

    test(
      'a filter returns the hits that fit, and no reading that it leaves empty is loosened',
      async () => {
        await fc.assert(
          fc.asyncProperty(someFilter, async (filter) => {
            const fitting = GADGETS.filter((gadget) => fits(gadget, filter)).map(
              ({ productId }) => productId,
            );
            expect(new Set(await find('gadget', { filter }))).toEqual(new Set(fitting));
          }),
          { numRuns: 60 },
        );
        const beyond = { minPriceMinor: 1_001 };
        expect(await find('hurricane lantern verdigris', { filter: beyond })).toEqual([]);
      },
      PROPERTY_TIMEOUT_MS,
    );
  });

  describe(`${name}: suggestions`, () => {
    test('begin as the text does, each once, no more than asked for', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('g', 'Ga', 'GADGET ', 'gadget al', 'n', 'crè', 'hurri', "o'f", 'zz'),
          async (text) => {
            const suggestions = (await engine.suggest(text, 10)).map((suggestion) => fold(suggestion.text));
            expect(suggestions.length).toBeLessThanOrEqual(10);
            expect(new Set(suggestions).size).toBe(suggestions.length);
            expect(suggestions.filter((suggestion) => !suggestion.startsWith(fold(text)))).toEqual([]);
          },
        ),
      );
    });

    test.each([
      ['north', 'vendor', 'Northfold'],
      ['camp', 'category', 'Camping'],
      ['hurr', 'product', 'Hurricane Lantern'],
      ['paraf', 'product', undefined],
      ['', 'word', undefined],
    ] as const)('%o brings the %s %o', async (text, kind, expected) => {
      const brought = (await engine.suggest(text, 10)).find((suggestion) => suggestion.kind === kind)?.text;
      expect(brought).toBe(expected);
    });
  });

  describe(`${name}: the index`, () => {
    test('never takes an older version for a newer one, in whatever order they come', async () => {
      const first = product({ name: 'Sextant Brass' });
      const versions = [3, 1, 4, 2].map((version) => ({
        ...first,
        version,
        name: `Sextant Issue${version}`,
      }));
      for (const document of versions) await engine.index([document]);
      expect(await find('issue4')).toEqual([first.productId]);
      for (const gone of ['issue1', 'issue2', 'issue3']) expect(await find(gone)).toEqual([]);
      await engine.remove([first.productId]);
      expect(await find('sextant')).toEqual([]);
    });

    test('ranks by a popularity that it is told alone, and takes none for what it does not have', async () => {
      const [first, second, unknown] = ['Astrolabe One', 'Astrolabe Two', 'Astrolabe Three'].map((name) =>
        product({ name, popularity: 5 }),
      ) as [SearchDocument, SearchDocument, SearchDocument];
      await engine.index([first, second]);
      for (const top of [first, second, first]) {
        await engine.setPopularity(
          [first, second, unknown].map(({ productId }) => ({
            productId,
            popularity: productId === top.productId ? 1_000 : 1,
          })),
        );
        for (const sort of ['popular', 'relevance'] as const) {
          const found = await find('astrolabe', { sort });
          expect(found).toHaveLength(2);
          expect(found[0]).toBe(top.productId);
        }
      }
      await engine.remove([first.productId, second.productId]);
    });

    test('takes a rebuild without losing or doubling anything', async () => {
      const all = [...GADGETS, LANTERN, KETTLE].toSorted(
        (a, b) => b.popularity - a.popularity || (a.productId < b.productId ? 1 : -1),
      );
      const before = await find('gadget or lantern');
      await engine.rebuild(inBatches(all, 17));
      expect(await find('gadget or lantern')).toEqual(before);
    });
  });

  test(
    `${name}: any text is searched for and suggested from without an error`,
    async () => {
      const text = fc
        .string({ unit: 'binary', maxLength: 200 })
        .filter((each) => each.isWellFormed() && !each.includes('\0'));
      const odd = fc.constantFrom(
        "' or 1=1 --",
        '\\',
        "'\\''",
        ':*',
        '!',
        '<->',
        '"',
        '-"a',
        'a:A',
        '%_',
        '💥',
        '((',
        'x'.repeat(200),
      );
      await fc.assert(
        fc.asyncProperty(fc.oneof(text, odd), async (each) => {
          expect((await search(each, { withFacets: true })).hits).toBeArray();
          expect(await engine.suggest(each, 10)).toBeArray();
        }),
        { numRuns: 150 },
      );
    },
    PROPERTY_TIMEOUT_MS,
  );
}

async function readPages(
  page: (after: Partial<SearchRequest>) => Promise<SearchResult>,
): Promise<ProductId[]> {
  const seen: ProductId[] = [];
  let after: Partial<SearchRequest> = {};
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const { hits, hasMore } = await page(after);
    seen.push(...hits.map(({ id }) => id));
    const last = hits.at(-1);
    if (!hasMore || last === undefined) return seen;
    after = { after: last };
  }
  throw new Error('the pages have no end');
}

async function* inBatches<T>(all: readonly T[], size: number): AsyncGenerator<readonly T[]> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size);
}
