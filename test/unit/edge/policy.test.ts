import { describe, expect, test } from 'bun:test';
import { catalogKey } from '#edge/cache/key.ts';
import { lifetimeOf, parseDirectives, usabilityOf } from '#edge/cache/policy.ts';
import { parseCacheTag } from '#edge/cache/tags.ts';

function lifetime(cacheControl: string, status = 200, more: Record<string, string> = {}) {
  return lifetimeOf(status, new Headers({ 'cache-control': cacheControl, ...more }));
}

describe('how long an answer lives', () => {
  test('is what its origin says, for shared caches first', () => {
    expect(lifetime('public, max-age=1, s-maxage=60, stale-while-revalidate=30, stale-if-error=90')).toEqual({
      freshSeconds: 60,
      staleWhileRevalidateSeconds: 30,
      staleIfErrorSeconds: 90,
    });
    expect(lifetime('Max-Age="10"')).toMatchObject({ freshSeconds: 10 });
  });

  test('is nothing where sharing is forbidden, or no lifetime is given that can be read', () => {
    const forbidden = ['private, s-maxage=9', 'No-Store, s-maxage=9', 'no-cache="x", s-maxage=9'];
    for (const header of [
      ...forbidden,
      '',
      'public',
      's-maxage=0',
      's-maxage=-1',
      's-maxage=1.5',
      's-maxage',
    ]) {
      expect(lifetime(header)).toBeNull();
    }
    expect(lifetime('s-maxage=9', 200, { vary: 'accept, *' })).toBeNull();
    expect(lifetime('s-maxage=9', 206)).toBeNull();
    expect(lifetime('s-maxage=9', 503)).toBeNull();
  });

  test('has no stale part under must-revalidate, and five seconds for what is not there', () => {
    expect(lifetime('s-maxage=9, must-revalidate, stale-if-error=90')).toMatchObject({
      staleIfErrorSeconds: 0,
    });
    expect(lifetime('s-maxage=900, stale-if-error=90', 404)).toMatchObject({
      freshSeconds: 5,
      staleIfErrorSeconds: 0,
    });
  });

  test('passes through fresh, stale and expired, each from its first second', () => {
    const life = { freshSeconds: 10, staleWhileRevalidateSeconds: 5, staleIfErrorSeconds: 20 };
    const uses = [9, 10, 14, 15, 29, 30].map((age) => usabilityOf(life, age));
    expect(uses).toEqual(['fresh', 'revalidate', 'revalidate', 'if_error', 'if_error', 'expired']);
  });

  test('is read from directives whatever their case and quotes', () => {
    expect([...parseDirectives('PUBLIC, Max-Age = "5" , x')]).toEqual([
      ['public', ''],
      ['max-age', '5'],
      ['x', ''],
    ]);
  });
});

describe('a cache key', () => {
  const declared = ['q', 'sort'];

  test('has the declared parameters in their order, encoded in one way, without tracking', () => {
    const key = catalogKey('/api/v1/search', 'sort=price&utm_medium=x&q=caf%c3%a9+noir', declared);
    expect(key?.text).toBe('/api/v1/search?q=caf%C3%A9+noir&sort=price');
    expect(catalogKey('/api/v1/search', 'fbclid=1', declared)?.text).toBe('/api/v1/search');
  });

  test('is not made from an undeclared or repeated parameter', () => {
    expect(catalogKey('/api/v1/search', 'q=a&debug=1', declared)).toBeNull();
    expect(catalogKey('/api/v1/search', 'q=a&q=b', declared)).toBeNull();
  });
});

test('tags that could not be purged, or too many of them, keep an answer out of the cache', () => {
  expect(parseCacheTag('a, b,a')).toEqual(['a', 'b']);
  expect(parseCacheTag(null)).toEqual([]);
  expect(parseCacheTag('not a tag')).toBeNull();
  expect(parseCacheTag(Array.from({ length: 17 }, (_, index) => `t${index}`).join())).toBeNull();
});
