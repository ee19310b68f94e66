/** Acts by API keys are on record as the keys', and so is what sellers and admins do with what proves to be them. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { listAudit } from '#db/audit-log.ts';
import type { Role } from '#origin/http/auth.ts';
import { codeOf, signUpWithSecondFactor } from '#test/support/authenticator.ts';
import { type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { CATEGORY, cartWith, checkOut, createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
  await createProduct(shop);
});
afterAll(async () => {
  await shop.close();
});

const actsOn = async (kind: string, id: string) =>
  (await listAudit(shop.deps.db, { object: { kind, id }, limit: 100 })).map(
    ({ action, actor, actorId, changes }) => ({ action, actor, actorId, changes }),
  );

const SCOPES = ['products:write', 'stock:write'];

async function makeKey(
  token: string,
  scopes: readonly string[] = SCOPES,
): Promise<{ readonly id: string; readonly key: string }> {
  const body = { name: 'Mr Smith’s', scopes, expiresInDays: 30, password: TEST_PASSWORD };
  const made = await shop.call('/api/v1/api-keys', { method: 'POST', token, body });
  expect(made.status).toBe(201);
  return made.body;
}

const revoke = (token: string, id: string) =>
  shop.call(`/api/v1/api-keys/${id}`, { method: 'DELETE', token });

test('a product that a key has made and changed, and its stock, are on record as the key’s', async () => {
  const { token } = await shop.signIn('seller');
  const { id: actorId, key } = await makeKey(token);
  const body = { name: 'Camp Stool', category: CATEGORY, variants: [{ price: 100, stock: 1 }] };
  const { body: product, headers } = await shop.call('/api/v1/products', {
    ...{ method: 'POST', token: key, body },
  });
  const change = { method: 'PATCH', token: key, body: { name: 'Camp Chair' } } as const;
  const changed = await shop.call(`/api/v1/products/${product.id}`, {
    ...change,
    headers: { 'if-match': headers.get('etag') ?? '' },
  });
  expect(changed.status).toBe(200);
  const variantId = product.variants[0].id;
  const adjusted = await shop.call('/api/v1/inventory/adjustments', {
    ...{ method: 'POST', token: key, headers: { 'idempotency-key': crypto.randomUUID() } },
    body: { variantId, delta: 1, reason: 'Found' },
  });
  expect(adjusted.status).toBeWithin(200, 300);
  const [other] = await actsOn('variant', variantId);
  for (const act of [other, ...(await actsOn('product', product.id))]) {
    expect(act).toMatchObject({ actor: 'api_key', actorId });
  }
  expect((await actsOn('product', product.id)).map(({ action }) => action)).toEqual([
    'product.changed',
    'product.created',
  ]);
});

describe.each<Role>(['seller', 'admin'])('of a %s', (role) => {
  test('a key that was made and revoked is on record, once', async () => {
    const { token, userId: actorId } = await shop.signIn(role);
    const { id } = await makeKey(token);
    const answers = await Promise.all([revoke(token, id), revoke(token, id)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 404]);
    expect(await actsOn('api_key', id)).toEqual([
      { action: 'api_key.revoked', actor: 'user', actorId, changes: {} },
      {
        ...{ action: 'api_key.created', actor: 'user', actorId },
        changes: { scopes: SCOPES, expiresAt: expect.any(String) },
      },
    ]);
  });

  test('a second factor that was removed is on record', async () => {
    const { email, userId, secret } = await signUpWithSecondFactor(shop, role);
    const credentials = { email, password: TEST_PASSWORD, code: codeOf(secret) };
    const { body } = await shop.call('/api/v1/auth/login', { method: 'POST', body: credentials });
    const removed = await shop.call('/api/v1/me/second-factor/removal', {
      ...{ method: 'POST', token: body.accessToken },
      body: { password: TEST_PASSWORD, code: codeOf(secret, 1) },
    });
    expect(removed.status).toBe(204);
    expect(await actsOn('user', userId)).toEqual([
      { action: 'second_factor.removed', actor: 'user', actorId: userId, changes: {} },
    ]);
  });
});

test('a shopper’s keys are their own affair, and nobody else revokes them', async () => {
  const { token } = await shop.signIn();
  const { id } = await makeKey(token);
  expectProblem(await revoke((await shop.signIn('admin')).token, id), 'api_key_not_found');
  expect((await revoke(token, id)).status).toBe(204);
  expect(await actsOn('api_key', id)).toEqual([]);
});

test('a refund and a cancellation take a scope of their own, and are on record as the key’s', async () => {
  const { token } = await shop.signIn('admin');
  const without = await makeKey(token);
  const { id: actorId, key } = await makeKey(token, ['orders:cancel', 'orders:refund']);
  const { variantId } = await createProduct(shop, { stock: 5 });
  const bought = await checkOut(shop, await cartWith(shop, variantId));
  const acts = [
    { path: 'refunds', body: { amount: 100 } },
    { path: 'cancel', body: { reason: 'Lost' } },
  ];
  for (const { path, body } of acts) {
    const ask = (by: string) =>
      shop.call(`/api/v1/orders/${bought.body.id}/${path}`, {
        ...{ method: 'POST', token: by, body },
        headers: { 'idempotency-key': crypto.randomUUID() },
      });
    expectProblem(await ask(without.key), 'forbidden');
    expect((await ask(key)).status).toBe(200);
  }
  const recorded = (await actsOn('order', bought.body.id)).map(({ action, actor, actorId }) => ({
    ...{ action, actor, actorId },
  }));
  expect(recorded).toEqual([
    { action: 'order.cancelled', actor: 'api_key', actorId },
    { action: 'refund.requested', actor: 'api_key', actorId },
  ]);
});
