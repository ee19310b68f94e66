/** The origin's own process against what no HTTP client sends: smuggled, oversize, slow, and very many. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import type { Socket } from 'node:net';
import { MINUTE_MS, SECOND_MS } from '#lib/clock.ts';
import { asEdge, edgePass, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { type OriginProcess, startOrigin } from '#test/support/origin-process.ts';
import { open, speak } from '#test/support/raw.ts';
import { HIDDEN_PATH, smuggled } from '#test/support/smuggling.ts';

setDefaultTimeout(MINUTE_MS);

let shop: OriginUnderTest;
let origin: OriginProcess;
beforeAll(async () => {
  shop = await openOrigin();
  origin = await startOrigin(shop.config);
});
afterAll(async () => {
  await origin.kill();
  await shop.close();
});

const PATH = '/api/v1/auth/login';

describe('a request that ends in two places is refused, and its connection is closed', () => {
  test.each(Object.entries(smuggled(PATH)))('%s', async (_trick, text) => {
    const { statuses, isClosed, text: answer } = await speak({ url: origin.url, parts: [text] });
    expect(isClosed, answer).toBeTrue();
    // The first may have been answered by its head before its body proved to be none; the hidden one never is.
    expect(statuses.length).toBeLessThanOrEqual(2);
    for (const status of statuses) expect(status).toBeWithin(400, 500);
    expect(answer).not.toContain('postgres');
  });

  test('a body beside a GET is no second request', async () => {
    const hidden = `GET ${HIDDEN_PATH} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const text = `GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`;
    const { statuses } = await speak({ url: origin.url, parts: [text] });
    expect(statuses).toHaveLength(1);
  });
});

test.each([
  ['lines that end with a bare LF', 'GET /livez HTTP/1.1\nHost: a\n\n'],
  ['a bare CR in a field', 'GET /livez HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n'],
  ['a folded line', 'GET /livez HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n'],
  ['a NUL', 'GET /livez HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n'],
  ['no Host', 'GET /livez HTTP/1.1\r\n\r\n'],
  ['a field of 40 kB', `GET /livez HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`],
  ['a target of 40 kB', `GET /livez?${'a'.repeat(40_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ['300 fields', `GET /livez HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(300)}\r\n`],
  ['HTTP/2 without asking', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
])('%s is refused, and the connection closed', async (_what, text) => {
  const { statuses, isClosed } = await speak({ url: origin.url, parts: [text] });
  expect(isClosed).toBeTrue();
  for (const status of statuses) expect(status).toBeWithin(400, 506);
});

test('what asks for a tunnel or another protocol gets none', async () => {
  for (const text of [
    'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n',
    'GET /api/v1/me HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    'GET http://evil.example/api/v1/me HTTP/1.1\r\nHost: evil.example\r\n\r\n',
  ]) {
    const { statuses } = await speak({ url: origin.url, parts: [text] });
    for (const status of statuses) expect(status).toBeWithin(400, 500);
  }
});

/** Of somebody who does nothing wrong. */
async function readMs(): Promise<number> {
  const begun = performance.now();
  const response = await fetch(`${origin.url}/api/v1/categories`, { headers: edgePass() });
  expect(response.status).toBe(200);
  return performance.now() - begun;
}

async function* trickle(head: string, piece: string): AsyncGenerator<string> {
  yield head;
  for (;;) {
    await Bun.sleep(SECOND_MS / 2);
    yield piece;
  }
}

test('headers that come a line at a time are cut off, however steadily they come', async () => {
  const parts = trickle('GET /livez HTTP/1.1\r\nHost: a\r\n', 'X-A: b\r\n');
  const { isClosed, milliseconds } = await speak({ url: origin.url, parts, quietMs: 20 * SECOND_MS });
  expect(isClosed).toBeTrue();
  expect(milliseconds).toBeLessThan(20 * SECOND_MS);
  await readMs();
});

test('hundreds of connections that say nothing, or half of something, keep nobody from being served', async () => {
  const url = `${origin.url}${PATH}`;
  const body = JSON.stringify({ email: 'a@b.example', password: 'x' });
  const head = asEdge({ method: 'POST', url, headers: { 'content-type': 'application/json' }, body });
  const fields = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  const beginnings = [
    '',
    'GET /livez HT',
    'GET /livez HTTP/1.1\r\nHost: a\r\n',
    [
      `POST ${PATH} HTTP/1.1`,
      'Host: a',
      ...fields,
      `Content-Length: ${body.length}`,
      '',
      body.slice(0, 5),
    ].join('\r\n'),
  ];
  const sockets: Socket[] = [];
  try {
    for (let count = 0; count < 800; count += 1) {
      const socket = await open(origin.url);
      socket.on('error', () => undefined);
      socket.write(beginnings[count % beginnings.length] ?? '');
      sockets.push(socket);
    }
    for (let reads = 0; reads < 20; reads += 1) expect(await readMs()).toBeLessThan(2 * SECOND_MS);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});
