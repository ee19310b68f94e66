/**
 * The edge on raw TCP, in front of the real origin. Cloudflare's own servers are in front of it in production; what
 * holds everywhere is that the edge frames each request anew: the origin sees whole ones, each signed, or none.
 */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Socket } from 'node:net';
import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import { PURGE_SECRET } from '#test/support/edge.ts';
import { type OriginUnderTest, openOrigin, TEST_CONFIG } from '#test/support/origin.ts';
import { open, speak } from '#test/support/raw.ts';
import { HIDDEN_PATH, smuggled } from '#test/support/smuggling.ts';

setDefaultTimeout(MINUTE_MS);

const MANY = 1_000_000;
const PATH = '/api/v1/auth/login';

let shop: OriginUnderTest;
let behind: Bun.Server<undefined>;
let edge: RunningEdge;
interface Seen {
  readonly line: string;
  readonly status: number;
  readonly code: unknown;
}
const seen: Seen[] = [];

beforeAll(async () => {
  shop = await openOrigin();
  behind = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      const response = await shop.fetch(request);
      const told: unknown = await response
        .clone()
        .json()
        .catch(() => null);
      const code = typeof told === 'object' && told !== null && 'code' in told ? told.code : null;
      seen.push({ line: `${request.method} ${pathname}`, status: response.status, code });
      return response;
    },
  });
  edge = await startEdge({
    originUrl: `http://127.0.0.1:${behind.port}`,
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    limits: { ANONYMOUS_LIMITER: MANY, CATALOG_MISS_LIMITER: MANY },
    onLog: () => undefined,
  });
});
afterAll(async () => {
  await edge.stop();
  await behind.stop(true);
  await shop.close();
});

/** What a client sends is answered on its own connection, once for each request that the edge has read. */
async function expectFramedAnew(text: string): Promise<void> {
  const before = seen.length;
  const { statuses, text: answers } = await speak({ url: edge.url, parts: [text] });
  const reached = seen.slice(before);
  expect(statuses.length, answers).toBeLessThanOrEqual(2);
  expect(reached.length).toBeLessThanOrEqual(statuses.length);
  for (const { line, status, code } of reached) {
    expect([`POST ${PATH}`, `GET ${PATH}`, `GET ${HIDDEN_PATH}`]).toContain(line);
    expect(status).not.toBe(403);
    expect(code).not.toBe('edge_required');
  }
  // Whoever comes next gets the answer to their own question.
  const next = await fetch(`${edge.url}/api/v1/categories`);
  expect(next.status).toBe(200);
  expect(await next.json()).toHaveProperty('items');
}

describe('a request that ends in two places', () => {
  test.each(Object.entries(smuggled(PATH)))('%s is refused or framed anew', async (_trick, text) => {
    await expectFramedAnew(text);
  });
});

test.each([
  ['lines that end with a bare LF', `GET ${HIDDEN_PATH} HTTP/1.1\nHost: a\n\n`],
  ['a folded line', `GET ${HIDDEN_PATH} HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n`],
  ['a bare CR in a field', `GET ${HIDDEN_PATH} HTTP/1.1\r\nHost: a\r\nX: a\rCart-Token: b\r\n\r\n`],
  ['two Hosts', `GET ${HIDDEN_PATH} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`],
  ['a body beside a GET', `GET ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}`],
  ['a field of 40 kB', `GET ${HIDDEN_PATH} HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`],
  ['300 fields', `GET ${HIDDEN_PATH} HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(300)}\r\n`],
  ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n'],
])('%s is refused or read in one way', async (_what, text) => {
  await expectFramedAnew(text);
});

test('reads with bodies do not make the edge believe that its origin is gone', async () => {
  for (let times = 0; times < 6; times += 1) {
    const text = `GET /api/v1/me HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`;
    const { statuses } = await speak({ url: edge.url, parts: [text] });
    expect(statuses).toEqual([400]);
  }
  expect((await fetch(`${edge.url}/api/v1/me`)).status).toBe(401);
});

test('hundreds of connections that say nothing, or half of something, keep nobody from being served', async () => {
  const beginnings = [
    '',
    'GET /livez HT',
    'GET /livez HTTP/1.1\r\nHost: a\r\n',
    `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{`,
    `POST ${PATH} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{`,
  ];
  const sockets: Socket[] = [];
  try {
    for (let count = 0; count < 500; count += 1) {
      const socket = await open(edge.url);
      socket.on('error', () => undefined);
      socket.write(beginnings[count % beginnings.length] ?? '');
      sockets.push(socket);
    }
    for (let reads = 0; reads < 20; reads += 1) {
      const begun = performance.now();
      expect((await fetch(`${edge.url}/api/v1/categories`)).status).toBe(200);
      expect(performance.now() - begun).toBeLessThan(2 * SECOND_MS);
    }
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});
