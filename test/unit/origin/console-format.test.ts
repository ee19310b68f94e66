/** Figures of the console as people read them. */

import { expect, test } from 'bun:test';
import type { Fact } from '#origin/console/model.ts';
import { duration, format } from '#origin/console/page/format.ts';

test.each<[Fact['value'], Fact['unit'], string]>([
  [null, 'count', '–'],
  [Number.NaN, 'ratio', '–'],
  [0, 'perSecond', '0/s'],
  [0.001, 'perSecond', '< 0.01/s'],
  [12.345, 'perSecond', '12.3/s'],
  [1_234.5, 'perSecond', '1,230/s'],
  [123_456, 'perMinute', '123K/min'],
  [0.000_4, 'seconds', '0.4 ms'],
  [0.25, 'seconds', '250 ms'],
  [3, 'seconds', '3 s'],
  [61, 'seconds', '1 min 1 s'],
  [7_384, 'seconds', '2 h 3 min'],
  [0.9987, 'ratio', '99.9 %'],
  [1, 'ratio', '100 %'],
  [181_000_000, 'bytes', '181 MB'],
  [512, 'bytes', '512 B'],
  [1_999, { currency: 'USD' }, '$19.99'],
  [2_000, { currency: 'USD' }, '$20'],
  [1_073_401, { currency: 'USD' }, '$10,734'],
  [500, { currency: 'JPY' }, '¥500'],
])('%p as %p is %p', (value, unit, text) => {
  expect(format({ value, unit })).toBe(text);
});

test('no time at all is said so', () => {
  expect(duration(0)).toBe('0 s');
});
