import { describe, expect, test } from 'bun:test';
import { parseDirectives } from '#edge/cache/directives.ts';
import {
  ageSeconds,
  initialAgeSeconds,
  type Lifetime,
  lifetimeOf,
  mayServeOnError,
  type Reply,
  usabilityOf,
  withheldFields,
} from '#edge/cache/policy.ts';

const NOW = new Date('2026-06-01T12:00:00Z');
const DAY_SECONDS = 86_400;

type Fields = Readonly<Record<string, string>>;

function lifetime(fields: Fields | string, more: Partial<Omit<Reply, 'headers'>> = {}): Lifetime | null {
  const headers = new Headers(typeof fields === 'string' ? { 'cache-control': fields } : fields);
  return lifetimeOf({ status: 200, receivedAt: NOW, isAuthorized: false, ...more, headers });
}

function httpDate(seconds: number): string {
  return new Date(NOW.getTime() + seconds * 1_000).toUTCString();
}

function fresh(fields: Fields | string): number | undefined {
  return lifetime(fields)?.freshSeconds;
}

describe('freshness', () => {
  test('is what the origin says, to shared caches first', () => {
    expect(fresh('max-age=60')).toBe(60);
    expect(fresh('max-age=1, s-maxage=60')).toBe(60);
    expect(fresh('s-maxage=1, max-age=60')).toBe(1);
    expect(fresh('foo, MaX-aGe="60"')).toBe(60);
  });

  test('is bounded by two days, whatever is said', () => {
    expect(fresh('max-age=99999999999')).toBe(2 * DAY_SECONDS);
    expect(lifetime('max-age=99999999999, stale-if-error=99999999999')?.keepSeconds).toBe(2 * DAY_SECONDS);
  });

  test('by Expires is counted from Date, and from receipt where there is none', () => {
    expect(fresh({ expires: httpDate(60), date: httpDate(0) })).toBe(60);
    expect(fresh({ expires: httpDate(300), date: httpDate(400) })).toBe(0);
    expect(fresh({ expires: httpDate(60) })).toBe(60);
    expect(fresh({ expires: httpDate(60), date: 'foo' })).toBe(60);
    expect(fresh({ expires: httpDate(-60), 'cache-control': 'max-age=5' })).toBe(5);
    expect(fresh({ expires: '0', 'cache-control': 'max-age=5' })).toBe(5);
    expect(fresh({ expires: httpDate(60), 'cache-control': 'max-age=0' })).toBe(0);
  });

  test('that cannot be read is none, and a later field does not mend it', () => {
    for (const value of ['-5', '1.5', "'60'", '60s', '']) {
      expect(fresh({ 'cache-control': `s-maxage=${value}, max-age=60`, etag: '"1"' })).toBe(0);
    }
    expect(fresh({ expires: '0', etag: '"1"' })).toBe(0);
  });

  test('is never guessed', () => {
    expect(lifetime({ 'last-modified': httpDate(-DAY_SECONDS) })).toBeNull();
    expect(lifetime('public')).toBeNull();
    expect(lifetime({})).toBeNull();
  });

  test('is what CDN-Cache-Control says alone, where that can be read', () => {
    const targeted = (value: string, cacheControl: string) =>
      fresh({ 'cdn-cache-control': value, 'cache-control': cacheControl, etag: '"1"' });
    expect(targeted('max-age=60', 'no-store')).toBe(60);
    expect(targeted('max-age=1', 'max-age=60')).toBe(1);
    expect(targeted('no-store', 'max-age=60')).toBeUndefined();
    expect(targeted('private', 'max-age=60')).toBeUndefined();
    expect(targeted('no-cache', 'max-age=60')).toBe(0);
    expect(targeted('max-age="60"', 'max-age=5')).toBe(5);
    expect(targeted('max-age=60, &&', 'no-store')).toBeUndefined();
    expect(fresh({ 'cdn-cache-control': 'foo', expires: httpDate(60) })).toBeUndefined();
  });
});

