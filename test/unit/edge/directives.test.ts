import { describe, expect, test } from 'bun:test';
import { parseDirectives, parseTargeted, seconds } from '#edge/cache/directives.ts';
import { parseHttpDate } from '#edge/cache/http-date.ts';

describe('Cache-Control', () => {
  test('is read whatever its case, white space and quotes', () => {
    expect([...parseDirectives('PUBLIC, Max-Age = "5" , x=a\tb')]).toEqual([
      ['public', ''],
      ['max-age', '5'],
      ['x', 'a'],
      ['b', ''],
    ]);
    expect(parseDirectives(null).size).toBe(0);
  });

  test('has nothing in it that stands in a quoted string', () => {
    const directives = parseDirectives('ext="max-age=3600, \\"no-store", max-age=1');
    expect([...directives.keys()]).toEqual(['ext', 'max-age']);
    expect(directives.get('max-age')).toBe('1');
    expect(directives.get('ext')).toBe('max-age=3600, "no-store');
  });

  test('hides no directive behind a quote that is never closed', () => {
    expect(parseDirectives('ext="a, no-store').has('no-store')).toBe(true);
  });

  test('counts the first of two directives of one name', () => {
    expect(parseDirectives('max-age=1, max-age=100').get('max-age')).toBe('1');
  });
});

test('only whole seconds are seconds; what is beyond counting is 2^31', () => {
  const readable = ['0', '007', '60'].map(seconds);
  expect(readable).toEqual([0, 7, 60]);
  expect(seconds('99999999999')).toBe(2 ** 31);
  for (const value of ['', '-1', '1.5', "'60'", '60s', 'a60', undefined]) expect(seconds(value)).toBeNull();
});

describe('CDN-Cache-Control', () => {
  test('is a dictionary of known types', () => {
    const directives = parseTargeted('max-age=60;a=1, no-store=?0, must-revalidate, ext="a, b", t=tok/en:1');
    expect([...(directives ?? [])]).toEqual([
      ['max-age', '60'],
      ['must-revalidate', ''],
      ['ext', 'a, b'],
      ['t', 'tok/en:1'],
    ]);
  });

  test('is ignored as a whole where it is no such dictionary', () => {
    for (const header of [
      null,
      '',
      'max-age=60, &&&',
      'max-age="60"',
      'max-age',
      'Max-Age=60',
      'max-age= 60',
      'max-age=1.5',
    ]) {
      expect(parseTargeted(header)).toBeNull();
    }
  });
});

describe('an HTTP date', () => {
  const now = new Date('2026-06-01T00:00:00Z');
  const expected = Date.parse('2050-08-18T02:01:18Z');

  test('has three formats, in any case', () => {
    for (const text of [
      'Thu, 18 Aug 2050 02:01:18 GMT',
      'THU, 18 AUG 2050 02:01:18 gmt',
      'Thursday, 18-Aug-50 02:01:18 GMT',
      'Thu Aug 18 02:01:18 2050',
    ]) {
      expect(parseHttpDate(text, now)).toBe(expected);
    }
    expect(parseHttpDate('Sun Nov  6 08:49:37 1994', now)).toBe(Date.parse('1994-11-06T08:49:37Z'));
  });

  test('with a two-digit year is at most fifty years ahead', () => {
    const yearOf = (text: string) => new Date(parseHttpDate(text, now) ?? 0).getUTCFullYear();
    expect(yearOf('Sunday, 06-Nov-76 08:49:37 GMT')).toBe(2076);
    expect(yearOf('Sunday, 06-Nov-77 08:49:37 GMT')).toBe(1977);
  });

  test('is nothing in any other spelling', () => {
    for (const text of [
      null,
      '0',
      '',
      'Thu, 18 Aug 2050 02:01:18 UTC',
      'Thu, 18 Aug 2050 02:01:18 AEST',
      'Thu, 18 Aug 50 02:01:18 GMT',
      'Thu 18 Aug 2050 02:01:18 GMT',
      'Thu, 18  Aug  2050 02:01:18 GMT',
      'Thu, 18-Aug-2050 02:01:18 GMT',
      'Thu, 18 Aug 2050 02.01.18 GMT',
      'Thu, 18 Aug 2050 2:01:18 GMT',
      'Thu, 31 Feb 2050 02:01:18 GMT',
      'Thu, 18 Aug 2050 25:01:18 GMT',
      'Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:19 GMT',
      '2050-08-18T02:01:18Z',
    ]) {
      expect(parseHttpDate(text, now)).toBeNull();
    }
  });
});
