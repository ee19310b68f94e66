/** The command line of the bench. */

import { expect, test } from 'bun:test';
import { UsageError } from '#bench/command.ts';
import { parseReadOptions } from '#bench/options.ts';

test('without flags it measures three sizes of catalogue, three rounds each', () => {
  expect(parseReadOptions(['read'])).toMatchObject({
    isQuick: false,
    sizes: [1_000, 100_000, 1_000_000],
    rounds: 3,
    queryFile: null,
  });
});

test('quick keeps the rounds and shrinks the catalogue', () => {
  expect(parseReadOptions(['read', '--quick'])).toMatchObject({
    isQuick: true,
    sizes: [1_000, 10_000],
    rounds: 3,
  });
});

test('a number of products is held against the smallest catalogue', () => {
  const options = parseReadOptions([
    'read',
    '--quick',
    '--products',
    '5000',
    '--rounds',
    '5',
    '--queries',
    'q.csv',
  ]);
  expect(options).toMatchObject({ sizes: [1_000, 5_000], rounds: 5, queryFile: 'q.csv' });
});

test('the help is no run', () => {
  expect(parseReadOptions(['--help'])).toBeNull();
});

test.each([
  [[]],
  [['write']],
  [['read', 'read']],
  [['read', '--products', '1000']],
  [['read', '--products', '1e5']],
  [['read', '--products', '10000001']],
  [['read', '--rounds', '2']],
  [['read', '--rounds', '-3']],
  [['read', '--fast']],
  [['read', '--queries']],
])('%j is refused', (args) => {
  expect(() => parseReadOptions(args)).toThrow(UsageError);
});
