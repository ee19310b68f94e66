/** The edge as a plain shared HTTP cache, held against RFC 9111, 9110, 5861 and 9213 on real workerd. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { cacheStatus, type EdgeUnderTest, startEdgeUnderTest } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';

// The runtime starts slowly on a busy machine.
setDefaultTimeout(30_000);

let cache: EdgeUnderTest;

beforeAll(async () => {
  cache = await startEdgeUnderTest({ vars: { TRUST_CF_CONNECTING_IP: 'false', EDGE_CACHE_POLICY: 'http' } });
});

afterAll(async () => {
  await cache.stop();
});

type Fields = Readonly<Record<string, string>>;

let paths = 0;

/** A path of its own whose answers are numbered from 1. */
function serve(...answers: readonly { readonly status?: number; readonly headers: Fields }[]): string {
  paths += 1;
  const path = `/any/${paths}`;
  let asked = 0;
  cache.origin.on(path, () => {
    const { status = 200, headers } = answers[Math.min(asked, answers.length - 1)] ?? { headers: {} };
    asked += 1;
    return new Response(status === 304 ? null : `answer ${asked}`, { status, headers });
  });
  return path;
}

async function read(path: string, headers: Fields = {}): Promise<string> {
  return (await cache.fetch(path, { headers })).text();
}

/** Whether two requests like these are one to the origin. */
async function isReused(answer: Fields, first: Fields = {}, second: Fields = first): Promise<boolean> {
  const path = serve({ headers: answer });
  await read(path, first);
  return (await read(path, second)) === 'answer 1';
}

describe('an answer is reused', () => {
  const reusable: Readonly<Record<string, Fields>> = {
    'max-age': { 'cache-control': 'max-age=60' },
    's-maxage over max-age=0 and a past Expires': {
      'cache-control': 'max-age=0, s-maxage=60',
      expires: 'Thu, 01 Jan 1970 00:00:00 GMT',
    },
    'a future Expires': { expires: 'Sun, 21 Nov 2286 04:46:39 GMT' },
    'CDN-Cache-Control, whatever Cache-Control says': {
      'cdn-cache-control': 'max-age=60',
      'cache-control': 'no-store',
    },
    'max-age with must-revalidate': { 'cache-control': 'max-age=60, must-revalidate' },
    'Set-Cookie, as HTTP allows': { 'cache-control': 'max-age=60', 'set-cookie': 'a=1' },
  };
  for (const [what, answer] of Object.entries(reusable)) {
    test(`by ${what}`, async () => expect(await isReused(answer)).toBe(true));
  }

  test('for a request with a cookie, and for one with credentials where the origin allows it', async () => {
    expect(await isReused({ 'cache-control': 'max-age=60' }, { cookie: 'a=1' })).toBe(true);
    const credentials = { authorization: 'Bearer x' };
    expect(await isReused({ 'cache-control': 'max-age=60' }, credentials, {})).toBe(false);
    expect(await isReused({ 'cache-control': 'public, max-age=60' }, credentials, {})).toBe(true);
  });

  test('whatever its status', async () => {
    for (const status of [203, 204, 301, 308, 404, 410, 503]) {
      const path = serve({ status, headers: { 'cache-control': 'max-age=60', 'x-n': '1' } });
      for (const _ of [1, 2]) expect((await cache.fetch(path)).status).toBe(status);
      expect(cache.origin.seen(path)).toHaveLength(1);
    }
  });
});

