/** Who gets in: tokens that are worth nothing, roles that do not suffice, and the way around the edge. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createHmac } from 'node:crypto';
import { Elysia } from 'elysia';
import { EDGE_SECRET_HEADER } from '#lib/edge-contract.ts';
import { auth, requireDeclaredAccess } from '#origin/http/auth.ts';
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

const HOUR_SECONDS = 3_600;
const SOMEBODY = '01890a5d-ac96-774b-bcce-b302099a8057';

interface Forgery {
  readonly header?: object;
  readonly claims?: object;
  readonly secret?: string;
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token that would be good but for what it is made with. */
function forge({ header, claims, secret = TEST_CONFIG.JWT_SECRET }: Forgery = {}): string {
  const seconds = Math.floor(Date.now() / 1000);
  const signed = [
    encode({ alg: 'HS256', typ: 'JWT', ...header }),
    encode({
      ...{ sub: shopper.userId, role: 'shopper', iss: 'hotshelf', aud: 'hotshelf-api' },
      ...{ iat: seconds, exp: seconds + HOUR_SECONDS, ...claims },
    }),
  ].join('.');
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

describe('an access token', () => {
  test('made as ours are is let in: what the forgeries below lack is what they are refused for', async () => {
    const { status, body } = await shop.call('/api/v1/me', { token: forge() });
    expect(status).toBe(200);
    expect(body.id).toBe(shopper.userId);
  });

  const seconds = Math.floor(Date.now() / 1000);
  test.each<[string, () => string]>([
    ['that has expired', () => forge({ claims: { exp: seconds - 1 } })],
    ['that is not yet good', () => forge({ claims: { nbf: seconds + HOUR_SECONDS } })],
    ['of another secret', () => forge({ secret: 'another-secret-of-enough-characters' })],
    ['of another issuer', () => forge({ claims: { iss: 'somebody' } })],
    ['of no issuer', () => forge({ claims: { iss: undefined } })],
    ['for another audience', () => forge({ claims: { aud: 'another-api' } })],
    ['by the algorithm none', () => forge({ header: { alg: 'none' } })],
    [
      'without a signature',
      () =>
        `${forge({ header: { alg: 'none' } })
          .split('.', 2)
          .join('.')}.`,
    ],
    ['by another algorithm', () => forge({ header: { alg: 'HS512' } })],
    ['with a role that is none', () => forge({ claims: { role: 'owner' } })],
    ['without a role', () => forge({ claims: { role: undefined } })],
    ['for somebody whose id is none', () => forge({ claims: { sub: "' or 1=1" } })],
    ['for an account that has gone', () => forge({ claims: { sub: SOMEBODY } })],
    ['whose claims were changed afterwards', () => withRole(forge(), 'admin')],
    ['that is no token', () => 'nonsense'],
  ])('%s is refused', async (_name, token) => {
    expectProblem(await shop.call('/api/v1/me', { token: token() }), 'unauthenticated');
  });

  test.each(['Basic YTpi', 'Bearer', 'Bearer ', 'bearer a b', 'Bearer "x"'])(
    'sent as %o is refused',
    async (authorization) => {
      expectProblem(await shop.call('/api/v1/me', { headers: { authorization } }), 'unauthenticated');
    },
  );

  test('that is bad is refused even where guests are served', async () => {
    const answer = await shop.call('/api/v1/carts', {
      method: 'POST',
      token: forge({ secret: 'x'.repeat(32) }),
    });
    expectProblem(answer, 'unauthenticated');
  });
});

function withRole(token: string, role: string): string {
  const [header, claims = '', signature] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), role };
  return [header, encode(changed), signature].join('.');
}

describe('a route', () => {
  const ROUTE = '/api/v1/forgotten';
  const guarded = () => new Elysia().use(auth(TEST_CONFIG.JWT_SECRET));
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

  test.each<[string, { readonly routes: Parameters<typeof requireDeclaredAccess>[0] }]>([
    ['declares no access', guarded().get(ROUTE, () => 'open to all')],
    ['misspells it', guarded().get(ROUTE, () => 'open to all', misspelt)],
    ['names a permission that the table lacks', guarded().get(ROUTE, () => 'open to all', unknown)],
    ['only says in its document that it has one', guarded().get(ROUTE, () => 'open to all', forged)],
    ['is without the macro', new Elysia().get(ROUTE, () => 'open to all', { access: 'user' } as object)],
    ['lies outside the API and is unknown', new Elysia().get('/admin', () => 'open to all')],
    ['lies outside the API and writes', new Elysia().post('/health', () => 'open to all')],
  ])('that %s stops the boot', (_what, { routes }) => {
    expect(() => requireDeclaredAccess(routes)).toThrow(/declares no access|does more than read/);
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
