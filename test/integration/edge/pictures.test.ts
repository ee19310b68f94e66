/** Pictures and static files at the edge, on real workerd: one stored answer a width and format, whoever asks. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { cacheStatus, type EdgeUnderTest, type SeenRequest, startEdgeUnderTest } from '#test/support/edge.ts';

// The runtime starts slowly on a busy machine.
setDefaultTimeout(30_000);

const AVIF = 'image/avif,image/webp,image/*,*/*;q=0.8';
const WEBP = 'image/webp,*/*;q=0.5';

let shop: EdgeUnderTest;
beforeAll(async () => {
  shop = await startEdgeUnderTest();
});
afterAll(async () => {
  await shop.stop();
});

/** Answers with what it was asked for. */
function picture({ target }: SeenRequest): Response {
  return new Response(target, {
    headers: {
      'content-type': 'image/webp',
      'cache-control': 'public, max-age=86400, s-maxage=86400',
      etag: `"${target}"`,
    },
  });
}

async function read(target: string, accept?: string, init: RequestInit = {}) {
  const headers = new Headers(init.headers);
  if (accept !== undefined) headers.set('accept', accept);
  const response = await shop.fetch(target, { ...init, headers });
  return { response, body: await response.text() };
}

describe('a picture at a width', () => {
  test('is asked for in the best format that the client takes, and told apart by Accept', async () => {
    const path = '/media/formats.jpg';
    shop.origin.on(path, picture);
    const clients = [AVIF, WEBP, 'image/*,*/*', AVIF, WEBP, 'text/html'];
    const answers = [];
    for (const accept of clients) answers.push(await read(`${path}?w=320`, accept));
    const formats = answers.map(({ body }) => body.split('format=')[1]);
    expect(formats).toEqual(['avif', 'webp', 'original', 'avif', 'webp', 'original']);
    for (const { response } of answers) expect(response.headers.get('vary')).toContain('Accept');
    const seen = shop.origin.seen(path);
    expect(seen.map(({ target }) => target)).toEqual(
      ['avif', 'webp', 'original'].map((format) => `${path}?w=320&format=${format}`),
    );
    expect(new Set(seen.map(({ headers }) => headers.get('accept')))).toEqual(new Set(['*/*']));
  });

  test('from memory is still each client’s own', async () => {
    const path = '/media/hot.jpg';
    shop.origin.on(path, picture);
    for (let turn = 0; turn < 5; turn += 1) await read(`${path}?w=640`, AVIF);
    expect((await read(`${path}?w=640`, WEBP)).body).toEndWith('format=webp');
    expect((await read(`${path}?w=640`)).body).toEndWith('format=original');
  });

  test('in a format that the URL names is the same for all', async () => {
    const path = '/media/named.jpg';
    shop.origin.on(path, picture);
    const first = await read(`${path}?format=webp&w=320`, AVIF);
    const second = await read(`${path}?utm_source=mail&w=320&format=webp`, 'image/png');
    expect([first.body, second.body]).toEqual([`${path}?w=320&format=webp`, `${path}?w=320&format=webp`]);
    expect(cacheStatus(second.response)).toContain('hit');
    expect(second.response.headers.get('vary')).toBeNull();
    expect(shop.origin.seen(path)).toHaveLength(1);
  });

  test('is confirmed and described without the origin', async () => {
    const path = '/media/again.jpg';
    shop.origin.on(path, picture);
    const { response } = await read(`${path}?w=160`, AVIF);
    const etag = response.headers.get('etag') ?? '';
    const held = await read(`${path}?w=160`, AVIF, { headers: { 'if-none-match': etag } });
    expect(held.response.status).toBe(304);
    expect(held.response.headers.get('vary')).toContain('Accept');
    expect(held.response.headers.get('cache-control')).toBe('public, max-age=86400');
    const head = await read(`${path}?w=160`, AVIF, { method: 'HEAD' });
    expect(head.response.headers.get('etag')).toBe(etag);
    expect(Number(head.response.headers.get('content-length'))).toBe(`${path}?w=160&format=avif`.length);
    expect(head.body).toBe('');
    expect(shop.origin.seen(path)).toHaveLength(1);
    // Its validator is that of one format: the other client's picture is another.
    const other = await read(`${path}?w=160`, WEBP, { headers: { 'if-none-match': etag } });
    expect(other.response.status).toBe(200);
  });
});

test('a picture as it is has one stored answer, whatever is accepted', async () => {
  const path = '/media/plain.jpg';
  shop.origin.on(path, picture);
  for (const accept of [AVIF, WEBP, undefined]) expect((await read(path, accept)).body).toBe(path);
  expect(shop.origin.seen(path)).toHaveLength(1);
});

test('a refusal of a width is stored by nobody', async () => {
  const path = '/media/refused.jpg';
  shop.origin.on(path, () =>
    Response.json({ code: 'invalid_input' }, { status: 400, headers: { 'cache-control': 'max-age=60' } }),
  );
  expect((await read(`${path}?w=333`, AVIF)).response.status).toBe(400);
  const again = await read(`${path}?w=333`, AVIF);
  expect(cacheStatus(again.response)).not.toContain('hit');
  expect(shop.origin.seen(path)).toHaveLength(2);
});

test('a static file is stored, and browsers are told that it is good for ever', async () => {
  const path = '/docs/assets/swagger-ui.0123456789abcdef.css';
  const immutable = 'public, max-age=31536000, immutable';
  const headers = { 'content-type': 'text/css; charset=utf-8', 'cache-control': immutable };
  shop.origin.on(path, () => new Response('body{}', { headers }));
  await read(path);
  const { response, body } = await read(path);
  expect(body).toBe('body{}');
  expect(cacheStatus(response)).toContain('hit');
  expect(response.headers.get('cache-control')).toBe(immutable);
  const disguised = '/docs/assets/page.0123456789abcdef.css';
  shop.origin.on(
    disguised,
    () => new Response('<html>', { headers: { ...headers, 'content-type': 'text/html' } }),
  );
  await read(disguised);
  expect(cacheStatus((await read(disguised)).response)).not.toContain('hit');
});
