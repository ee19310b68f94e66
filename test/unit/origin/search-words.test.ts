/** How a query is taken apart, forgiven its slips, and put into the words of PostgreSQL. */

import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { SECOND_MS } from '#lib/clock.ts';
import { marksAsked, marksOf } from '#origin/search/marks.ts';
import { parseQuery } from '#origin/search/query-text.ts';
import { lexeme, respell, toTsquery } from '#origin/search/tsquery.ts';
import { allowedTypos, corrections, typosBetween } from '#origin/search/typos.ts';

/** Drawing from all of Unicode takes a second by itself, and more on a busy machine. */
setDefaultTimeout(30 * SECOND_MS);

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });

describe('slips between words', () => {
  test.each([
    ['lantern', 'lantern', 0],
    ['lantern', 'lantren', 1],
    ['lantern', 'lanter', 1],
    ['lantern', 'lanterns', 1],
    ['lantern', 'bantern', 1],
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
  ])('%o and %o are %i apart', (a, b, distance) => {
    expect(typosBetween(a, b)).toBe(distance);
  });

  test('are as many from one to the other as back, none only between equals, and one for one edit', () => {
    fc.assert(
      fc.property(word, word, fc.nat(8), (a, b, at) => {
        expect(typosBetween(a, b)).toBe(typosBetween(b, a));
        expect(typosBetween(a, b) === 0).toBe(a === b);
        expect(typosBetween(a, `${a.slice(0, at)}x${a.slice(at)}`)).toBe(1);
      }),
    );
  });

  test('are forgiven to long words only', () => {
    expect(['led', 'lamp', 'lantern', 'headphones'].map(allowedTypos)).toEqual([0, 1, 1, 2]);
  });

  test('give way to the likelier word: fewer slips first, then the more frequent', () => {
    const candidates = [
      { term: 'lanterns', frequency: 2 },
      { term: 'lantern', frequency: 9 },
      { term: 'western', frequency: 99 },
      { term: 'lantana', frequency: 5 },
    ];
    expect(corrections('lantren', candidates).map(({ term }) => term)).toEqual(['lantern']);
    expect(corrections('lant', candidates).map(({ term }) => term)).toEqual([
      'lantern',
      'lantana',
      'lanterns',
    ]);
  });
});

describe('a query as it was typed', () => {
  test.each([
    ['red mug', [['red'], ['mug']], [], []],
    ['"camp stove" -gas', [['camp stove']], ['camp stove'], ['gas']],
    ['mug OR cup  kettle', [['mug', 'cup'], ['kettle']], [], []],
    ['cup or "tea pot"', [['cup', 'tea pot']], [], []],
    ['wi-fi -', [['wi-fi']], [], []],
    ['or or', [], [], []],
    ['"" " !', [], [], []],
  ])('%o says what is wanted and what is not', (text, wanted, phrases, without) => {
    expect(parseQuery(text)).toEqual({ wanted, phrases, without });
  });

  test('costs at most twelve looks into the dictionary', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const { wanted, without } = parseQuery(text);
        expect(wanted.flat().length + without.length).toBeLessThanOrEqual(12);
      }),
    );
    expect(parseQuery('a '.repeat(100)).wanted).toHaveLength(12);
  });
});

describe('a tsquery', () => {
  const known = (text: string) => ({ word: text, forms: [text], frequency: 5, corrections: [] });
  const slip = { word: 'muug', forms: [], frequency: 0, corrections: [{ term: 'mug', frequency: 7 }] };

  test('asks for all that is known, and for what an unknown word may have meant', () => {
    expect(toTsquery([[[known('red')]], [[slip]]], 'all')).toBe("('red' & 'mug')");
  });

  test('gives up one of three words, then all but one, but none of two', () => {
    const three = ['a', 'b', 'c'].map((text) => [[known(text)]]);
    expect(toTsquery(three, 'most')).toBe("(('b' & 'c') | ('a' & 'c') | ('a' & 'b'))");
    expect(toTsquery(three, 'any')).toBe("('a' | 'b' | 'c')");
    expect(toTsquery(three.slice(1), 'most')).toBeNull();
    expect(toTsquery(three.slice(1), 'any')).toBeNull();
  });

  test('finds what is typed in parts in one word, too', () => {
    expect(toTsquery([[[known('wi'), known('fi')]]], 'all')).toBe("(('wi' & 'fi') | 'wifi')");
  });

  test('quotes whatever a lexeme holds', () => {
    expect(lexeme("o'brien\\x")).toBe("'o''brien\\\\x'");
  });

  test('is respelled where a word is unknown, or rare beside its neighbour', () => {
    expect(respell([[[known('red')]], [[slip]]])).toBe('red mug');
    expect(respell([[[known('red')]]])).toBeNull();
    const rare = { ...known('mig'), frequency: 1, corrections: [{ term: 'mug', frequency: 9 }] };
    expect(respell([[[{ ...rare, word: 'muug' }]]])).toBeNull();
    const far = [{ term: 'mug', frequency: 10 }];
    expect(respell([[[{ ...rare, word: 'muug', corrections: far }]]])).toBe('mug');
  });
});

test('a price is in the bands that a filter by it asks for, wherever the range ends', () => {
  const price = fc.nat(99_999_999);
  fc.assert(
    fc.property(price, price, price, (priceMinor, minPriceMinor, maxPriceMinor) => {
      const [asked = []] = marksAsked({ minPriceMinor, maxPriceMinor });
      const marks = marksOf({
        ...{ categories: [], vendor: '', options: [], skus: [], available: true, tags: [], name: '' },
        ...{ description: '', version: 1, popularity: 0, createdAt: new Date(0), priceMinor },
        productId: '00000000-0000-7000-8000-000000000001' as never,
      });
      const isWithin = priceMinor >= minPriceMinor && priceMinor <= maxPriceMinor;
      if (isWithin) expect(marks.some((mark) => asked.includes(mark))).toBeTrue();
    }),
  );
});
