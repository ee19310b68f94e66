/** Bodies that two readers would read in two ways, that cost more than they weigh, or that reach further than a field. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { gzipSync } from 'node:zlib';
import { MAX_JSON_DEPTH } from '#origin/http/json-shape.ts';
import { type Answer, asEdge, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

const LOGIN = '/api/v1/auth/login';

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const url = `http://localhost${LOGIN}`;
  const own = { 'content-type': 'application/json', ...headers };
  const proven = asEdge({ method: 'POST', url, headers: own, body });
  const response = await shop.fetch(new Request(url, { method: 'POST', headers: proven, body }));
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe('a name that stands twice in one object is refused', () => {
  test.each([
    '{"email":"a@b.example","email":"c@d.example","password":"x"}',
    '{"email":"a@b.example","\\u0065mail":"c@d.example","password":"x"}',
    '{"a":{"b":1,"b":1}}',
    '{"a":[{"b":1},{"b":1,"c":[],"b":2}]}',
    '{"a":"}","b":"\\"{","a":1}',
  ])('%s', async (body) => {
    const answer = await post(body);
    expectProblem(answer, 'invalid_input');
    expect(answer.body.errors[0].message).toContain('twice');
  });

  test('but not in two objects', async () => {
    const answer = await post('{"email":{"a":1},"password":{"a":1},"x":[{"a":1},{"a":1}],"y":"a"}');
    expect(JSON.stringify(answer.body.errors)).not.toContain('twice');
  });
});

describe('depth', () => {
  const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

  test('beyond the limit is refused, however deep', async () => {
    for (const depth of [MAX_JSON_DEPTH + 1, 1_000, 500_000]) {
      const answer = await post(nested(depth));
      expectProblem(answer, 'invalid_input');
      expect(answer.body.errors[0].message).toContain('deeper');
    }
    for (const body of ['{"a":'.repeat(100_000), '['.repeat(1_000_000)]) {
      expectProblem(await post(body), 'invalid_input');
    }
  });

  test('up to it is judged by the route', async () => {
    expect(pathsOf(await post(nested(MAX_JSON_DEPTH)))).toContain('/a');
  });
});

test.each(['__proto__', 'constructor', 'prototype'])('the name %s is refused at any depth', async (name) => {
  for (const body of [`{"${name}":{"role":"admin"}}`, `{"a":[{"${name}":1}]}`]) {
    const answer = await post(body);
    expectProblem(answer, 'invalid_input');
    expect(answer.body.errors[0].message).toContain(name);
  }
  expect(({} as { role?: string }).role).toBeUndefined();
});

test.each(['\0', '\u0001', '\b', '\u001b[31m', '\r\nBcc: all@test.example', '\n', '\t', '\u007f', '\u0085'])(
  'the control character in %j is refused in a name of one line',
  async (text) => {
    const answer = await post(JSON.stringify({ email: `a${text}`, password: 'x' }));
    expectProblem(answer, 'invalid_input');
    expect(pathsOf(answer)).toEqual(['/email']);
  },
);

test.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip', 'GZIP'])(
  'a body that is packed by %s is refused before it is unpacked',
  async (encoding) => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(50 * 1024 * 1024, 0x20)));
    expectProblem(await post(bomb, { 'content-encoding': encoding }), 'content_encoding_unsupported');
  },
);

test('a body that is said not to be packed is like any other', async () => {
  const body = JSON.stringify({ email: 'a@b.example', password: 'x' });
  expectProblem(await post(body, { 'content-encoding': 'identity' }), 'credentials_invalid');
});

test.each([
  '{"a":1}{"b":2}',
  '{"a":1,}',
  "{'a':1}",
  '{"a":NaN}',
  '{"a":01}',
  '\ufeff{"a":1}',
  '{"a":1}//',
  '{"a',
])('what is no JSON is refused: %s', async (body) => {
  expectProblem(await post(body), 'invalid_input');
});

test('a parameter that a route does not know is refused, whatever the route', async () => {
  const { token } = await shop.signIn('admin');
  const reads = shop.routes().filter(({ method, path }) => method === 'GET' && path.startsWith('/api/'));
  for (const { path } of reads) {
    const filled = path
      .replace(':token', `wl_${'x'.repeat(43)}`)
      .replaceAll(/:\w+/g, '01890a5d-ac96-774b-bcce-b302099a8057');
    const answer = await shop.call(`${filled}?surprise=1`, { token });
    expectProblem(answer, 'invalid_input');
    expect(pathsOf(answer), path).toContain('query/surprise');
  }
});
