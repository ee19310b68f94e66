/** Generated catalogues: the same everywhere, and every product of its own. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { copyLine } from '#bench/data/copy.ts';
import { drawProduct, numberOfRank, ranksByNumber, slugOfRank } from '#bench/data/products.ts';
import { isUuid } from '#lib/ids.ts';

const sizes = fc.integer({ min: 1, max: 3_000 });

test('every product has one rank and every rank one product, whatever the size', () => {
  fc.assert(
    fc.property(sizes, (products) => {
      const ranks = ranksByNumber(products);
      expect(new Set(ranks).size).toBe(products);
      for (const rank of [1, Math.ceil(products / 2), products]) {
        expect(ranks[numberOfRank(rank, products)]).toBe(rank);
      }
    }),
    { numRuns: 30 },
  );
});

test('neighbours in rank are no neighbours in the tables', () => {
  for (const products of [1_000, 10_000, 100_000, 1_000_000]) {
    for (let rank = 1; rank < 100; rank += 1) {
      const distance = Math.abs(numberOfRank(rank, products) - numberOfRank(rank + 1, products));
      expect(Math.min(distance, products - distance)).toBeGreaterThan(0);
    }
  }
});

test('a product is drawn from its number alone, and its slug can be had without it', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), (products, seed) => {
      const rank = (seed % products) + 1;
      const number = numberOfRank(rank, products);
      const product = drawProduct(number, rank, products);
      expect(drawProduct(number, rank, products)).toEqual(product);
      expect(slugOfRank(rank, products)).toBe(product.slug);
      expect(product.slug).toMatch(/^[a-z0-9][a-z0-9-]{0,199}$/);
    }),
  );
});

test('slugs, identifiers and SKUs of a catalogue are distinct', () => {
  const products = 5_000;
  const drawn = Array.from({ length: products }, (_, number) => drawProduct(number, number + 1, products));
  const variants = drawn.flatMap((product) => product.variants);
  expect(new Set(drawn.map(({ slug }) => slug)).size).toBe(products);
  expect(new Set(variants.map(({ sku }) => sku)).size).toBe(variants.length);
  const ids = [
    ...drawn.flatMap(({ id, imageId }) => [id, imageId] as string[]),
    ...variants.map(({ id }) => id),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every(isUuid)).toBe(true);
});

test('the better the rank, the more popular', () => {
  const [first, second] = [drawProduct(3, 1, 100), drawProduct(4, 2, 100)];
  expect(first.popularity).toBeGreaterThan(second.popularity);
});

test("a line of COPY stands on one line, and its specials are PostgreSQL's", () => {
  expect(copyLine(['a\tb\nc\\d', null, 7, new Date(0), ['x"y', 'z\\']])).toBe(
    'a\\tb\\nc\\\\d\t\\N\t7\t1970-01-01T00:00:00.000Z\t{"x\\\\"y","z\\\\\\\\"}\n',
  );
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (values) => {
      expect(copyLine(values).match(/[\n\r]/g)).toHaveLength(1);
      expect(copyLine(values).match(/\t/g) ?? []).toHaveLength(Math.max(0, values.length - 1));
    }),
  );
});
