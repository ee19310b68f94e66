/** A picture's whole way: from the database through origin and edge to clients that take different formats. */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import sharp from 'sharp';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import { cacheStatus, PURGE_SECRET } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';
import { type OriginUnderTest, openOrigin, TEST_CONFIG } from '#test/support/origin.ts';
import { photograph, publish } from '#test/support/pictures.ts';

setDefaultTimeout(60_000);

let shop: OriginUnderTest;
let originServer: Bun.Server<undefined>;
let edge: RunningEdge;
beforeAll(async () => {
  shop = await openOrigin();
  originServer = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: (request) => shop.fetch(request) });
  edge = await startEdge({
    originUrl: `http://127.0.0.1:${originServer.port}`,
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    onLog: () => {},
  });
  await publish(shop.deps, 'chair.jpg', 'image/jpeg', await photograph({ width: 800, height: 600 }));
});
afterAll(async () => {
  await edge.stop();
  await originServer.stop(true);
  await shop.close();
});

test('browsers of three generations get the picture that they can show, once made and then stored', async () => {
  const generations = [
    ['image/avif,image/webp,*/*', 'image/avif', 'heif'],
    ['image/webp,*/*', 'image/webp', 'webp'],
    ['*/*', 'image/jpeg', 'jpeg'],
  ] as const;
  for (const [accept, type, format] of generations) {
    const get = (init: RequestInit = {}) =>
      fetch(`${edge.url}/media/chair.jpg?w=320`, { ...init, headers: { accept, ...init.headers } });
    const first = await eventually(`the picture is there as ${type}`, async () => {
      const answer = await get();
      return answer.headers.get('cache-control') === 'public, max-age=86400' && answer;
    });
    expect(first.headers.get('content-type')).toBe(type);
    expect(first.headers.get('content-security-policy')).toContain('sandbox');
    expect(await sharp(await first.bytes()).metadata()).toMatchObject({ format, width: 320, height: 240 });
    const second = await get();
    expect(cacheStatus(second)).toContain('hit');
    await second.bytes();
    const etag = first.headers.get('etag') ?? '';
    expect((await get({ headers: { 'if-none-match': etag } })).status).toBe(304);
    expect((await get({ method: 'HEAD' })).headers.get('content-type')).toBe(type);
  }
});

test('a width that is not on offer is a clear refusal at the edge, too', async () => {
  const response = await fetch(`${edge.url}/media/chair.jpg?w=333`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    code: 'invalid_input',
    errors: [{ path: 'query/w', message: 'must be one of 160, 320, 480, 640, 960, 1280, 1920' }],
  });
});

test('the files of the API page are good for ever, and the page itself is not', async () => {
  const page = await fetch(`${edge.url}/docs`);
  expect(page.headers.get('cache-control')).toBe('no-cache');
  const paths = [...(await page.text()).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
  expect(paths).toHaveLength(4);
  for (const path of paths) {
    expect(path).toMatch(/^\/docs\/assets\/[\w-]+\.[0-9a-f]{16}\.(?:js|css|png)$/);
    await (await fetch(edge.url + path)).bytes();
    const again = await fetch(edge.url + path);
    expect(again.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(cacheStatus(again)).toContain('hit');
    await again.bytes();
    const etag = again.headers.get('etag') ?? '';
    expect((await fetch(edge.url + path, { headers: { 'if-none-match': etag } })).status).toBe(304);
  }
  expect((await fetch(`${edge.url}/docs/assets/start.0000000000000000.js`)).status).toBe(404);
  expect((await fetch(`${edge.url}/docs/assets/start.js`)).status).toBe(404);
});
