/** The border between edge and origin: what the real edge sends is good for a moment, and for what it was sent for. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { present } from '#lib/assert.ts';
import { after, type Clock, SECOND_MS, systemClock } from '#lib/clock.ts';
import { CLIENT_IP_HEADER, EDGE_PROOF_HEADER, TIME_LEFT_HEADER } from '#lib/edge-contract.ts';
import { type RunningEdge, startEdge } from '#ops/edge/run.ts';
import { createHandler } from '#origin/app.ts';
import { passHeaders, provenHeaders } from '#origin/http/edge-proof.ts';
import { PURGE_SECRET } from '#test/support/edge.ts';
import {
  asEdge,
  edgePass,
  type OriginUnderTest,
  openOrigin,
  type Reachable,
  TEST_CONFIG,
} from '#test/support/origin.ts';
import { createProduct } from '#test/support/shopping.ts';

const SKEW_MS = TEST_CONFIG.EDGE_CLOCK_SKEW_SECONDS * SECOND_MS;
const IP = '203.0.113.7';

let shop: OriginUnderTest;
let token: string;
let productPath: string;
let edge: RunningEdge;
let behind: Bun.Server<undefined>;
/** What the edge has sent, and to whom it was passed on. */
const sent: Request[] = [];

beforeAll(async () => {
  shop = await openOrigin();
  token = (await shop.signIn()).token;
  productPath = `/api/v1/products/${(await createProduct(shop)).slug}`;
  behind = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      const body = request.body === null ? null : await request.bytes();
      const { method, url, headers } = request;
      sent.push(new Request(url, { method, headers, body }));
      return shop.fetch(new Request(url, { method, headers, body }));
    },
  });
  edge = await startEdge({
    originUrl: `http://127.0.0.1:${behind.port}`,
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    vars: { TRUST_CF_CONNECTING_IP: 'true' },
    onLog: () => undefined,
  });
});
afterAll(async () => {
  await edge.stop();
  await behind.stop(true);
  await shop.close();
});

/** Sends a request through the real edge; gives back the answer's status and what the edge made of the request. */
async function throughEdge(path: string, init: RequestInit = {}): Promise<{ status: number; seen: Request }> {
  const before = sent.length;
  const headers = { 'cf-connecting-ip': IP, ...(init.headers as Record<string, string>) };
  const { status } = await fetch(`${edge.url}${path}`, { ...init, headers });
  return { status, seen: present(sent[before], 'the request behind the edge') };
}

interface Change {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly body?: string;
}

/** The captured request once more, as it was or changed. */
async function replay(seen: Request, change: Change = {}, at: Pick<Reachable, 'fetch'> = shop) {
  const headers = new Headers(seen.headers);
  for (const [name, value] of Object.entries(change.headers ?? {})) {
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  }
  const { pathname, search, origin } = new URL(seen.url);
  const held = seen.body === null ? null : await seen.clone().bytes();
  const method = change.method ?? seen.method;
  const body = change.body ?? held;
  const url = `${origin}${change.path ?? pathname + search}`;
  const response = await at.fetch(
    new Request(url, { method, headers, body: method === 'GET' || method === 'HEAD' ? null : body }),
  );
  const { code } = (await response.json().catch(() => ({}))) as { code?: string };
  return { status: response.status, code };
}

const REFUSED = { status: 403, code: 'edge_required' };
const later = (ms: number): Clock => ({ now: () => after(systemClock.now(), ms) });

