import { describe, expect, test } from 'bun:test';
import { catalogRule } from '#edge/cache/catalog-rule.ts';
import { catalogKey } from '#edge/cache/key.ts';
import { lifetimeOf, type Reply } from '#edge/cache/policy.ts';
import { cacheTagOf, parseCacheTag } from '#edge/cache/tags.ts';

const RULE = catalogRule({ contentType: 'application/json' });
const PUBLIC = { 'content-type': 'application/json', 'cache-control': 's-maxage=900, stale-if-error=90' };

function admitted(fields: Readonly<Record<string, string>> = {}, status = 200) {
  const headers = new Headers({ ...PUBLIC, ...fields });
  const reply: Reply = { status, headers, receivedAt: new Date(), isAuthorized: false };
  const allowed = lifetimeOf(reply);
  return allowed === null ? null : RULE.admit(reply, allowed);
}

describe('of the catalogue is stored', () => {
  test('a fresh public answer of the declared type, for as long as policy says', () => {
    expect(admitted()).toMatchObject({ freshSeconds: 900, staleIfErrorSeconds: 90 });
  });

  test('what is not there, for five seconds and never stale', () => {
    const problem = { 'content-type': 'application/problem+json' };
    expect(admitted(problem, 404)).toMatchObject({
      freshSeconds: 5,
      staleIfErrorSeconds: 0,
      mayBeStale: false,
    });
    expect(admitted({ ...problem, 'cache-control': 's-maxage=2' }, 404)).toMatchObject({ freshSeconds: 2 });
    expect(admitted({}, 404)).toBeNull();
  });

  test('nothing else, even where HTTP allows it', () => {
    for (const status of [203, 204, 301, 302, 307, 400, 401, 410, 500, 503]) {
      expect(admitted({ 'cache-control': 'public, max-age=9' }, status)).toBeNull();
    }
    const refused: Readonly<Record<string, string>>[] = [
      { 'set-cookie': 'a=1' },
      { 'cache-control': 'private="x-a", max-age=9' },
      { 'cache-control': 'no-cache="x-a", max-age=9' },
      { 'cache-control': 'no-store, must-understand, max-age=9' },
      { 'cache-control': 'max-age=0', etag: '"1"' },
      { 'content-type': 'text/html' },
      { 'content-type': '' },
      { 'cache-tag': 'not a tag' },
      { 'cache-tag': Array.from({ length: 17 }, (_, index) => `t${index}`).join() },
    ];
    for (const fields of refused) expect(admitted(fields)).toBeNull();
  });
});

test('a browser is told its own directives, and nobody what the origin says to the edge', () => {
  const headers = new Headers({
    ...PUBLIC,
    'cache-control': 'public, max-age=0, s-maxage=60, stale-if-error=9, proxy-revalidate',
    'cdn-cache-control': 'max-age=60',
    'cache-tag': 'a',
    'x-hotshelf-version': '1',
  });
  RULE.present(headers);
  expect(Object.fromEntries(headers)).toEqual({
    'content-type': 'application/json',
    'cache-control': 'public, max-age=0',
  });
});

test('tags come under a name of our own where Cloudflare takes its own name out', () => {
  expect(cacheTagOf(new Headers({ 'x-hotshelf-cache-tag': 'a', 'cache-tag': 'b' }))).toBe('a');
  expect(cacheTagOf(new Headers({ 'cache-tag': 'b' }))).toBe('b');
  expect(parseCacheTag('a, b,a')).toEqual(['a', 'b']);
});

test('the origin is shown nothing of the client', () => {
  expect(Object.fromEntries(RULE.sent)).toEqual({ accept: '*/*', 'accept-encoding': 'identity' });
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
