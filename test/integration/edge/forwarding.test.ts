/** What passes the edge, in either direction, and what does not. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { MAX_BODY_BYTES } from '#lib/edge-contract.ts';
import {
  EDGE_SECRET,
  type EdgeUnderTest,
  nextIp,
  product,
  rawStatus,
  startEdgeUnderTest,
} from '#test/support/edge.ts';

let shop: EdgeUnderTest;

beforeAll(async () => {
  shop = await startEdgeUnderTest({ vars: { PUBLIC_URL: 'https://shop.test' } });
});

afterAll(async () => {
  await shop.stop();
});

function sole<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined || items.length !== 1) throw new Error(`expected one item, got ${items.length}`);
  return item;
}

describe('headers', () => {
  test('the origin gets the edge’s proof, the client’s address, a fresh id and a trace of its own', async () => {
    const path = '/api/v1/me';
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const response = await shop.fetch(path, { ip: '203.0.113.7', headers: { traceparent } });
    const { headers } = sole(shop.origin.seen(path));
    expect(headers.get('x-hotshelf-edge-proof')).toMatch(/^call\.\d+\.[\w-]{43}$/);
    expect(JSON.stringify([...headers])).not.toContain(EDGE_SECRET);
    expect(headers.get('x-hotshelf-client-ip')).toBe('203.0.113.7');
    expect(headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    expect(response.headers.get('x-request-id')).toBe(headers.get('x-request-id'));
    // A client's own marks nothing, and has nothing sampled.
    const id = headers.get('x-request-id')?.replaceAll('-', '');
    expect(headers.get('traceparent')).toMatch(new RegExp(`^00-${id}-[\\da-f]{16}-00$`));
  });

  test('a client cannot speak as the edge or as a proxy', async () => {
    const path = '/api/v1/forged';
    const ip = nextIp();
    await shop.fetch(path, {
      ip,
      headers: {
        'x-hotshelf-edge-proof': 'forged',
        'x-hotshelf-client-ip': '6.6.6.6',
        'x-hotshelf-anything': 'forged',
        'x-request-id': 'forged',
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-host': 'evil.test',
        'x-real-ip': '6.6.6.6',
        'true-client-ip': '6.6.6.6',
        'cf-ray': 'forged',
        forwarded: 'for=6.6.6.6',
        connection: 'x-hop',
        'x-hop': '1',
        'x-kept': 'yes',
      },
    });
    const { headers } = sole(shop.origin.seen(path));
    expect(headers.get('x-hotshelf-client-ip')).toBe(ip);
    expect(headers.get('x-kept')).toBe('yes');
    const values = [...headers].flatMap(([name, value]) => (name === 'x-kept' ? [] : [value]));
    expect(values.filter((value) => /forged|6\.6\.6\.6|evil/.test(value))).toEqual([]);
    expect(headers.has('x-hop')).toBe(false);
  });

  test('a catalogue read takes nothing of the client to the origin', async () => {
    const path = '/api/v1/products/plain';
    shop.origin.on(path, () => product({}));
    const secrets = {
      authorization: 'Bearer mine',
      cookie: 'session=mine',
      'accept-language': 'de',
      'x-any': '1',
    };
    const first = await shop.fetch(path, { headers: secrets });
    const second = await shop.fetch(path, { headers: secrets });
    expect([first.status, second.status]).toEqual([200, 200]);
    const { headers } = sole(shop.origin.seen(path));
    for (const name of Object.keys(secrets)) expect(headers.get(name)).toBeNull();
    expect(headers.get('accept')).toBe('*/*');
  });

  test('other requests keep their credentials, and their answers are not shared', async () => {
    const path = '/api/v1/orders';
    shop.origin.on(path, ({ headers }) => product({ for: headers.get('authorization') }));
    for (const token of ['Bearer ann', 'Bearer bob']) {
      const response = await shop.fetch(path, { headers: { authorization: token } });
      expect(await response.json()).toEqual({ for: token });
    }
  });

  test('every answer carries security headers', async () => {
    for (const path of ['/livez', '/metrics', '/api/v1/me', '/api/v1/products/headers']) {
      const { headers } = await shop.fetch(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('strict-transport-security')).toContain('max-age=');
      expect(headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
    }
  });
});

describe('bodies', () => {
  test('pass unchanged', async () => {
    const path = '/api/v1/carts';
    shop.origin.on(path, ({ body }) => new Response(body, { status: 201, headers: { 'set-cookie': 'a=1' } }));
    const response = await shop.fetch(path, { method: 'POST', body: '{"quantity": 1}' });
    expect(response.status).toBe(201);
    expect(response.headers.get('set-cookie')).toBe('a=1');
    expect(await response.text()).toBe('{"quantity": 1}');
  });

  test('above 1 MiB are refused, announced or not', async () => {
    const path = '/api/v1/large';
    const tooMuch = new Uint8Array(MAX_BODY_BYTES + 1);
    const chunked = new Blob([tooMuch]).stream();
    for (const body of [tooMuch, chunked]) {
      const response = await shop.fetch(path, { method: 'POST', body });
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ code: 'body_too_large' });
    }
    expect(shop.origin.seen(path)).toHaveLength(0);
    const allowed = await shop.fetch(path, { method: 'POST', body: new Uint8Array(MAX_BODY_BYTES) });
    expect(allowed.status).toBe(200);
  });
});

describe('paths', () => {
  const disguised = [
    '/api/v1/me%2f..%2fproducts',
    '/api/v1/%2e%2e/v1/me',
    '/api/v1/products/a%00b',
    '/api/v1/products/a%0ab',
    '/api/v1/products/a\\b',
    '/api/v1/products/a%5cb',
    '/api/v1/products/a;b',
    '/api//v1/me',
    '//api/v1/me',
    '/api/v1/%70roducts',
    '/api/v1/products/%ff',
    '/%6civez',
  ];
  for (const target of disguised) {
    test(`${target} has more than one reading and is refused`, async () => {
      expect(await rawStatus(shop.edge.url, target)).toBe(400);
    });
  }

  test('in other scripts than Latin have one key, however their bytes are spelt', async () => {
    const path = '/api/v1/products/%E8%8C%B6';
    shop.origin.on(path, () => product({}));
    await rawStatus(shop.edge.url, path.toLowerCase());
    await rawStatus(shop.edge.url, path);
    expect(shop.origin.seen(path)).toHaveLength(1);
  });

  test('that no route declares do not reach the origin', async () => {
    for (const path of [
      '/',
      '/metrics',
      '/readyz',
      '/api/v1',
      '/api/v2/products',
      '/API/v1/products',
      '/admin',
    ]) {
      const response = await shop.fetch(path);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(shop.origin.seen(path)).toHaveLength(0);
    }
  });

  test('take their declared methods only', async () => {
    const response = await shop.fetch('/health', { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  test('of documentation, health and keys are forwarded; liveness is the edge’s own', async () => {
    for (const path of ['/docs', '/docs/json', '/health', '/.well-known/jwks.json']) {
      expect((await shop.fetch(path)).status).toBe(200);
      expect(shop.origin.seen(path)).toHaveLength(1);
    }
    expect((await shop.fetch('/livez')).status).toBe(200);
    expect(shop.origin.seen('/livez')).toHaveLength(0);
  });
});
