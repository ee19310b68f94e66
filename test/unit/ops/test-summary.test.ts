/** The last line of `npm test` says what the run was. */

import { expect, test } from 'bun:test';
import { readSummary } from '#ops/local/test-summary.ts';

test('the counts are those of the closing lines', () => {
  const output = ['(pass) one', '(fail) two', '', ' 41 pass', ' 2 skip', ' 3 fail', ' 90 expect() calls'];
  expect(readSummary(output.join('\n'))).toEqual({ passed: 41, failed: 3 });
});

test('colours do not hide the counts', () => {
  const output = '\u001b[32m 7 pass\u001b[0m\n\u001b[2m 0 fail\u001b[0m\n';
  expect(readSummary(output)).toEqual({ passed: 7, failed: 0 });
});

test('a file that cannot be loaded counts as a failure', () => {
  expect(readSummary(' 4 pass\n 1 fail\n 1 error\n')).toEqual({ passed: 4, failed: 1 });
  expect(readSummary(' 4 pass\n 0 fail\n 2 errors\n')).toEqual({ passed: 4, failed: 2 });
});

test('what a test prints is not taken for the counts', () => {
  expect(readSummary('12 pass the gate\n 1 pass\n 0 fail\n')).toEqual({ passed: 1, failed: 0 });
});

test('a run without tests has no counts', () => {
  expect(readSummary('The following filters did not match any test files:')).toEqual({
    passed: 0,
    failed: 0,
  });
});
