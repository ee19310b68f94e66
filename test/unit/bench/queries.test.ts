/** Query files as shops export them, and what is wrong with those that cannot be used. */

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { OWN_QUERIES, parseQueries, QueryFileError } from '#bench/queries.ts';

test('each row is a query that weighs its popularity and one more', () => {
  const csv = 'query,popularity,hits\ncooktop,1214,260\n"a, b",0,3\n';
  expect(parseQueries(csv)).toEqual([
    { text: 'cooktop', weight: 1_215 },
    { text: 'a, b', weight: 1 },
  ]);
});

test('whatever can be searched for survives the way through CSV', () => {
  const text = fc.string({ minLength: 1, maxLength: 100 }).filter((query) => query.trim() !== '');
  const row = fc.record({ text, popularity: fc.nat(1_000_000) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
      const lines = rows.map(({ text, popularity }) => `"${text.replaceAll('"', '""')}",${popularity},1`);
      const parsed = parseQueries(`query,popularity,hits\n${lines.join('\n')}\n`);
      expect(parsed).toEqual(
        rows.map(({ text, popularity }) => ({ text: text.trim(), weight: popularity + 1 })),
      );
    }),
  );
});

test.each([
  ['a row without a query', 'query,popularity\nmug,1\n"",2\n', 'Row 3'],
  ['a query that search would refuse', `query,popularity\n${'x'.repeat(201)},1\n`, 'Row 2'],
  ['a popularity that is no number', 'query,popularity\nmug,often\n', 'Row 2'],
  ['a negative popularity', 'query,popularity\nmug,-1\n', 'Row 2'],
  ['a file without the columns', 'a,b\n1,2\n', 'Row 2'],
  ['a header alone', 'query,popularity\n', 'no queries'],
  ['an empty file', '', 'no queries'],
  ['rows of unequal length', 'query,popularity\nmug,1,2,3\n', 'no CSV'],
])('%s is refused in a sentence that says where', (_, csv, reason) => {
  expect(() => parseQueries(csv)).toThrow(QueryFileError);
  expect(() => parseQueries(csv)).toThrow(reason);
});

test("the bench's own queries are distinct and all of them are drawn", () => {
  expect(new Set(OWN_QUERIES.map(({ text }) => text)).size).toBe(OWN_QUERIES.length);
  expect(OWN_QUERIES.every(({ weight }) => weight > 0)).toBe(true);
});
