/** What the edge stores, serves and forgets, on real workerd. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { cacheStatus, type EdgeUnderTest, product, startEdgeUnderTest } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';

// The runtime starts slowly on a busy machine.
setDefaultTimeout(30_000);

let shop: EdgeUnderTest;

beforeAll(async () => {
  shop = await startEdgeUnderTest();
});

afterAll(async () => {
  await shop.stop();
});

describe('a public catalogue read', () => {
  test('is fetched once and then served from the cache, and both answers say so', async () => {
    const path = '/api/v1/products/tea';
    shop.origin.on(path, () => product({ name: 'Tea' }, { 'cache-status': 'hotshelf-origin; hit' }));
    const first = await shop.fetch(path);
    const second = await shop.fetch(path);
    expect(first.headers.get('cache-status')).toBe('hotshelf-origin; hit, hotshelf-edge; fwd=miss; stored');
    expect(second.headers.get('cache-status')).toMatch(
      /^hotshelf-edge; hit; ttl=(60|59|58); detail=(colo|memory)$/,
    );
    expect(await second.json()).toEqual({ name: 'Tea' });
    expect(second.headers.get('age')).toMatch(/^\d+$/);
    expect(shop.origin.seen(path)).toHaveLength(1);
  });

  test('tells browsers their own directives only, and nobody its tags', async () => {
    const path = '/api/v1/products/tagged';
    shop.origin.on(path, () => product({}, { 'cache-tag': 'product-1' }));
    await shop.fetch(path);
    const hit = await shop.fetch(path);
    expect(hit.headers.get('cache-control')).toBe('public, max-age=0');
    expect(hit.headers.get('cache-tag')).toBeNull();
    expect([...hit.headers.keys()].filter((name) => name.startsWith('x-hotshelf'))).toEqual([]);
  });

  test('has one key whatever the order of its parameters and however the shopper was tracked', async () => {
    const path = '/api/v1/products';
    shop.origin.on(path, () => product({ items: [] }));
    await shop.fetch(`${path}?sort=price&category=tea&utm_source=mail&gclid=1`);
    const again = await shop.fetch(`${path}?fbclid=2&category=tea&sort=price`);
    expect(cacheStatus(again)).toStartWith('hotshelf-edge; hit');
    expect(shop.origin.seen(path).map(({ target }) => target)).toEqual([`${path}?category=tea&sort=price`]);
  });

  test('with a parameter that the route does not know is the origin’s to refuse, and never stored', async () => {
    const path = '/api/v1/categories';
    shop.origin.on(path, () => product([]));
    for (const _ of [1, 2]) expect((await shop.fetch(`${path}?x=1`)).headers.get('cache-status')).toBeNull();
    expect(shop.origin.seen(path).map(({ target }) => target)).toEqual([`${path}?x=1`, `${path}?x=1`]);
  });

  test('answers HEAD from a stored GET', async () => {
    const path = '/api/v1/products/head';
    shop.origin.on(path, () => product({ name: 'Head' }));
    await shop.fetch(path);
    const head = await shop.fetch(path, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(cacheStatus(head)).toStartWith('hotshelf-edge; hit');
    expect(head.headers.get('content-length')).toBe(String('{"name":"Head"}'.length));
    expect(await head.text()).toBe('');
    expect(shop.origin.seen(path)).toHaveLength(1);
  });

  test('answers 304 to whoever holds the stored version, and 200 to whoever holds another', async () => {
    const path = '/api/v1/products/etag';
    shop.origin.on(path, () => product({}));
    await shop.fetch(path);
    const same = await shop.fetch(path, { headers: { 'if-none-match': '"v0", W/"v1"' } });
    const other = await shop.fetch(path, { headers: { 'if-none-match': '"v0"' } });
    expect(same.status).toBe(304);
    expect(same.headers.get('etag')).toBe('"v1"');
    expect(other.status).toBe(200);
    expect(shop.origin.seen(path)).toHaveLength(1);
  });

  test('missed by many at once is fetched once', async () => {
    const path = '/api/v1/products/rush';
    const gate = Promise.withResolvers<void>();
    shop.origin.on(path, async () => {
      await gate.promise;
      return product({});
    });
    const rush = Array.from({ length: 20 }, () => shop.fetch(path));
    await eventually('the origin is asked', () => shop.origin.seen(path).length > 0);
    gate.resolve();
    const answers = await Promise.all(rush);
    expect(answers.map(({ status }) => status)).toEqual(new Array(20).fill(200));
    expect(shop.origin.seen(path)).toHaveLength(1);
  });

  test('of nothing is remembered only if the origin says for how long', async () => {
    const gone = '/api/v1/products/gone';
    const problem = (cacheControl: string) => () =>
      new Response('{}', {
        status: 404,
        headers: { 'content-type': 'application/problem+json', 'cache-control': cacheControl },
      });
    shop.origin.on(gone, problem('public, s-maxage=60'));
    expect((await shop.fetch(gone)).status).toBe(404);
    const again = await shop.fetch(gone);
    expect(again.status).toBe(404);
    expect(cacheStatus(again)).toMatch(/^hotshelf-edge; hit; ttl=[1-5]; detail=colo$/);
    const unsaid = '/api/v1/products/unsaid';
    shop.origin.on(unsaid, problem('no-store'));
    for (const _ of [1, 2]) await shop.fetch(unsaid);
    expect(shop.origin.seen(unsaid)).toHaveLength(2);
  });
});

describe('stale answers', () => {
  const OLD = { age: '100' };

  test('are served at once while a new one is fetched', async () => {
    const path = '/api/v1/products/swr';
    shop.origin.on(path, () => product({ price: 1 }, OLD, 's-maxage=50, stale-while-revalidate=1000'));
    await shop.fetch(path);
    shop.origin.on(path, () => product({ price: 2 }));
    const stale = await shop.fetch(path);
    expect(await stale.json()).toEqual({ price: 1 });
    expect(cacheStatus(stale)).toMatch(/^hotshelf-edge; hit; ttl=-5\d; detail=stale-while-revalidate$/);
    await eventually('the new price is served', async () => {
      return ((await (await shop.fetch(path)).json()) as { price: number }).price === 2;
    });
  });

  test('are served, marked, when the origin answers with a failure', async () => {
    const path = '/api/v1/products/sie';
    shop.origin.on(path, () => product({ price: 1 }, OLD, 's-maxage=50, stale-if-error=1000'));
    await shop.fetch(path);
    shop.origin.on(path, () => new Response('broken', { status: 503 }));
    const stale = await shop.fetch(path);
    expect(stale.status).toBe(200);
    expect(await stale.json()).toEqual({ price: 1 });
    expect(Number(stale.headers.get('age'))).toBeGreaterThanOrEqual(100);
    expect(cacheStatus(stale)).toMatch(
      /^hotshelf-edge; fwd=stale; fwd-status=503; ttl=-5\d; detail=stale-if-error$/,
    );
  });

  test('are not served past what the origin allowed', async () => {
    const path = '/api/v1/products/too-old';
    shop.origin.on(path, () => product({}, OLD, 's-maxage=50, stale-if-error=10'));
    await shop.fetch(path);
    shop.origin.on(path, () => new Response('broken', { status: 502 }));
    expect((await shop.fetch(path)).status).toBe(502);
  });
});

test('an answer out of memory is the same as one that the whole pipeline made, but for its request id', async () => {
  const path = '/api/v1/products/hot';
  shop.origin.on(path, () => product({ name: 'Hot' }, { 'cache-tag': 'product-hot' }));
  await shop.fetch(path);
  const one = (response: Response) => {
    const { 'x-request-id': id, 'server-timing': timing, ...headers } = Object.fromEntries(response.headers);
    return { id, timing, told: { ...headers, age: '', 'cache-status': '' } };
  };
  const seen = new Set<string | undefined>();
  const pipeline = one(await shop.fetch(path, { headers: { 'if-none-match': '"other"' } }));
  await eventually('it comes out of memory', async () => {
    const response = await shop.fetch(path);
    const { id, told } = one(response);
    expect(await response.json()).toEqual({ name: 'Hot' });
    expect(told).toEqual(pipeline.told);
    expect(seen.has(id)).toBe(false);
    seen.add(id);
    return seen.size > 5 && cacheStatus(response).endsWith('detail=memory');
  });
  await shop.purge(['product-hot']);
  expect(cacheStatus(await shop.fetch(path))).toStartWith('hotshelf-edge; fwd=miss');
});

test('a client may ask for a newer answer, or for a stored one alone', async () => {
  const path = '/api/v1/products/asked';
  shop.origin.on(path, () => product({ n: shop.origin.seen(path).length }));
  const only = { 'cache-control': 'only-if-cached' };
  expect((await shop.fetch(path, { headers: only })).status).toBe(504);
  expect(await (await shop.fetch(path)).json()).toEqual({ n: 1 });
  expect(await (await shop.fetch(path, { headers: only })).json()).toEqual({ n: 1 });
  const newer = await shop.fetch(path, { headers: { 'cache-control': 'no-cache' } });
  expect(await newer.json()).toEqual({ n: 2 });
  expect(cacheStatus(newer)).toBe('hotshelf-edge; fwd=request; stored');
});

test('a write that succeeds makes what is stored under its path invalid', async () => {
  const path = '/api/v1/products/written';
  shop.origin.on(path, () => product({ n: shop.origin.seen(path).length }));
  await shop.fetch(path);
  expect((await shop.fetch(path, { method: 'PATCH', body: '{}' })).status).toBe(200);
  expect(await (await shop.fetch(path)).json()).toEqual({ n: 3 });
});

test('a stale answer is validated, and a 304 makes it fresh again', async () => {
  const path = '/api/v1/products/validated';
  shop.origin.on(path, ({ headers }) => {
    return headers.get('if-none-match') === '"v1"'
      ? new Response(null, { status: 304, headers: { etag: '"v1"', 'cache-control': 's-maxage=60' } })
      : product({ name: 'Tea' }, { age: '100' }, 's-maxage=50');
  });
  await shop.fetch(path);
  const validated = await shop.fetch(path);
  expect(cacheStatus(validated)).toBe('hotshelf-edge; fwd=stale; fwd-status=304; stored');
  expect(await validated.json()).toEqual({ name: 'Tea' });
  expect(cacheStatus(await shop.fetch(path))).toStartWith('hotshelf-edge; hit; ttl=');
});

test('each tier adds its timing to that of the tiers behind it, and on a hit speaks alone', async () => {
  const path = '/api/v1/products/timed';
  shop.origin.on(path, () => product({}, { 'server-timing': 'origin;dur=1.5' }));
  const [miss, hit] = [await shop.fetch(path), await shop.fetch(path)];
  expect(miss.headers.get('server-timing')).toMatch(/^origin;dur=1\.5, edge;desc="miss";dur=\d+$/);
  expect(hit.headers.get('server-timing')).toMatch(/^edge;desc="(colo|memory)";dur=\d+$/);
});

describe('never stored', () => {
  const careless: Readonly<Record<string, Response>> = {
    'an answer that sets a cookie': product({}, { 'set-cookie': 'session=1' }),
    'a private answer': product({}, {}, 'private, s-maxage=60'),
    'a no-store answer': product({}, {}, 'no-store, s-maxage=60'),
    'an answer without a lifetime': product({}, {}, 'public'),
    'an answer that varies by everything': product({}, { vary: '*' }),
    'an answer of another type than the route declares': product({}, { 'content-type': 'text/html' }),
  };
  for (const [what, answer] of Object.entries(careless)) {
    test(what, async () => {
      const path = `/api/v1/products/${what.replaceAll(' ', '-')}`;
      shop.origin.on(path, () => answer.clone() as Response);
      for (const _ of [1, 2]) expect(cacheStatus(await shop.fetch(path))).toBe('hotshelf-edge; fwd=miss');
      expect(shop.origin.seen(path)).toHaveLength(2);
    });
  }
});

describe('a purge', () => {
  test('makes the answers with its tag unusable and leaves the others', async () => {
    const [purged, kept] = ['/api/v1/products/purged', '/api/v1/products/kept'];
    shop.origin.on(purged, () => product({}, { 'cache-tag': 'lists, product-purged' }));
    shop.origin.on(kept, () => product({}, { 'cache-tag': 'product-kept' }));
    for (const path of [purged, kept]) await shop.fetch(path);
    expect((await shop.purge(['product-purged'])).status).toBe(204);
    expect(cacheStatus(await shop.fetch(purged))).toStartWith('hotshelf-edge; fwd=miss');
    expect(cacheStatus(await shop.fetch(kept))).toStartWith('hotshelf-edge; hit');
    await eventually('it is stored again', async () => {
      return cacheStatus(await shop.fetch(purged)).startsWith('hotshelf-edge; hit');
    });
  });

  test('is not undone by a fetch that was under way, nor shared with whoever comes after it', async () => {
    const path = '/api/v1/products/overtaken';
    const gate = Promise.withResolvers<void>();
    const tags = { 'cache-tag': 'product-overtaken' };
    shop.origin.on(path, async () => {
      await gate.promise;
      return product({ price: 1 }, tags);
    });
    const before = shop.fetch(path);
    await eventually('the origin is asked', () => shop.origin.seen(path).length === 1);
    shop.origin.on(path, () => product({ price: 2 }, tags));
    expect((await shop.purge(['product-overtaken'])).status).toBe(204);
    const during = shop.fetch(path);
    gate.resolve();
    expect(await (await before).json()).toEqual({ price: 1 });
    expect(await (await during).json()).toEqual({ price: 2 });
    expect(await (await shop.fetch(path)).json()).toEqual({ price: 2 });
  });

  test('needs its secret and names at most thirty tags', async () => {
    expect((await shop.purge(['product-1'], 'x'.repeat(40))).status).toBe(401);
    expect((await shop.purge([])).status).toBe(400);
    expect((await shop.purge(['not a tag'])).status).toBe(400);
    expect((await shop.purge(Array.from({ length: 31 }, (_, index) => `t${index}`))).status).toBe(400);
  });
});
