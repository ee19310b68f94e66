/** What every route shares: content types, sizes, unknown routes, probes and metrics, over a listening server. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { MAX_BODY_BYTES } from '#lib/edge-contract.ts';
import { createApp } from '#origin/app.ts';
import { eventually } from '#test/support/eventually.ts';
import {
  type Answer,
  asEdge,
  edgePass,
  type OriginUnderTest,
  openOrigin,
  TEST_CONFIG,
} from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartWith, createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let app: ReturnType<typeof createApp>;
let port: number;
beforeAll(async () => {
  shop = await openOrigin();
  app = createApp(shop.deps, TEST_CONFIG).listen({
    hostname: '127.0.0.1',
    port: 0,
    maxRequestBodySize: 16 * MAX_BODY_BYTES,
  });
  port = app.server?.port ?? 0;
});
afterAll(async () => {
  await app.stop();
  await shop.close();
});

const LOGIN = JSON.stringify({ email: 'nobody@test.example', password: 'x' });

async function overTheWire(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    ...init,
    headers: asEdge({
      method: init.method ?? 'GET',
      url: `http://127.0.0.1:${port}${path}`,
      headers: init.headers as Record<string, string>,
      body: knownBody(init.body),
    }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? JSON.parse(text) : text,
  };
}

/** What streams will have brought at their end: the edge has the whole body before it calls. */
const contents = new WeakMap<object, Uint8Array>();

function knownBody(body: RequestInit['body']): string | Uint8Array | null {
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  return contents.get(body ?? {}) ?? null;
}

const post = (body: RequestInit['body'], contentType: string | null) =>
  overTheWire('/api/v1/auth/login', {
    method: 'POST',
    body: body ?? null,
    headers: contentType === null ? {} : { 'content-type': contentType },
  });

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

/** Sent in chunks, without `Content-Length`. */
function chunked(size: number): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(64 * 1024).fill(0x20);
  let left = size;
  const stream = new ReadableStream({
    pull: (controller) => {
      if (left <= 0) return controller.close();
      controller.enqueue(chunk.subarray(0, Math.min(left, chunk.length)));
      left -= chunk.length;
    },
  });
  contents.set(stream, new Uint8Array(size).fill(0x20));
  return stream;
}

describe('a body', () => {
  test.each([
    [null],
    ['text/plain'],
    ['multipart/form-data; boundary=x'],
    ['application/x-www-form-urlencoded'],
    ['application/jsonp'],
    ['application/merge-patch+json'],
    ['application/octet-stream'],
  ])('of the type %p is refused', async (contentType) => {
    expectProblem(await post(bytes(LOGIN), contentType), 'unsupported_media_type');
  });

  test.each([['application/json'], ['application/json; charset=utf-8'], ['Application/JSON;charset=UTF-8']])(
    'of the type %p is read',
    async (contentType) => {
      expectProblem(await post(bytes(LOGIN), contentType), 'credentials_invalid');
    },
  );

  test.each(['{', '{"email":}', "{'email':1}", '', 'undefined', '[1,]'])(
    'that is %p and no JSON is refused',
    async (text) => {
      expectProblem(await post(bytes(text), 'application/json'), 'invalid_input');
    },
  );

  test('that is no UTF-8 is refused', async () => {
    const body = new Uint8Array([...bytes('{"email":"'), 0xff, ...bytes('"}')]);
    expectProblem(await post(body, 'application/json'), 'invalid_input');
  });

  test('of brackets upon brackets is refused and harms nobody', async () => {
    expectProblem(await post(bytes('['.repeat(500_000)), 'application/json'), 'invalid_input');
  });

  test('of exactly 1 MiB is read; one byte more is refused', async () => {
    const padded = (size: number) => bytes(LOGIN.padEnd(size));
    expectProblem(await post(padded(MAX_BODY_BYTES), 'application/json'), 'credentials_invalid');
    expectProblem(await post(padded(MAX_BODY_BYTES + 1), 'application/json'), 'body_too_large');
  });

  test('in chunks is counted as it comes', async () => {
    expectProblem(await post(chunked(MAX_BODY_BYTES + 1), 'application/json'), 'body_too_large');
    expectProblem(await post(chunked(MAX_BODY_BYTES - 1), 'application/json'), 'invalid_input');
    expectProblem(await post(chunked(10), 'text/plain'), 'unsupported_media_type');
  });

  test('is not asked for where a route takes none', async () => {
    const headers = { 'content-type': 'application/json' };
    const { status } = await overTheWire('/api/v1/carts', { method: 'POST', headers });
    expect(status).toBe(201);
  });
});

