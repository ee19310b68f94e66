/** Each attempt that is refused is one line of the log: which event, why, who, from where, and nothing secret. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { makeSigningKey } from '#ops/local/secrets.ts';
import { type Call, type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { linesFrom } from '#test/support/security-lines.ts';
import { FROM_PAGE, login, logout, refresh } from '#test/support/sessions.ts';
import { cartWith, checkOut, createProduct } from '#test/support/shopping.ts';
import { forge, withClaims } from '#test/support/tokens.ts';

const CARD_NUMBER = '4242424242424242';
const UNKNOWN = 'rt_9sY3hC0mJ7aUu0Z5cF2b1k8n4v6x0q2w4e6r8t0y1u3';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

let lastIp = 0;
const nextIp = () => {
  lastIp += 1;
  return `198.51.100.${lastIp}`;
};

const post = (path: string, body: unknown, call: Call = {}) =>
  shop.call(`/api/v1${path}`, { method: 'POST', body, ...call });

interface Scene {
  readonly ip: string;
  readonly token: string;
  readonly userId: string;
  readonly email: string;
}

type Attack = (scene: Scene) => Promise<unknown>;

const get = (path: string, token: string, ip: string) => shop.call(`/api/v1${path}`, { token, ip });

const ATTACKS: readonly [event: string, fields: object, what: string, Attack][] = [
  [
    'password_proof.failed',
    { known: true },
    'a wrong password within a session',
    ({ ip, token }) =>
      post(
        '/me/password',
        { currentPassword: 'a wrong one', newPassword: 'another good one' },
        { ip, token },
      ),
  ],
  [
    'mailed_link.refused',
    {},
    'a guessed token of a mail',
    ({ ip }) =>
      post(
        '/auth/password-reset/confirmation',
        { token: `pr_${UNKNOWN}`, password: 'a good password' },
        { ip },
      ),
  ],
  ['refresh.refused', {}, 'an unknown refresh token', ({ ip }) => refresh(shop, UNKNOWN, { ip })],
  ['token.refused', { reason: 'malformed' }, 'nonsense', ({ ip }) => get('/me', 'nonsense', ip)],
  [
    'token.refused',
    { reason: 'foreign_key' },
    'a token of another key',
    ({ ip, userId }) => get('/me', forge(userId, { key: JSON.parse(makeSigningKey()) }), ip),
  ],
  [
    'token.refused',
    { reason: 'foreign_key' },
    'a token that names no key',
    ({ ip, userId }) => get('/me', forge(userId, { header: { kid: undefined } }), ip),
  ],
  [
    'token.refused',
    { reason: 'foreign_algorithm' },
    'a token without a signature',
    ({ ip, userId }) => get('/me', forge(userId, { header: { alg: 'none' }, sign: () => '' }), ip),
  ],
  [
    'token.refused',
    { reason: 'forged' },
    'a token with another role',
    ({ ip, token }) => get('/me', withClaims(token, { role: 'admin' }), ip),
  ],
  [
    'token.refused',
    { reason: 'foreign_claims' },
    'a token for another audience',
    ({ ip, userId }) => get('/me', forge(userId, { claims: { aud: 'another' } }), ip),
  ],
  [
    'token.refused',
    { reason: 'expired' },
    'a token that has expired',
    ({ ip, userId }) => get('/me', forge(userId, { claims: { iat: 1, exp: 900 } }), ip),
  ],
  [
    'token.refused',
    { reason: 'revoked' },
    'a token of a session that has ended',
    async ({ ip, email }) => {
      const { body } = await login(shop, email);
      await logout(shop, body.refreshToken);
      await get('/me', body.accessToken, ip);
    },
  ],
  [
    'token.refused',
    { reason: 'unknown_api_key' },
    'a guessed API key',
    ({ ip }) => get('/orders', `hsk_${'0'.repeat(64)}`, ip),
  ],
  [
    'access.refused',
    { reason: 'no_credentials' },
    'no credentials',
    ({ ip }) => shop.call('/api/v1/me', { ip }),
  ],
  [
    'access.refused',
    { reason: 'users:read', known: true, route: '/api/v1/users' },
    'a role too low',
    ({ ip, token }) => get('/users', token, ip),
  ],
  [
    'access.refused',
    { reason: 'of_another', known: true, code: 'cart_not_found' },
    'somebody else’s cart',
    async ({ ip, token }) => {
      const { body } = await post('/carts', {});
      await get(`/carts/${body.id}`, token, ip);
    },
  ],
  [
    'access.refused',
    { reason: 'of_another', known: true, code: 'order_not_found' },
    'somebody else’s order',
    async ({ ip, token }) => {
      const { variantId } = await createProduct(shop);
      const cart = await cartWith(shop, variantId);
      const { body } = await checkOut(shop, cart);
      await get(`/orders/${body.id}`, token, ip);
    },
  ],
  [
    'access.refused',
    { reason: 'scope', known: true },
    'an API key without the scope',
    async ({ ip, token }) => {
      const asked = { name: 'Key', scopes: ['stock:read'], expiresInDays: 1, password: TEST_PASSWORD };
      const { body } = await post('/api-keys', asked, { token });
      await get('/orders', body.key, ip);
    },
  ],
  [
    'csrf.refused',
    {},
    'a page of another site',
    ({ ip, email }) => {
      const headers = { ...FROM_PAGE, origin: 'https://evil.example' };
      return post('/auth/login', { email, password: TEST_PASSWORD }, { ip, headers });
    },
  ],
  [
    'webhook.refused',
    {},
    'a forged webhook',
    ({ ip }) => post('/webhooks/stripe', {}, { ip, headers: { 'stripe-signature': 't=1,v1=00' } }),
  ],
  [
    'card_number.refused',
    {},
    'a card number',
    ({ ip }) =>
      post(
        '/auth/register',
        { email: 'a@test.example', password: 'a good password', name: CARD_NUMBER },
        { ip },
      ),
  ],
  ['input.refused', {}, 'a body that is none', ({ ip }) => post('/auth/login', { __proto__: [] }, { ip })],
];

test.each(ATTACKS)(
  'is on record as %s %o: %s',
  async (event, { known, ...fields }: { known?: boolean }, _what, attack) => {
    const ip = nextIp();
    const { token, userId, email } = await shop.signIn();
    await attack({ ip, token, userId, email });
    expect(linesFrom(ip, shop.logs)).toEqual([
      expect.objectContaining({ event, ...fields, ...(known === true ? { userId } : {}) }),
    ]);
    const text = JSON.stringify(linesFrom(ip, shop.logs));
    for (const secret of [email, token, CARD_NUMBER, UNKNOWN]) expect(text).not.toContain(secret);
  },
);