describe('what the edge signs for a client', () => {
  const me = () => throughEdge('/api/v1/me', { headers: { authorization: `Bearer ${token}` } });

  test('is let in, with the address that the edge saw', async () => {
    const { status, seen } = await me();
    expect(status).toBe(200);
    expect(seen.headers.get(CLIENT_IP_HEADER)).toBe(IP);
    expect(seen.headers.get(EDGE_PROOF_HEADER)).toStartWith('call.');
    expect((await replay(seen)).status).toBe(200);
  });

  test('is worth nothing once its time is over, nor before it has come', async () => {
    const { seen } = await me();
    for (const ms of [SKEW_MS + SECOND_MS, -SKEW_MS - SECOND_MS]) {
      expect(await replay(seen, {}, shop.beside({ clock: later(ms) }))).toEqual(REFUSED);
    }
    for (const ms of [SKEW_MS - 2 * SECOND_MS, 2 * SECOND_MS - SKEW_MS]) {
      expect((await replay(seen, {}, shop.beside({ clock: later(ms) }))).status).toBe(200);
    }
  });

  test.each<[string, Change]>([
    ['another path', { path: '/api/v1/orders' }],
    ['another query', { path: '/api/v1/me?x=1' }],
    ['another method', { method: 'DELETE' }],
    ['another address', { headers: { [CLIENT_IP_HEADER]: '203.0.113.8' } }],
    ['no address', { headers: { [CLIENT_IP_HEADER]: null } }],
    ['another request', { headers: { 'x-request-id': crypto.randomUUID() } }],
    ['more time', { headers: { [TIME_LEFT_HEADER]: '9999' } }],
    ['no word of its time', { headers: { [TIME_LEFT_HEADER]: null } }],
    ['other credentials', { headers: { authorization: 'Bearer other' } }],
    ['no credentials', { headers: { authorization: null } }],
    ['a cart', { headers: { 'cart-token': 'other' } }],
    ['a key', { headers: { 'idempotency-key': 'other' } }],
  ])('is no proof for %s', async (_what, change) => {
    const { seen } = await me();
    expect(await replay(seen, change)).toEqual(REFUSED);
  });

  test('covers the body, to its last byte', async () => {
    const body = JSON.stringify({ email: 'nobody@test.example', password: 'wrong' });
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
    const { status, seen } = await throughEdge('/api/v1/auth/login', init);
    expect(status).toBe(401);
    // To a process that has not seen it.
    const elsewhere = shop.beside({});
    expect(await replay(seen, { body: `${body} ` }, elsewhere)).toEqual(REFUSED);
    expect(await replay(seen, { headers: { 'content-digest': null } })).toEqual(REFUSED);
    const digest = asEdge({ method: 'POST', url: 'http://any/', body: `${body} ` })['content-digest'] ?? '';
    expect(await replay(seen, { body: `${body} `, headers: { 'content-digest': digest } })).toEqual(REFUSED);
  });

  test.each([
    ['none', () => null],
    ['empty', () => ''],
    ['the secret itself', () => TEST_CONFIG.EDGE_SECRET],
    ['made with another secret', () => proofBy('another-secret-of-enough-characters!')],
    ['a pass, beside credentials', () => edgePass()[EDGE_PROOF_HEADER] ?? ''],
    ['without its code', () => proofBy(TEST_CONFIG.EDGE_SECRET).replace(/[^.]+$/, '')],
    ['of another kind', () => proofBy(TEST_CONFIG.EDGE_SECRET).replace('call', 'pass')],
    ['with another time', () => proofBy(TEST_CONFIG.EDGE_SECRET).replace(/\.\d+\./, `.${Date.now() + 1}.`)],
    ['with a time that is no number', () => `call.1e3.${'A'.repeat(43)}`],
  ])('cannot be forged: %s', async (_what, proof) => {
    const { seen } = await me();
    expect(await replay(seen, { headers: { [EDGE_PROOF_HEADER]: proof() } })).toEqual(REFUSED);
  });
});

function proofBy(secret: string): string {
  const call = { method: 'GET', url: 'http://localhost/api/v1/me', clientIp: IP };
  return provenHeaders(secret, new Date(), call)[EDGE_PROOF_HEADER] ?? '';
}

describe('the pass of reads that are the same for everybody', () => {
  test('is the same for some seconds, tells of no client, and ends', async () => {
    const { status, seen } = await throughEdge(productPath, {
      headers: { authorization: `Bearer ${token}`, cookie: 'a=1' },
    });
    expect(status).toBe(200);
    const pass = seen.headers.get(EDGE_PROOF_HEADER) ?? '';
    expect(pass).toStartWith('pass.');
    for (const name of [CLIENT_IP_HEADER, 'authorization', 'cookie'])
      expect(seen.headers.has(name)).toBeFalse();
    expect((await replay(seen)).status).toBe(200);
    // From memory, too, which is in front of everything else.
    expect((await replay(seen)).status).toBe(200);
    const clock = { now: () => after(systemClock.now(), SKEW_MS + 10 * SECOND_MS) };
    expect(await replay(seen, {}, shop.beside({ clock }))).toEqual(REFUSED);
    const early = { now: () => after(systemClock.now(), -SKEW_MS - 10 * SECOND_MS) };
    expect(await replay(seen, {}, shop.beside({ clock: early }))).toEqual(REFUSED);
  });

  test('that was good is no longer so when its time is over, in the same process', async () => {
    let ms = 0;
    const aged = shop.beside({ clock: { now: () => after(systemClock.now(), ms) } });
    const request = () =>
      new Request(`http://localhost${productPath}`, { headers: edgePass(new Date(made)) });
    const made = Date.now();
    for (let times = 0; times < 3; times += 1) expect((await aged.fetch(request())).status).toBe(200);
    ms = SKEW_MS + 10 * SECOND_MS;
    expect((await aged.fetch(request())).status).toBe(403);
  });

  test.each<[string, RequestInit]>([
    ['a write', { method: 'POST' }],
    ['a token', { headers: { authorization: 'Bearer x' } }],
    ['a cookie', { headers: { cookie: 'a=1' } }],
    ['a cart', { headers: { 'cart-token': 'x' } }],
    ['an address', { headers: { [CLIENT_IP_HEADER]: IP } }],
  ])('is no proof beside %s', async (_what, init) => {
    const headers = { ...(init.headers as Record<string, string>), ...edgePass() };
    const response = await shop.fetch(new Request('http://localhost/api/v1/carts', { ...init, headers }));
    expect(response.status).toBe(403);
  });
});