describe('an answer is not reused', () => {
  const single: Readonly<Record<string, Fields>> = {
    'without a lifetime': { 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' },
    'with no-store': { 'cache-control': 'no-store, max-age=60' },
    'with private': { 'cache-control': 'private, max-age=60' },
    'with no-cache': { 'cache-control': 'no-cache, max-age=60' },
    'with max-age=0 and a future Expires': {
      'cache-control': 'max-age=0',
      expires: 'Sun, 21 Nov 2286 04:46:39 GMT',
    },
    'that came too old': { 'cache-control': 'max-age=60', age: '61' },
    'with Vary: *': { 'cache-control': 'max-age=60', vary: '*' },
    'with an Expires that cannot be read': { expires: 'Thu, 18 Aug 2050 2:01:18 GMT' },
    'with CDN-Cache-Control: no-store': { 'cdn-cache-control': 'no-store', 'cache-control': 'max-age=60' },
  };
  for (const [what, answer] of Object.entries(single)) {
    test(what, async () => expect(await isReused(answer)).toBe(false));
  }

  test('under another query, nor where the client asks for a newer one', async () => {
    const fresh = { 'cache-control': 'max-age=60' };
    const path = serve({ headers: fresh });
    await read(path);
    expect(await read(`${path}?a`)).toBe('answer 2');
    for (const asked of ['no-cache', 'max-age=0', 'min-fresh=61']) {
      expect(await isReused(fresh, {}, { 'cache-control': asked })).toBe(false);
    }
    expect(await isReused(fresh, { 'cache-control': 'no-store' }, {})).toBe(false);
  });
});

describe('a stored answer', () => {
  const STALE = { 'cache-control': 'max-age=10', age: '11' };

  test('grows older, keeps its Date, and is without what Connection names', async () => {
    const date = new Date(Date.now() - 5_000).toUTCString();
    const path = serve({ headers: { 'cache-control': 'max-age=60', age: '30', date, 'x-end': 'yes' } });
    await cache.fetch(path);
    const { headers } = await cache.fetch(path);
    expect(Number(headers.get('age'))).toBeGreaterThanOrEqual(30);
    expect(headers.get('date')).toBe(date);
    expect(headers.get('x-end')).toBe('yes');
  });

  test('that is stale is validated and then brought up to date by the 304', async () => {
    const path = serve(
      { headers: { ...STALE, etag: '"a"', 'x-kept': 'yes', 'x-changed': 'old' } },
      { status: 304, headers: { 'cache-control': 'max-age=60', etag: '"a"', 'x-changed': 'new' } },
    );
    await read(path);
    const validated = await cache.fetch(path);
    expect(await validated.text()).toBe('answer 1');
    expect(cacheStatus(validated)).toBe('hotshelf-edge; fwd=stale; fwd-status=304; stored');
    expect(cache.origin.seen(path)[1]?.headers.get('if-none-match')).toBe('"a"');
    const again = await cache.fetch(path);
    expect(again.headers.get('x-kept')).toBe('yes');
    expect(again.headers.get('x-changed')).toBe('new');
    expect(cache.origin.seen(path)).toHaveLength(2);
  });

  test('is replaced where a 304 speaks of another one', async () => {
    const path = serve(
      { headers: { ...STALE, etag: '"a"' } },
      { status: 304, headers: { etag: '"b"' } },
      { headers: { 'cache-control': 'max-age=60', etag: '"b"' } },
    );
    await read(path);
    expect(await read(path)).toBe('answer 3');
    expect(cache.origin.seen(path)[2]?.headers.get('if-none-match')).toBeNull();
  });

  test('answers conditions, HEAD and ranges by itself', async () => {
    const path = serve({ headers: { 'cache-control': 'max-age=60', etag: '"a"' } });
    await read(path);
    const notModified = await cache.fetch(path, { headers: { 'if-none-match': 'W/"a", "b"' } });
    expect([notModified.status, notModified.headers.get('etag')]).toEqual([304, '"a"']);
    const head = await cache.fetch(path, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String('answer 1'.length));
    const part = await cache.fetch(path, { headers: { range: 'bytes=0-2' } });
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
      206,
      'ans',
      'bytes 0-2/8',
    ]);
    expect(cache.origin.seen(path)).toHaveLength(1);
  });

  test('is used while a new one is fetched, for as long as the origin allows', async () => {
    const path = serve(
      { headers: { 'cache-control': 'max-age=10, stale-while-revalidate=60', age: '11' } },
      { headers: { 'cache-control': 'max-age=60' } },
    );
    await read(path);
    expect(await read(path)).toBe('answer 1');
    // A read that found the stale one just before the new one came may have fetched a newer one still.
    await eventually('a new one is there', async () => (await read(path)) !== 'answer 1');
  });

  test('covers for a failure, but not where it must be validated', async () => {
    const failing = { status: 503, headers: {} };
    const covered = serve(
      { headers: { 'cache-control': 'max-age=10, stale-if-error=60', age: '11' } },
      failing,
    );
    const bound = serve({ headers: { 'cache-control': 'max-age=10, must-revalidate', age: '11' } }, failing);
    for (const path of [covered, bound]) await read(path);
    expect((await cache.fetch(covered)).status).toBe(200);
    expect((await cache.fetch(bound)).status).toBe(503);
  });

  test('is what only-if-cached gets, or 504', async () => {
    const path = serve({ headers: { 'cache-control': 'max-age=60' } });
    const headers = { 'cache-control': 'only-if-cached' };
    expect((await cache.fetch(path, { headers })).status).toBe(504);
    await read(path);
    expect((await cache.fetch(path, { headers })).status).toBe(200);
  });
});

