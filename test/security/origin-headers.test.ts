/** What the origin's own answers tell a browser, whichever tier, route or failure made them. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { SECURITY_HEADERS } from '#lib/security-headers.ts';
import { asEdge, edgePass, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

/** `page`: answers that bring a policy of their own. */
function expectRules({ headers }: Response, page = false): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (page && name === 'content-security-policy') continue;
    expect(headers.get(name), name).toBe(value);
  }
  for (const name of ['server', 'x-powered-by']) expect(headers.has(name)).toBeFalse();
}

test('every route’s answer, and every refusal, holds browsers to the rules', async () => {
  for (const { method, path } of shop.routes()) {
    const url = `http://localhost${path.replaceAll(/:\w+/g, '01890a5d-ac96-774b-bcce-b302099a8057')}`;
    const response = await shop.fetch(new Request(url, { method, headers: asEdge({ method, url }) }));
    expectRules(response, path.startsWith('/docs') || path.startsWith('/media'));
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  }
  for (const path of ['/nowhere', '/api/v1/products/%00', '/api/v1/me?x=%ff']) {
    const url = `http://localhost${path}`;
    expectRules(await shop.fetch(new Request(url, { headers: asEdge({ method: 'GET', url }) })));
    expectRules(await shop.fetch(new Request(url)));
  }
});

test('an answer from memory, in front of the framework, is no different from the one that was built', async () => {
  const { slug } = await createProduct(shop);
  const read = () =>
    shop.fetch(new Request(`http://localhost/api/v1/products/${slug}`, { headers: edgePass() }));
  for (let times = 0; times < 4; times += 1) expectRules(await read());
  expect((await read()).headers.get('cache-status')).toStartWith('hotshelf-memory; hit');
});

test('the page of the documentation runs scripts of ours alone, and is framed by nobody', async () => {
  const url = 'http://localhost/docs';
  const { headers } = await shop.fetch(new Request(url, { headers: asEdge({ method: 'GET', url }) }));
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toMatch(/script-src[^;]*(unsafe|\*|https?:)/);
  expect(policy).toContain("frame-ancestors 'none'");
});