describe('storing', () => {
  test('is forbidden by private, no-store, Vary: *, partial content and interim answers', () => {
    for (const header of ['private, max-age=9', 'No-Store, max-age=9']) expect(lifetime(header)).toBeNull();
    for (const vary of ['*', 'accept, *', '*, accept', ', *']) {
      expect(lifetime({ 'cache-control': 'max-age=9', vary })).toBeNull();
    }
    for (const status of [103, 206, 304]) expect(lifetime('max-age=9', { status })).toBeNull();
  });

  test('depends on no status otherwise, once a lifetime is given', () => {
    for (const status of [200, 203, 204, 299, 301, 404, 410, 499, 503, 599]) {
      expect(lifetime('max-age=9', { status })?.freshSeconds).toBe(9);
    }
  });

  test('under must-understand depends on the status, and no-store is then for others', () => {
    expect(lifetime('max-age=9, no-store, must-understand')?.freshSeconds).toBe(9);
    expect(lifetime('max-age=9, must-understand', { status: 599 })).toBeNull();
  });

  test('after a request with credentials needs the origin’s word', () => {
    const authorized = (header: string) => lifetime(header, { isAuthorized: true });
    expect(authorized('max-age=9')).toBeNull();
    for (const word of ['public', 'must-revalidate', 's-maxage=9']) {
      expect(authorized(`max-age=9, ${word}`)?.freshSeconds).toBe(9);
    }
  });

  test('what is always validated needs something to validate by', () => {
    expect(lifetime({ 'cache-control': 'no-cache', etag: '"1"' })?.freshSeconds).toBe(0);
    expect(lifetime('no-cache, max-age=9')).toBeNull();
  });

  test('leaves out the fields that private and no-cache name', () => {
    const header = 'max-age=9, private="Set-Cookie, X-A", no-cache="x-b"';
    expect(fresh(header)).toBe(9);
    expect(withheldFields(new Headers({ 'cache-control': header }))).toEqual(['set-cookie', 'x-a', 'x-b']);
  });
});

describe('age', () => {
  const initial = (fields: Fields) => initialAgeSeconds({ headers: new Headers(fields), receivedAt: NOW });

  test('on arrival is the first Age that was sent, and nothing where that cannot be read', () => {
    expect(['7200', '7200, 0', '0, 7200', '2147483649'].map((age) => initial({ age }))).toEqual([
      7_200,
      7_200,
      0,
      2 ** 31,
    ]);
    for (const age of ['abc', '-7200', '7200.0']) expect(initial({ age })).toBe(0);
  });

  test('on arrival is what Date tells where that is more', () => {
    expect(initial({ date: httpDate(-100), age: '5' })).toBe(99);
    expect(initial({ date: httpDate(100), age: '5' })).toBe(5);
  });

  test('grows with the time in the cache, the time of the fetch included', () => {
    const answer = { fetchStartedAt: NOW.getTime() - 2_500, initialAgeSeconds: 10 };
    expect(ageSeconds(answer, NOW)).toBe(12);
  });
});

describe('a stored answer', () => {
  const life: Lifetime = {
    freshSeconds: 10,
    staleWhileRevalidateSeconds: 5,
    staleIfErrorSeconds: 20,
    mayBeStale: true,
    keepSeconds: 30,
  };
  const at = (age: number, asked = '', change: Partial<Lifetime> = {}) =>
    usabilityOf({ ...life, ...change }, age, parseDirectives(asked));

  test('is fresh, then used while a new one is fetched, then expired, each from its first second', () => {
    expect([9, 10, 14, 15].map((age) => at(age))).toEqual([
      'fresh',
      'revalidate_behind',
      'revalidate_behind',
      'expired',
    ]);
  });

  test('is asked for anew where the client wants it newer', () => {
    for (const asked of ['no-cache', 'max-age=0', 'max-age=5', 'min-fresh=6']) {
      expect(at(5, asked)).toBe('requested');
    }
    for (const asked of ['max-age=6', 'min-fresh=5', 'max-age=junk']) expect(at(5, asked)).toBe('fresh');
  });

  test('is used stale where the client takes that and the origin does not forbid it', () => {
    expect(at(20, 'max-stale')).toBe('stale');
    expect(at(20, 'max-stale=10')).toBe('stale');
    expect(at(20, 'max-stale=9')).toBe('expired');
    expect(at(20, 'max-stale', { mayBeStale: false })).toBe('expired');
  });

  test('covers for a failing origin as long as the origin has said, for one that is gone for a day', () => {
    expect(mayServeOnError(life, 29, false)).toBe(true);
    expect(mayServeOnError(life, 30, false)).toBe(false);
    expect(mayServeOnError(life, 10 + DAY_SECONDS - 1, true)).toBe(true);
    expect(mayServeOnError(life, 10 + DAY_SECONDS, true)).toBe(false);
    expect(mayServeOnError({ ...life, mayBeStale: false }, 30, true)).toBe(false);
  });

  test('is never stale where that is forbidden', () => {
    for (const word of ['must-revalidate', 'proxy-revalidate']) {
      expect(lifetime(`max-age=9, ${word}, stale-if-error=90, stale-while-revalidate=9`)).toMatchObject({
        staleIfErrorSeconds: 0,
        staleWhileRevalidateSeconds: 0,
        mayBeStale: false,
      });
    }
    expect(lifetime('s-maxage=9')).toMatchObject({ mayBeStale: false, staleIfErrorSeconds: 0 });
    expect(lifetime('s-maxage=9, stale-if-error=90')).toMatchObject({ staleIfErrorSeconds: 90 });
  });
});