describe('Vary', () => {
  test('keeps variants apart, side by side', async () => {
    const path = serve({ headers: { 'cache-control': 'max-age=60', vary: 'Foo' } });
    const variants = ['1', '2', '1', '2'];
    const texts: string[] = [];
    for (const foo of variants) texts.push(await read(path, { foo }));
    expect(texts).toEqual(['answer 1', 'answer 2', 'answer 1', 'answer 2']);
    expect(await read(path)).toBe('answer 3');
  });

  test('goes with validation: the selecting fields are sent along', async () => {
    const stale = { 'cache-control': 'max-age=10', age: '11', vary: 'Foo', etag: '"a"' };
    const path = serve({ headers: stale }, { status: 304, headers: {} });
    for (const _ of [1, 2]) expect(await read(path, { foo: '1' })).toBe('answer 1');
    const { headers } = cache.origin.seen(path)[1] ?? { headers: new Headers() };
    expect([headers.get('foo'), headers.get('if-none-match')]).toEqual(['1', '"a"']);
  });
});

describe('an unsafe request', () => {
  test('reaches the origin unchanged and, once it succeeds, makes what is stored invalid', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const path = serve({ headers: { 'cache-control': 'max-age=60' } });
      await read(path);
      const response = await cache.fetch(`${path}?a=1&a=2`, {
        method,
        body: 'text',
        headers: { 'x-any': '1' },
      });
      expect(response.status).toBe(200);
      expect(cache.origin.seen(path)[1]).toMatchObject({ method, target: `${path}?a=1&a=2`, body: 'text' });
      expect(cache.origin.seen(path)[1]?.headers.get('x-any')).toBe('1');
      expect(await read(path)).toBe('answer 3');
    }
  });

  test('that fails changes nothing', async () => {
    const path = serve({ headers: { 'cache-control': 'max-age=60' } }, { status: 500, headers: {} });
    await read(path);
    await cache.fetch(path, { method: 'POST' });
    expect(await read(path)).toBe('answer 1');
  });

  test('makes invalid what its answer points at', async () => {
    const target = serve({ headers: { 'cache-control': 'max-age=60' } });
    const path = serve({ status: 201, headers: { location: target } });
    await read(target);
    await cache.fetch(path, { method: 'POST' });
    expect(await read(target)).toBe('answer 2');
  });
});

test('the answer to a POST is what a GET gets, where it says that it is', async () => {
  const fresh = { 'cache-control': 'max-age=60' };
  const own = serve({ headers: { ...fresh, 'content-location': `/any/${paths + 1}` } });
  const other = serve({ headers: { ...fresh, 'content-location': '/any/other' } });
  for (const path of [own, other]) await cache.fetch(path, { method: 'POST', body: 'x' });
  expect([await read(own), await read(other)]).toEqual(['answer 1', 'answer 2']);
});

test('its origin is told no secret of the edge', async () => {
  const path = serve({ headers: {} });
  await read(path);
  await cache.fetch(path, { method: 'POST' });
  for (const { headers } of cache.origin.seen(path)) {
    expect([...headers.keys()].filter((name) => name.startsWith('x-hotshelf'))).toEqual([]);
  }
});
