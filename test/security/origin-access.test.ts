/** Who gets in: credentials that are none, roles that do not suffice, and the way around the edge. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Elysia } from 'elysia';
import { EDGE_SECRET_HEADER } from '#lib/edge-contract.ts';
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

/** Every route that asks who is there, with what it asks for. */
const GUARDED: readonly [Call['method'], string, 'user' | 'merchant' | 'admin'][] = [
  ['GET', '/api/v1/me', 'user'],
  ['GET', '/api/v1/me/sessions', 'user'],
  ['DELETE', '/api/v1/me/sessions', 'user'],
  ['DELETE', `/api/v1/me/sessions/${SOMEBODY}`, 'user'],
  ['GET', '/api/v1/orders', 'user'],
  ['GET', '/api/v1/payment-methods', 'user'],
  ['POST', '/api/v1/payment-methods', 'user'],
  ['DELETE', `/api/v1/payment-methods/${SOMEBODY}`, 'user'],
  ['POST', '/api/v1/me/password', 'user'],
  ['GET', '/api/v1/me/second-factor', 'user'],
  ['POST', '/api/v1/me/second-factor', 'user'],
  ['POST', '/api/v1/me/second-factor/confirmation', 'user'],
  ['POST', '/api/v1/me/second-factor/recovery-codes', 'user'],
  ['POST', '/api/v1/me/second-factor/removal', 'user'],
  ['POST', '/api/v1/me/export', 'user'],
  ['POST', '/api/v1/me/erasure', 'user'],
  ['POST', '/api/v1/api-keys', 'user'],
  ['GET', '/api/v1/api-keys', 'user'],
  ['DELETE', `/api/v1/api-keys/${SOMEBODY}`, 'user'],
  ['POST', '/api/v1/products', 'merchant'],
  ['PATCH', `/api/v1/products/${SOMEBODY}`, 'merchant'],
  ['DELETE', `/api/v1/products/${SOMEBODY}`, 'merchant'],
  ['GET', `/api/v1/inventory/${SOMEBODY}`, 'merchant'],
  ['PATCH', `/api/v1/inventory/${SOMEBODY}`, 'merchant'],
  ['POST', '/api/v1/inventory/adjustments', 'merchant'],
  ['POST', `/api/v1/orders/${SOMEBODY}/refunds`, 'admin'],
];
/** Routes that serve guests: who may do what is decided by the thing itself. */
const OPEN = [
  ...['GET /api/v1/products/:id', 'GET /api/v1/products', 'GET /api/v1/categories'],
  ...['GET /api/v1/search', 'GET /api/v1/search/suggest'],
  ...['POST /api/v1/auth/register', 'POST /api/v1/auth/login', 'POST /api/v1/auth/refresh'],
  ...['POST /api/v1/auth/email-verification', 'POST /api/v1/auth/email-verification/confirmation'],
  ...['POST /api/v1/auth/password-reset', 'POST /api/v1/auth/password-reset/confirmation'],
  ...[
    'POST /api/v1/auth/logout',
    'POST /api/v1/carts',
    'GET /api/v1/carts/:id',
    'POST /api/v1/carts/:id/items',
  ],
  ...['PATCH /api/v1/carts/:id/items/:itemId', 'DELETE /api/v1/carts/:id/items/:itemId'],
  ...['POST /api/v1/checkout', 'GET /api/v1/orders/:id', 'POST /api/v1/webhooks/stripe'],
  ...['POST /api/v1/orders/:id/cancel', 'POST /api/v1/orders/:id/payment'],
];

describe('a route', () => {
  test('is either guarded or open on purpose: these are all there are', () => {
    const api = shop.routes.filter(({ path }) => path.startsWith('/api/'));
    const guarded = GUARDED.map(([method, path]) => `${method} ${path.replace(SOMEBODY, ':id')}`);
    const known = api.map(({ method, path }) => `${method} ${path.replace(':variantId', ':id')}`);
    expect(known.toSorted()).toEqual([...guarded, ...OPEN].toSorted());
  });

  test.each(GUARDED)(
    '%s %s refuses who does not say who they are, before it looks at what they send',
    async (method = 'GET', path) => {
      const body = method === 'GET' ? {} : { body: { surprise: true } };
      expectProblem(await shop.call(path, { method, ...body }), 'unauthenticated');
    },
  );

  test.each(GUARDED.filter(([, , access]) => access !== 'user'))(
    '%s %s refuses a shopper',
    async (method = 'GET', path) => {
      expectProblem(await shop.call(path, { method, token: shopper.token, body: {} }), 'forbidden');
    },
  );

  test('for the admin refuses a seller', async () => {
    const { token } = await shop.signIn('seller');
    const forAdmin = GUARDED.filter(([, , access]) => access === 'admin');
    for (const [method = 'GET', path] of forAdmin) {
      expectProblem(await shop.call(path, { method, token, body: {} }), 'forbidden');
    }
  });

  test('under /api that declares no access stops the boot', () => {
    const tokens = createAccessTokens(createKeyRing(TEST_CONFIG), shop.deps.revocations);
    const api = new Elysia().use(auth(tokens));
    const declared = api.get('/api/v1/declared', () => 'fine', { access: 'public' });
    expect(() => requireDeclaredAccess(declared.routes)).not.toThrow();
    const open = declared.get('/api/v1/forgotten', () => 'open to all');
    expect(() => requireDeclaredAccess(open.routes)).toThrow('GET /api/v1/forgotten declares no access');
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
    for (const { method, path } of shop.routes) {
      const request = (headers: Record<string, string>) =>
        new Request(`http://localhost${path.replaceAll(/:\w+/g, SOMEBODY)}`, { method, headers });
      for (const headers of [{}, { [EDGE_SECRET_HEADER]: '' }, { [EDGE_SECRET_HEADER]: 'a guess' }]) {
        const response = await shop.fetch(request(headers));
        if (PROBES.includes(path)) expect(response.status).toBe(200);
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