describe('a route', () => {
  test.each([
    ['GET', '/'],
    ['GET', '/api/v1'],
    ['GET', '/api/v2/products'],
    ['GET', '/api/v1/products/a/b'],
    ['GET', '/docs/constructor'],
    ['GET', '/docs/package.json'],
    ['GET', '/docs/..%2fpackage.json'],
    ['PUT', '/api/v1/products'],
    ['DELETE', '/api/v1/categories'],
    ['OPTIONS', '/api/v1/products'],
  ])('that is not there is no secret: %s %s', async (method, path) => {
    expectProblem(await overTheWire(path, { method }), 'not_found');
  });

  test.each(['/api/v1/categories', '/api/v1/products', '/livez', '/health'])(
    'HEAD %s says what GET would, without the body',
    async (path) => {
      const head = await overTheWire(path, { method: 'HEAD' });
      const get = await overTheWire(path);
      expect(head.status).toBe(200);
      expect(head.body).toBe('');
      for (const name of ['content-type', 'cache-control', 'cache-tag']) {
        expect(head.headers.get(name)).toBe(get.headers.get(name));
      }
    },
  );

  test('is found and guarded by what the router reads, whatever host the request names', async () => {
    for (const host of ['x', 'x/livez?', 'x/livez#', 'y\\livez?', 'localhost:1/livez?']) {
      const answer = await raw(
        `GET /api/v1/categories HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 40[034] /);
      expect(answer).not.toContain('"items"');
    }
  });
});

/** Bytes as they are, for what `fetch` would not send. */
async function raw(request: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = '';
  await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open: (socket) => void socket.write(request),
      data: (_socket, data) => {
        answer += data.toString();
      },
      close: () => resolve(answer),
    },
  });
  return promise;
}

describe('operators', () => {
  test('learn how the shop is', async () => {
    for (const [path, said] of Object.entries({ '/health': 'ok', '/readyz': 'ready', '/livez': 'ok' })) {
      const { status, body, headers } = await shop.call(path);
      expect(status).toBe(200);
      expect(body).toEqual({ status: said });
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  test('read metrics that Prometheus understands', async () => {
    const response = await shop.fetch(new Request('http://localhost/metrics'));
    expect(response.status).toBe(200);
    const { headers } = response;
    const body = await response.text();
    expect(headers.get('content-type')).toStartWith('text/plain; version=0.0.4');
    const line =
      /^(|# (HELP|TYPE) [a-z_:][\w:]* .+|[a-z_:][\w:]*(\{([a-z_]\w*="(\\.|[^"\\])*",?)*\})? (-?[\d.]+(e[+-]?\d+)?|NaN|[+-]Inf))$/i;
    for (const text of body.trimEnd().split('\n')) expect(text).toMatch(line);
  });

  test('count each request once, by its route, and by the status that was answered', async () => {
    const { variantId } = await createProduct(shop);
    const { cartId, cartToken } = await cartWith(shop, variantId);
    const before = await requestCounts();
    await shop.call(`/api/v1/carts/${cartId}`, { cartToken });
    await shop.call(`/api/v1/carts/${cartId}`);
    await shop.call('/api/v1/carts/no-uuid');
    await shop.call('/api/v1/me');
    for (const path of ['/a', '/b', '/c']) await shop.call(path);
    await shop.call('/api/v1/auth/login', { method: 'POST', body: { email: 'a@b.example', password: 'x' } });
    await shop.call('/api/v1/auth/login', {
      method: 'POST',
      body: {},
      headers: { 'content-type': 'text/plain' },
    });
    const expected = {
      'GET /api/v1/carts/:id 200': 1,
      'GET /api/v1/carts/:id 404': 1,
      'GET /api/v1/carts/:id 400': 1,
      'GET /api/v1/me 401': 1,
      'GET none 404': 3,
      'POST /api/v1/auth/login 401': 1,
      'POST none 415': 1,
    };
    const names = Object.keys(expected);
    await eventually('each request is counted', async () =>
      Bun.deepEquals(difference(before, await requestCounts(), names), expected),
    );
  });
});

test('a read is counted once in memory, whether or not it was tried before the framework', async () => {
  const { slug, productId, etag, sellerToken: token } = await createProduct(shop);
  const before = await memoryReads();
  const read = async () => {
    const url = `http://localhost/api/v1/products/${slug}`;
    return (await shop.fetch(new Request(url, { headers: edgePass() }))).status;
  };
  expect([await read(), await read()]).toEqual([200, 200]);
  shop.deps.products.clear();
  expect(await read()).toBe(200);
  const headers = { 'if-match': etag };
  await shop.call(`/api/v1/products/${productId}`, { method: 'DELETE', token, headers });
  expect([await read(), await read()]).toEqual([404, 404]);
  expect(difference(before, await memoryReads(), ['hit', 'miss'])).toEqual({ hit: 2, miss: 3 });
});

const MEMORY_READS = /^cache_reads_total\{cache="product",tier="memory",outcome="(.*)"\} (\d+)$/gm;

async function memoryReads(): Promise<Map<string, number>> {
  const { body } = await shop.deps.metrics.expose();
  return new Map([...body.matchAll(MEMORY_READS)].map(([, outcome, count]) => [`${outcome}`, Number(count)]));
}

const REQUEST_COUNT =
  /^http_server_request_duration_seconds_count\{http_request_method="(.*)",http_route="(.*)",http_response_status_code="(.*)"\} (\d+)$/gm;

/** Requests so far by method, route and status, without those for the metrics themselves. */
async function requestCounts(): Promise<Map<string, number>> {
  const { body } = await shop.deps.metrics.expose();
  const lines = body.matchAll(REQUEST_COUNT);
  return new Map(
    [...lines].map(([, method, route, status, count]) => [`${method} ${route} ${status}`, Number(count)]),
  );
}

function difference(before: Map<string, number>, now: Map<string, number>, names: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, (now.get(name) ?? 0) - (before.get(name) ?? 0)]));
}
