/** Who gets in: credentials that are none, roles that do not suffice, and the way around the edge. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Elysia } from 'elysia';
import { EDGE_PROOF_HEADER } from '#lib/edge-contract.ts';
import { createAccessTokens } from '#origin/http/access-tokens.ts';
import { auth, requireDeclaredAccess } from '#origin/http/auth.ts';
import { createKeyRing } from '#origin/http/key-ring.ts';
import { type Call, type OriginUnderTest, openOrigin, TEST_CONFIG } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartWith, createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let shopper: Awaited<ReturnType<OriginUnderTest['signIn']>>;
beforeAll(async () => {
  shop = await openOrigin();
  shopper = await shop.signIn();
});
afterAll(async () => {
  await shop.close();
});

const SOMEBODY = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('an access token', () => {
  test.each(['Basic YTpi', 'Bearer', 'Bearer ', 'bearer a b', 'Bearer "x"'])(
    'sent as %o is refused',
    async (authorization) => {
      expectProblem(await shop.call('/api/v1/me', { headers: { authorization } }), 'unauthenticated');
    },
  );

  test('that is bad is refused even where guests are served', async () => {
    const answer = await shop.call('/api/v1/carts', { method: 'POST', token: 'nonsense' });
    expectProblem(answer, 'unauthenticated');
  });
});

describe('a route', () => {
  const ROUTE = '/api/v1/forgotten';
  const guarded = () =>
    new Elysia().use(
      auth(createAccessTokens(createKeyRing(TEST_CONFIG), shop.deps.revocations, shop.deps.accountPolicy)),
    );
  const misspelt = { acess: 'user' } as object;
  const forged = { detail: { 'x-access': 'users:write' } } as object;
  const unknown = { access: 'owner' as 'user' };

  test('that declares its access, or is known to be no part of the API, is let in', () => {
    const api = guarded()
      .get('/api/v1/declared', () => 'fine', { access: 'public' })
      .post('/api/v1/declared', () => 'fine', { access: 'users:write' })
      .get('/livez', () => 'fine');
    expect(() => requireDeclaredAccess(api.routes)).not.toThrow();
  });

  test.each<[string, () => { readonly routes: Parameters<typeof requireDeclaredAccess>[0] }]>([
    ['declares no access', () => guarded().get(ROUTE, () => 'open to all')],
    ['misspells it', () => guarded().get(ROUTE, () => 'open to all', misspelt)],
    ['names a permission that the table lacks', () => guarded().get(ROUTE, () => 'open to all', unknown)],
    ['only says in its document that it has one', () => guarded().get(ROUTE, () => 'open to all', forged)],
    [
      'is without the macro',
      () => new Elysia().get(ROUTE, () => 'open to all', { access: 'user' } as object),
    ],
    ['lies outside the API and is unknown', () => new Elysia().get('/admin', () => 'open to all')],
    ['lies outside the API and writes', () => new Elysia().post('/health', () => 'open to all')],
  ])('that %s stops the boot', (_what, build) => {
    expect(() => requireDeclaredAccess(build().routes)).toThrow(/declares no access|does more than read/);
  });
});

describe('what belongs to somebody else', () => {
  test('is not there, with whatever credentials one comes', async () => {
    const { variantId } = await createProduct(shop);
    const { cartId, cartToken } = await cartWith(shop, variantId);
    const stranger = await cartWith(shop, variantId);
    const customer = await shop.call('/api/v1/carts', { method: 'POST', token: shopper.token });
    const { token: otherShopper } = await shop.signIn();
    const { token: admin } = await shop.signIn('admin');
    const attempts: [string, Call][] = [
      [cartId, {}],
      [cartId, { cartToken: stranger.cartToken }],
      [cartId, { cartToken: '' }],
      [cartId, { cartToken: `${cartToken}x` }],
      [cartId, { token: shopper.token }],
      [customer.body.id, {}],
      [customer.body.id, { cartToken }],
      [customer.body.id, { token: otherShopper }],
      [customer.body.id, { token: admin }],
    ];
    for (const [id, credentials] of attempts) {
      expectProblem(await shop.call(`/api/v1/carts/${id}`, credentials), 'cart_not_found');
      const add: Call = { method: 'POST', body: { variantId, quantity: 1 }, ...credentials };
      expectProblem(await shop.call(`/api/v1/carts/${id}/items`, add), 'cart_not_found');
    }
  });
});

describe('around the edge', () => {
  const PROBES = ['/livez', '/readyz', '/health', '/metrics'];

  test('only the probes answer, whatever else is asked for and by whatever secret', async () => {
    for (const { method, path } of shop.routes()) {
      const request = (headers: Record<string, string>) =>
        new Request(`http://localhost${path.replaceAll(/:\w+/g, SOMEBODY)}`, { method, headers });
      for (const headers of [{}, { [EDGE_PROOF_HEADER]: '' }, { [EDGE_PROOF_HEADER]: 'a guess' }]) {
        const response = await shop.fetch(request(headers));
        // Where operators have no token, whatever comes as the edge would is a stranger's.
        if (path === '/metrics' && EDGE_PROOF_HEADER in headers) expect(response.status).toBe(401);
        else if (PROBES.includes(path)) expect(response.status).toBe(200);
        else expect(await response.json()).toMatchObject({ status: 403, code: 'edge_required' });
      }
    }
  });

  test.each([
    '/livez/',
    '//livez',
    '/livez/..',
    '/LIVEZ',
    '/livez%2f..%2fapi',
    '/api/v1/me?/livez',
    '/api/v1/me#/livez',
    '/nowhere',
  ])('%s is no probe', async (path) => {
    const response = await shop.fetch(new Request(`http://localhost${path}`));
    expect(response.status).toBe(403);
  });
});
