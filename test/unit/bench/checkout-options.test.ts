/** The command line of the checkout bench, and what its shoppers' program is told and tells. */

import { expect, test } from 'bun:test';
import { readJob, readJobReport } from '#bench/checkout/job.ts';
import { parseCheckoutOptions } from '#bench/checkout/options.ts';
import { judge, TARGETS } from '#bench/checkout/targets.ts';
import { UsageError } from '#bench/command.ts';
import { figureOf } from '#bench/statistics.ts';

test('without flags it sells ten thousand units to more shoppers than that, three rounds each', () => {
  const options = parseCheckoutOptions([]);
  expect(options).toMatchObject({ isQuick: false, rounds: 3, units: 10_000 });
  expect(options?.shoppers).toBeGreaterThan(10_000);
});

test('quick keeps the rounds and shortens the runs and the sale', () => {
  expect(parseCheckoutOptions(['--quick', '--rounds', '5'])).toMatchObject({
    ...{ isQuick: true, rounds: 5, units: 1_000 },
  });
});

test('the help is no run', () => {
  expect(parseCheckoutOptions(['--help'])).toBeNull();
});

test.each([
  ['too few rounds', ['--rounds', '2']],
  ['rounds that are no number', ['--rounds', 'many']],
  ['a flag that there is not', ['--products', '5']],
  ['a word that there is not', ['now']],
])('%s is refused in one sentence', (_, args) => {
  expect(() => parseCheckoutOptions(args)).toThrow(UsageError);
});

test('a unit sold too many is short, and so is one too few', () => {
  const verdict = (sold: number, beyond: number) =>
    judge({
      soldInSale: { figure: figureOf([sold]) },
      oversoldInSale: { figure: figureOf([beyond]) },
    })
      .filter(({ id }) => id === 'soldInSale' || id === 'oversoldInSale')
      .map((line) => line.verdict);
  expect(verdict(TARGETS.soldInSale.value, 0)).toEqual(['held', 'held']);
  expect(verdict(99.99, 1)).toEqual(['short', 'short']);
});

test('a job and its report are read as they were written, and nothing else is', () => {
  const job = {
    ...{ originUrl: 'http://127.0.0.1:1', edgeSecret: 'secret', variantIds: ['a'] },
    pace: { kind: 'sale', shoppers: 3, atOnce: 2 },
  };
  expect(readJob(JSON.stringify(job))).toMatchObject(job);
  expect(() => readJob(JSON.stringify({ ...job, variantIds: [] }))).toThrow();
  expect(() => readJobReport('{}')).toThrow();
});
