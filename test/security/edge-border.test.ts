/** What the edge says to browsers, to pages of other origins, and to requests that are too much. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { UPLOAD_PATH } from '#lib/edge-contract.ts';
import { type EdgeUnderTest, nextIp, product, startEdgeUnderTest } from '#test/support/edge.ts';
import { eventually } from '#test/support/eventually.ts';
import { open } from '#test/support/raw.ts';

const FRIEND = 'https://storefront.example';
const OTHER_FRIEND = 'https://kiosk.example';
const STRANGER = 'https://evil.example';

let shop: EdgeUnderTest;
beforeAll(async () => {
  shop = await startEdgeUnderTest({
    vars: { PUBLIC_URL: 'https://shop.test', CORS_ORIGINS: `${FRIEND}, ${OTHER_FRIEND}` },
  });
});
afterAll(async () => {
  await shop.stop();
});

const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');
const from = (origin: string) => ({ headers: { origin } });

describe('every answer', () => {
  test.each([
    ['/livez', 200],
    ['/nowhere', 404],
    ['/api/v1/me', 200],
    ['/api/v1/products/rules', 200],
    ['/api/v1/products/a%00b', 400],
  ])('of %s holds browsers to the rules', async (path, status) => {
    shop.origin.on('/api/v1/products/rules', () => product({}));
    for (let times = 0; times < 3; times += 1) {
      const { headers, status: answered } = await shop.fetch(path);
      expect(answered).toBe(status);
      expect(headers.get('content-security-policy')).toStartWith("default-src 'none'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('permissions-policy')).toContain('camera=()');
      expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8,}/);
      for (const name of ['server', 'x-powered-by']) expect(headers.has(name)).toBeFalse();
    }
  });

  test('that comes with rules of its own keeps them', async () => {
    const policy = "default-src 'none'; script-src 'self'";
    shop.origin.on('/docs', () => new Response('page', { headers: { 'content-security-policy': policy } }));
    expect((await shop.fetch('/docs')).headers.get('content-security-policy')).toBe(policy);
  });

  test('of a picture may be shown by any page', async () => {
    shop.origin.on('/media/a.jpg', () => new Response('x', { headers: { 'content-type': 'image/jpeg' } }));
    const { headers } = await shop.fetch('/media/a.jpg');
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });
});

describe('a page of another origin', () => {
  const path = '/api/v1/products/shared';

  test('reads what is stored only where it is known, whoever asked first', async () => {
    shop.origin.on(path, () => product({ name: 'Mug' }));
    for (const origin of [STRANGER, FRIEND, STRANGER, OTHER_FRIEND, null, FRIEND]) {
      for (let times = 0; times < 2; times += 1) {
        const response = await shop.fetch(path, origin === null ? {} : from(origin));
        expect(response.status).toBe(200);
        expect(allowed(response)).toBe(origin === STRANGER ? null : origin);
        expect(response.headers.get('vary')).toMatch(/\bOrigin\b/);
      }
    }
    expect(shop.origin.seen(path)).toHaveLength(1);
  });

  test.each([
    'null',
    'https://storefront.example.evil.example',
    'https://evil-storefront.example',
    'http://storefront.example',
    'https://storefront.example:444',
    'https://STOREFRONT.example',
    `${FRIEND}, ${STRANGER}`,
    '*',
  ])('that calls itself %s is not known', async (origin) => {
    expect(allowed(await shop.fetch('/api/v1/me', from(origin)))).toBeNull();
  });

  test('is told in advance what it may send, and the origin hears nothing of it', async () => {
    const ask = (origin: string) =>
      shop.fetch('/api/v1/checkout', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const known = await ask(FRIEND);
    expect(known.status).toBe(204);
    expect(allowed(known)).toBe(FRIEND);
    expect(known.headers.get('access-control-allow-methods')).toContain('POST');
    expect(known.headers.get('access-control-allow-headers')).toContain('idempotency-key');
    expect(known.headers.get('access-control-allow-headers')).not.toContain('*');
    const unknown = await ask(STRANGER);
    expect(allowed(unknown)).toBeNull();
    expect(unknown.headers.has('access-control-allow-methods')).toBeFalse();
    expect(shop.origin.seen('/api/v1/checkout')).toHaveLength(0);
  });

  test('is nowhere known where none is configured, and answers do not depend on it', async () => {
    const bare = await startEdgeUnderTest();
    try {
      const response = await bare.fetch('/api/v1/me', from(FRIEND));
      expect(allowed(response)).toBeNull();
      expect(response.headers.get('vary') ?? '').not.toContain('Origin');
      const preflight = await bare.fetch('/api/v1/me', {
        method: 'OPTIONS',
        headers: { origin: FRIEND, 'access-control-request-method': 'GET' },
      });
      expect(preflight.status).toBe(405);
    } finally {
      await bare.stop();
    }
  });
});

describe('a request that is too much', () => {
  test('by the number of its headers, or by their size, is refused', async () => {
    const many = Object.fromEntries(Array.from({ length: 90 }, (_, at) => [`x-h-${at}`, '1']));
    const large = { 'x-large': 'a'.repeat(20_000) };
    for (const headers of [many, large]) {
      const response = await shop.fetch('/api/v1/me', { headers });
      expect(response.status).toBe(431);
      if (response.headers.get('content-type')?.includes('json')) {
        expect(await response.json()).toMatchObject({ code: 'headers_too_large' });
      }
    }
  });

  test('by what is packed in its body is refused, and the origin is not asked', async () => {
    const body = new Uint8Array(gzipSync(Buffer.alloc(10 * 1024 * 1024)));
    const init = { method: 'POST', body, headers: { 'content-encoding': 'gzip' } };
    const response = await shop.fetch('/api/v1/packed', init);
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ code: 'content_encoding_unsupported' });
    expect(shop.origin.seen('/api/v1/packed')).toHaveLength(0);
  });

  test.each(['authorization', 'cart-token', 'idempotency-key', 'if-match'])(
    'by a byte in %s that two readers would read in two ways is refused',
    async (name) => {
      const response = await shop.fetch('/api/v1/me', { headers: { [name]: 'caf\u00e9' } });
      expect(response.status).toBe(400);
      expect(
        shop.origin.seen('/api/v1/me').filter(({ headers }) => headers.get(name)?.includes('caf')),
      ).toEqual([]);
    },
  );

  test('by uncached searches is refused before reads of products are', async () => {
    const small = await startEdgeUnderTest({ limits: { SEARCH_MISS_LIMITER: 3 } });
    try {
      const ip = '10.9.9.9';
      const search = (words: number) => small.fetch(`/api/v1/search?q=w${words}`, { ip });
      const statuses: number[] = [];
      for (let words = 0; words < 7; words += 1) statuses.push((await search(words)).status);
      expect(statuses).toContain(429);
      expect((await small.fetch('/api/v1/products/other', { ip })).status).toBe(200);
    } finally {
      await small.stop();
    }
  });
});

describe('uploads that somebody begins and never ends', () => {
  const JUNK = ['Authorization: Bearer junk'];
  const begin = async (ip: string, ...headers: readonly string[]): Promise<Socket> => {
    const socket = await open(shop.edge.url);
    socket.on('error', () => undefined);
    const fields = ['Host: a', `CF-Connecting-IP: ${ip}`, 'Transfer-Encoding: chunked', ...headers];
    socket.write(`POST ${UPLOAD_PATH} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n1\r\n{\r\n`);
    return socket;
  };
  const upload = (init: RequestInit & { readonly ip?: string } = {}) =>
    shop.fetch(UPLOAD_PATH, { method: 'POST', body: 'x', headers: { authorization: 'Bearer t' }, ...init });

  test('keep nobody else’s out', async () => {
    const ip = nextIp();
    const more = [[], [], [], [], JUNK, JUNK, JUNK, JUNK, JUNK];
    const sockets: Socket[] = [];
    try {
      await eventually('the stranger is refused', async () => {
        sockets.push(...(await Promise.all(more.map((headers) => begin(ip, ...headers)))));
        return (await upload({ ip })).status === 503;
      });
      expect((await upload()).status).toBe(200);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  test('leave their place when whoever sent them hangs up before the answer', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    shop.origin.on(UPLOAD_PATH, () => promise.then(() => Response.json({})));
    const hungUp = new AbortController();
    const before = shop.origin.seen(UPLOAD_PATH).length;
    const sent = Array.from({ length: 4 }, () => upload({ signal: hungUp.signal }).catch(() => null));
    await eventually('the origin has them', () => shop.origin.seen(UPLOAD_PATH).length === before + 4);
    hungUp.abort();
    await Promise.all(sent);
    resolve();
    await eventually('there is a place again', async () => (await upload()).status === 200);
  });

  test('are refused unread where no upload may begin, and are counted', async () => {
    const stranger = await upload({ headers: {} });
    expect([stranger.status, await stranger.json()]).toMatchObject([401, { code: 'unauthenticated' }]);
    const change = await upload({ method: 'PATCH' });
    expect([change.status, change.headers.get('allow')]).toEqual([405, 'POST']);
    const small = await startEdgeUnderTest({ limits: { SIGNED_IN_LIMITER: 2 } });
    try {
      const init = { method: 'POST', body: 'x', headers: { authorization: 'Bearer t' }, ip: '10.9.9.8' };
      const statuses: number[] = [];
      for (let times = 0; times < 4; times += 1) statuses.push((await small.fetch(UPLOAD_PATH, init)).status);
      expect(statuses).toEqual([200, 200, 429, 429]);
    } finally {
      await small.stop();
    }
  });
});
