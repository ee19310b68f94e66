import { describe, expect, test } from 'bun:test';
import { invalidatedTags } from '#edge/cache/invalidation.ts';
import { rangeOf } from '#edge/cache/range.ts';
import { confirms, freshened, isHeldByClient, validatorsOf } from '#edge/cache/validation.ts';
import { variantOf } from '#edge/cache/variants.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const THEN = 'Mon, 01 Jun 2026 10:00:00 GMT';
const LATER = 'Mon, 01 Jun 2026 11:00:00 GMT';

function held(request: Record<string, string>, stored: Record<string, string>): boolean {
  return isHeldByClient(new Headers(request), new Headers(stored), NOW);
}

describe('a conditional request', () => {
  test('is answered by any of its entity tags, strong or weak', () => {
    for (const tags of ['"a"', 'W/"a"', '"x", "a"', '"a", "x"', '*']) {
      expect(held({ 'if-none-match': tags }, { etag: '"a"' })).toBe(true);
      expect(held({ 'if-none-match': tags }, { etag: 'W/"a"' })).toBe(true);
    }
    for (const tags of ['"b"', 'a', '']) expect(held({ 'if-none-match': tags }, { etag: '"a"' })).toBe(false);
    expect(held({ 'if-none-match': '*' }, {})).toBe(false);
  });

  test('goes by its date only where it has no entity tag', () => {
    const stored = { etag: '"a"', 'last-modified': THEN };
    expect(held({ 'if-modified-since': THEN }, stored)).toBe(true);
    expect(held({ 'if-modified-since': LATER }, stored)).toBe(true);
    expect(held({ 'if-modified-since': 'Monday, 01-Jun-26 10:00:00 GMT' }, stored)).toBe(true);
    expect(held({ 'if-modified-since': THEN }, { 'last-modified': LATER })).toBe(false);
    expect(held({ 'if-modified-since': LATER, 'if-none-match': '"b"' }, stored)).toBe(false);
    expect(held({ 'if-modified-since': '1780308000' }, stored)).toBe(false);
  });

  test('goes by Date where the answer has no Last-Modified', () => {
    expect(held({ 'if-modified-since': LATER }, { date: THEN })).toBe(true);
    expect(held({ 'if-modified-since': THEN }, { date: LATER })).toBe(false);
    expect(held({ 'if-modified-since': LATER }, {})).toBe(false);
  });
});

describe('validation', () => {
  test('asks with both validators, as they were stored', () => {
    const stored = new Headers({ etag: 'W/"a"', 'last-modified': THEN });
    expect(validatorsOf(stored)).toEqual({ 'if-none-match': 'W/"a"', 'if-modified-since': THEN });
    expect(validatorsOf(new Headers())).toEqual({});
  });

  test('brings the stored fields up to date, but not those that describe the body', () => {
    const stored = new Headers({ 'cache-control': 'max-age=1', 'x-kept': 'yes', age: '9', 'x-new': 'old' });
    const said = new Headers({ 'cache-control': 'max-age=60', 'x-new': 'new', 'content-length': '0' });
    expect(Object.fromEntries(freshened(stored, said))).toEqual({
      'cache-control': 'max-age=60',
      'x-kept': 'yes',
      'x-new': 'new',
    });
  });

  test('says nothing about an answer with another entity tag', () => {
    const [a, b] = [new Headers({ etag: '"a"' }), new Headers({ etag: '"b"' })];
    expect(confirms(b, a)).toBe(false);
    expect(confirms(new Headers({ etag: 'W/"a"' }), a)).toBe(true);
    expect(confirms(new Headers(), a)).toBe(true);
  });
});

test('a byte range is one, readable and within the body; anything else is the whole of it', () => {
  expect(rangeOf('bytes=0-1', 11)).toEqual({ first: 0, last: 1 });
  expect(rangeOf('bytes=1-', 11)).toEqual({ first: 1, last: 10 });
  expect(rangeOf('bytes=-1', 11)).toEqual({ first: 10, last: 10 });
  expect(rangeOf('bytes=-99', 11)).toEqual({ first: 0, last: 10 });
  expect(rangeOf('bytes=5-99', 11)).toEqual({ first: 5, last: 10 });
  for (const header of [
    null,
    '',
    'bytes=-',
    'bytes=-0',
    'bytes=2-1',
    'bytes=11-',
    'bytes=0-1,3-4',
    'rows=0-1',
  ]) {
    expect(rangeOf(header, 11)).toBeNull();
  }
  expect(rangeOf('bytes=0-', 0)).toBeNull();
});

describe('a variant', () => {
  const variant = (vary: string | null, fields: Record<string, string>) =>
    variantOf(vary, new Headers(fields));

  test('is told apart by the named fields only, absent ones included', () => {
    expect(variant(null, { foo: '1' })).toBe('');
    expect(variant('Foo', { foo: '1', bar: '1' })).toBe(variant('foo', { foo: '1', bar: '2' }));
    expect(variant('foo', { foo: '1' })).not.toBe(variant('foo', { foo: '2' }));
    expect(variant('foo', { foo: '' })).not.toBe(variant('foo', {}));
    expect(variant('foo, bar', { foo: '1' })).toBe(variant('Bar,Foo', { foo: '1' }));
  });

  test('does not depend on white space, nor for languages on case and order', () => {
    expect(variant('foo', { foo: '1,2' })).toBe(variant('foo', { foo: ' 1, 2 ' }));
    expect(variant('foo', { foo: '1,2' })).not.toBe(variant('foo', { foo: '2,1' }));
    expect(variant('foo', { foo: '"a, b"' })).not.toBe(variant('foo', { foo: '"a,b"' }));
    const languages = ['en, de', 'DE,  eN'].map((value) =>
      variant('accept-language', { 'accept-language': value }),
    );
    expect(languages[0]).toBe(languages[1]);
  });
});

describe('an unsafe request', () => {
  const tags = (method: string, status: number, headers: Record<string, string> = {}) =>
    invalidatedTags(
      new Request('http://shop.test/a', { method }),
      '/a',
      new Response(null, { status, headers }),
    );

  test('that succeeded invalidates its own URL and those of the same origin that its answer names', () => {
    expect(tags('POST', 201)).toEqual(['url:/a']);
    const named = { location: '/b?x=1', 'content-location': 'http://shop.test/c' };
    expect(tags('PUT', 200, named)).toEqual(['url:/a', 'url:/b', 'url:/c']);
    expect(tags('DELETE', 303, { location: 'http://evil.test/b', 'content-location': 'http://[' })).toEqual([
      'url:/a',
    ]);
  });

  test('that failed invalidates nothing, and neither does a safe one', () => {
    for (const status of [400, 404, 500]) expect(tags('POST', status)).toEqual([]);
    for (const method of ['GET', 'HEAD', 'OPTIONS']) expect(tags(method, 200)).toEqual([]);
  });
});