test('while secrets change hands, the edge is let in with the old one and the new one, and then with the new one', async () => {
  const OLD = TEST_CONFIG.EDGE_SECRET;
  const NEW = 'a-new-edge-secret-of-enough-characters';
  const statusAt = async (config: object, secret: string) => {
    const handle = createHandler(shop.deps, { ...TEST_CONFIG, ...config });
    const url = 'http://localhost/api/v1/me';
    const call = { method: 'GET', url, headers: { authorization: `Bearer ${token}` } };
    const answers = [
      await handle(new Request(url, { headers: provenHeaders(secret, new Date(), call) })),
      await handle(
        new Request(`http://localhost${productPath}`, { headers: passHeaders(secret, new Date()) }),
      ),
    ];
    return answers.map(({ status }) => status);
  };
  const both = { EDGE_SECRET: NEW, EDGE_SECRET_PREVIOUS: OLD };
  expect(await statusAt({}, OLD)).toEqual([200, 200]);
  expect(await statusAt({}, NEW)).toEqual([403, 403]);
  expect(await statusAt(both, OLD)).toEqual([200, 200]);
  expect(await statusAt(both, NEW)).toEqual([200, 200]);
  expect(await statusAt({ EDGE_SECRET: NEW }, OLD)).toEqual([403, 403]);
});

/** By which clients speak as proxies to servers of many makes. */
const SPOOFED = [
  ...[
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded',
    'forwarded',
    'forwarded-for',
  ],
  ...['x-real-ip', 'x-client-ip', 'client-ip', 'true-client-ip', 'x-cluster-client-ip', 'fastly-client-ip'],
  ...['cf-connecting-ipv6', 'cf-pseudo-ipv4', 'cf-ipcountry', 'cf-visitor', 'cf-worker', 'cdn-loop'],
  ...['x-envoy-external-address', 'x-azure-clientip', 'x-appengine-user-ip', 'x-original-forwarded-for'],
  ...['x-original-url', 'x-rewrite-url', 'x-remote-ip', 'x-remote-addr', 'remote-addr', 'x-proxyuser-ip'],
  ...['x-host', 'x-http-method-override', 'x-method-override', 'via', 'x-request-id', 'content-digest'],
  ...[CLIENT_IP_HEADER, EDGE_PROOF_HEADER, TIME_LEFT_HEADER, 'x-hotshelf-anything', 'x-hotshelf-edge-secret'],
] as const;

test.each(SPOOFED)(
  'a client that sends %s is who it is, and its word does not reach the origin',
  async (name) => {
    const lie = '198.51.100.99';
    const headers = { authorization: `Bearer ${token}`, [name]: lie };
    const { status, seen } = await throughEdge('/api/v1/me', { headers });
    expect(status).toBe(200);
    expect(seen.headers.get(CLIENT_IP_HEADER)).toBe(IP);
    expect([...seen.headers.values()].filter((value) => value.includes(lie))).toEqual([]);
  },
);

test('where Cloudflare is not in front, its own header is a client’s like any other', async () => {
  const bare = await startEdge({
    originUrl: `http://127.0.0.1:${behind.port}`,
    edgeSecret: TEST_CONFIG.EDGE_SECRET,
    purgeSecret: PURGE_SECRET,
    onLog: () => undefined,
  });
  try {
    const before = sent.length;
    await fetch(`${bare.url}/api/v1/me`, { headers: { 'cf-connecting-ip': '198.51.100.99' } });
    expect(sent[before]?.headers.get(CLIENT_IP_HEADER)).toBe('127.0.0.1');
  } finally {
    await bare.stop();
  }
});
