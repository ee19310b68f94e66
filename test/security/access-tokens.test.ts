/** Access tokens against whoever makes one themselves: RFC 8725's attacks, one by one. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createHmac, createPublicKey, generateKeyPairSync, sign as signWithKey } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { makeSigningKey } from '#ops/local/secrets.ts';
import { type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { claimsOf, forge, headerOf, kidOf, SHOP_KEY, withClaims } from '#test/support/tokens.ts';

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
const STRANGER = JSON.parse(makeSigningKey());
const { kty, crv, x } = SHOP_KEY;
const PUBLIC_KEY = createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
const nowSeconds = Math.floor(Date.now() / 1_000);

const forShopper = (forgery: Parameters<typeof forge>[1] = {}) => forge(shopper.userId, forgery);
const hmacOf = (secret: string | Buffer) => (signed: string) =>
  createHmac('sha256', secret).update(signed).digest('base64url');

/** The algorithm of a shared secret, with what everybody knows in its place. */
const confused = (secret: string | Buffer) => forShopper({ header: { alg: 'HS256' }, sign: hmacOf(secret) });

function byAnotherCurve(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const sign = (signed: string) =>
    signWithKey('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
      'base64url',
    );
  return forShopper({ header: { alg: 'ES256' }, sign });
}

function withOneBitChanged(token: string): string {
  const [header, claims, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[10] = (bytes[10] ?? 0) ^ 1;
  return [header, claims, bytes.toString('base64url')].join('.');
}

test('a token made as ours are is let in: what the forgeries lack is what they are refused for', async () => {
  const { status, body } = await shop.call('/api/v1/me', { token: forShopper() });
  expect(status).toBe(200);
  expect(body.id).toBe(shopper.userId);
});

describe('a token is worth nothing', () => {
  test.each<[string, () => string]>([
    ['by the algorithm none', () => forShopper({ header: { alg: 'none' } })],
    ['by the algorithm none, unsigned', () => forShopper({ header: { alg: 'none' }, sign: () => '' })],
    ['by the algorithm nOnE, unsigned', () => forShopper({ header: { alg: 'nOnE' }, sign: () => '' })],
    ['unsigned', () => forShopper({ sign: () => '' })],
    ['HS256 with the public key in PEM', () => confused(PUBLIC_KEY.export({ format: 'pem', type: 'spki' }))],
    ['HS256 with the public key in DER', () => confused(PUBLIC_KEY.export({ format: 'der', type: 'spki' }))],
    ['HS256 with the public key’s bytes', () => confused(Buffer.from(x, 'base64url'))],
    ['HS256 with the public JWK', () => confused(JSON.stringify({ kty, crv, x }))],
    ['HS256 with nothing', () => confused('')],
    ['by another curve', byAnotherCurve],
    ['of a foreign key under its own name', () => forShopper({ key: STRANGER })],
    [
      'of a foreign key under our name',
      () => forShopper({ key: STRANGER, header: { kid: kidOf(SHOP_KEY) } }),
    ],
    ['of a foreign key that it brings along', () => forShopper({ key: STRANGER, header: { jwk: STRANGER } })],
    [
      'that says where its key is',
      () => forShopper({ key: STRANGER, header: { jku: 'http://127.0.0.1/k' } }),
    ],
    ['of an unknown key', () => forShopper({ header: { kid: 'unknown' } })],
    ['whose key is a path', () => forShopper({ header: { kid: '../../dev/null' } })],
    ['that names no key', () => forShopper({ header: { kid: undefined } })],
    ['with a critical header that nobody knows', () => forShopper({ header: { crit: ['mine'], mine: 1 } })],
    ['that is some other JWT', () => forShopper({ header: { typ: 'JWT' } })],
    ['of no type', () => forShopper({ header: { typ: undefined } })],
    ['that has expired', () => forShopper({ claims: { iat: nowSeconds - 900, exp: nowSeconds - 1 } })],
    ['that never expires', () => forShopper({ claims: { exp: undefined } })],
    ['that lives longer than ours', () => forShopper({ claims: { iat: nowSeconds - HOUR_SECONDS } })],
    ['that is not yet good', () => forShopper({ claims: { nbf: nowSeconds + HOUR_SECONDS } })],
    ['from the future', () => forShopper({ claims: { iat: nowSeconds + HOUR_SECONDS } })],
    ['that does not say since when', () => forShopper({ claims: { iat: undefined } })],
    ['of another issuer', () => forShopper({ claims: { iss: 'somebody' } })],
    ['of no issuer', () => forShopper({ claims: { iss: undefined } })],
    ['for another audience', () => forShopper({ claims: { aud: 'another-api' } })],
    ['for no audience', () => forShopper({ claims: { aud: undefined } })],
    ['whose role was raised afterwards', () => withClaims(forShopper(), { role: 'admin' })],
    ['whose user was changed afterwards', () => withClaims(forShopper(), { sub: SOMEBODY })],
    ['whose end was put off afterwards', () => withClaims(forShopper(), { exp: nowSeconds + HOUR_SECONDS })],
    ['with one bit of its signature changed', () => withOneBitChanged(forShopper())],
    ['with a role that is none', () => forShopper({ claims: { role: 'owner' } })],
    ['without a role', () => forShopper({ claims: { role: undefined } })],
    ['without a session', () => forShopper({ claims: { sid: undefined } })],
    ['of a session whose id is none', () => forShopper({ claims: { sid: 'mine' } })],
    ['without an epoch', () => forShopper({ claims: { epoch: undefined } })],
    ['for somebody whose id is none', () => forShopper({ claims: { sub: "' or 1=1" } })],
    ['for an account that has gone', () => forShopper({ claims: { sub: SOMEBODY } })],
    ['as long as a book', () => forShopper({ claims: { padding: 'x'.repeat(3_000) } })],
    ['that is no token', () => 'nonsense'],
    ['of dots', () => '..'],
  ])('%s', async (_name, token) => {
    expectProblem(await shop.call('/api/v1/me', { token: token() }), 'unauthenticated');
  });

  test('though it was good a moment ago: what is remembered of it does not outlive it', async () => {
    const endsIn = 2;
    const claims = {
      iat: Math.floor(Date.now() / 1_000) - 890,
      exp: Math.floor(Date.now() / 1_000) + endsIn,
    };
    const token = forShopper({ claims });
    expect((await shop.call('/api/v1/me', { token })).status).toBe(200);
    while (Date.now() < claims.exp * 1_000) {
      const { status } = await shop.call('/api/v1/me', { token });
      if (Date.now() < claims.exp * 1_000) expect(status).toBe(200);
    }
    expectProblem(await shop.call('/api/v1/me', { token }), 'unauthenticated');
  });
});

describe('a refresh token or any other secret of ours', () => {
  test('is no access token', async () => {
    const login = { email: shopper.email, password: TEST_PASSWORD };
    const { body } = await shop.call('/api/v1/auth/login', { method: 'POST', body: login });
    expectProblem(await shop.call('/api/v1/me', { token: body.refreshToken }), 'unauthenticated');
  });
});

describe('what we sign', () => {
  test('names its key, type and audience, lives 15 minutes and tells no more than it must', () => {
    expect(headerOf(shopper.token)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: kidOf(SHOP_KEY) });
    const { exp, iat, ...claims } = claimsOf(shopper.token);
    expect(Number(exp) - Number(iat)).toBe(900);
    expect(claims).toEqual({
      ...{ iss: 'hotshelf', aud: 'hotshelf-api', sub: shopper.userId, role: 'shopper', epoch: 0, factors: 1 },
      ...{ sid: expect.any(String), jti: expect.any(String) },
    });
  });

  test('is verified by the published keys, which hold nothing private', async () => {
    const { status, headers, body } = await shop.call('/.well-known/jwks.json');
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(body).toEqual({ keys: [{ kty, crv, x, kid: kidOf(SHOP_KEY), alg: 'EdDSA', use: 'sig' }] });
    const { payload } = await jwtVerify(shopper.token, createLocalJWKSet(body), { issuer: 'hotshelf' });
    expect(payload.sub).toBe(shopper.userId);
  });
});
