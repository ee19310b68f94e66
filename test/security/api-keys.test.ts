/** API keys: what one opens, what it never opens, and when it is worth nothing. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { users } from '#db/schema/accounts.ts';
import { apiKeys } from '#db/schema/api-keys.ts';
import { DAY_MS } from '#lib/clock.ts';
import type { UserId } from '#lib/ids.ts';
import { SCOPE_NAMES, SCOPES } from '#origin/http/scopes.ts';
import { codeOf, signUpWithSecondFactor } from '#test/support/authenticator.ts';
import { openMailbox } from '#test/support/mailbox.ts';
import { type Call, type OriginUnderTest, openOrigin, TEST_PASSWORD } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { CATEGORY, createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let seller: Awaited<ReturnType<OriginUnderTest['signIn']>>;
beforeAll(async () => {
  shop = await openOrigin();
  seller = await shop.signIn('seller');
  await createProduct(shop);
});
afterAll(async () => {
  await shop.close();
});

const SOMEBODY = '01890a5d-ac96-774b-bcce-b302099a8057';
const NEW_PRODUCT = { name: 'Camp Stool', category: CATEGORY, variants: [{ price: 100, stock: 1 }] };

interface Asked {
  readonly scopes?: readonly string[];
  readonly token?: string;
  readonly more?: object;
}

const ask = ({ scopes = ['products:write'], token = seller.token, more = {} }: Asked = {}) =>
  shop.call('/api/v1/api-keys', {
    method: 'POST',
    token,
    body: { name: 'Warehouse', scopes, expiresInDays: 30, password: TEST_PASSWORD, ...more },
  });

async function make(asked: Asked = {}): Promise<{ id: string; key: string; prefix: string }> {
  const { status, body } = await ask(asked);
  expect(status).toBe(201);
  return body;
}

const createsProduct = (key: string) =>
  shop.call('/api/v1/products', { method: 'POST', token: key, body: NEW_PRODUCT });

describe('an API key', () => {
  test('does what its scope says, as its owner', async () => {
    const { key } = await make();
    const { status, body } = await createsProduct(key);
    expect(status).toBe(201);
    const change: Call = {
      method: 'PATCH',
      token: seller.token,
      headers: { 'if-match': '"1"' },
      body: { name: 'Camp Chair' },
    };
    expect((await shop.call(`/api/v1/products/${body.id}`, change)).status).toBe(200);
  });

  test('with a scope too few is refused', async () => {
    const { key } = await make({ scopes: ['stock:read'] });
    expectProblem(await createsProduct(key), 'forbidden');
    const { key: orders } = await make({ scopes: ['orders:read'] });
    expect((await shop.call('/api/v1/orders', { token: orders })).status).toBe(200);
    expectProblem(await shop.call(`/api/v1/inventory/${SOMEBODY}`, { token: orders }), 'forbidden');
  });

  test('with every scope opens no route that names none: of one’s account and its keys, nothing', async () => {
    const { token } = await shop.signIn('admin');
    const { key } = await make({ scopes: [...SCOPE_NAMES], token });
    const scoped = new Set<string>(Object.values(SCOPES).flat());
    const asking = shop
      .routes()
      .filter(({ method, path }) => path.startsWith('/api/v1/') && !scoped.has(`${method} ${path}`));
    const open = new Set<string>();
    for (const { method, path } of asking) {
      const url = path.replaceAll(/:\w+/g, SOMEBODY);
      const body = method === 'GET' ? {} : { body: {} };
      const answer = await shop.call(url, { method: method as 'GET', token: key, ...body });
      if (answer.body?.code !== 'forbidden') open.add(`${method} ${path}`);
    }
    const looksAtNoCredentials = [...open].filter(
      (name) =>
        !/auth\/|products|categories|search|trending|webhooks|shared-wish-lists|stock-notices|cart-reminders/.test(
          name,
        ),
    );
    expect(looksAtNoCredentials).toBeEmpty();
  });

  test('is for routes that there are', () => {
    const routes = new Set(shop.routes().map(({ method, path }) => `${method} ${path}`));
    for (const route of Object.values(SCOPES).flat()) expect(routes).toContain(route);
  });

  test('gives nobody more than their own role', async () => {
    const { token } = await shop.signIn();
    const { key } = await make({ token });
    expectProblem(await createsProduct(key), 'forbidden');
  });

  test('has the role that its owner has now, not the one it was made by', async () => {
    const { token, userId } = await shop.signIn('seller');
    const { key } = await make({ token });
    expect((await createsProduct(key)).status).toBe(201);
    await shop.deps.db.update(users).set({ role: 'shopper' }).where(eq(users.id, userId));
    expectProblem(await createsProduct(key), 'forbidden');
  });

  test('that is revoked is worth nothing from the next request on', async () => {
    const { key, id } = await make();
    expect((await createsProduct(key)).status).toBe(201);
    const revoke = () => shop.call(`/api/v1/api-keys/${id}`, { method: 'DELETE', token: seller.token });
    expect((await revoke()).status).toBe(204);
    expectProblem(await createsProduct(key), 'unauthenticated');
    expectProblem(await revoke(), 'api_key_not_found');
  });

  test('that has expired is worth nothing', async () => {
    const { key } = await make();
    const late = shop.beside({ clock: { now: () => new Date(Date.now() + 30 * DAY_MS) } });
    const answer = await late.call('/api/v1/products', { method: 'POST', token: key, body: NEW_PRODUCT });
    expectProblem(answer, 'unauthenticated');
  });

  test.each(['hsk_', 'hsk_unknown', `hsk_${'0'.repeat(64)}`, `hsk_${'a'.repeat(5_000)}`])(
    'is not guessed by %s',
    async (key) => {
      expectProblem(await createsProduct(key), 'unauthenticated');
    },
  );

  test('is refused for a change of one character', async () => {
    const { key } = await make();
    const last = key.endsWith('0') ? '1' : '0';
    expectProblem(await createsProduct(key.slice(0, -1) + last), 'unauthenticated');
  });
});

describe('keys', () => {
  test('are shown once, kept as hashes, listed by how they begin, and told of by mail', async () => {
    const mailbox = openMailbox(shop.deps);
    const { token, email, userId } = await shop.signIn('seller');
    const { key, prefix } = await make({ token });
    expect(key.startsWith(prefix)).toBeTrue();
    const { body } = await shop.call('/api/v1/api-keys', { token });
    expect(body.items).toHaveLength(1);
    expect(JSON.stringify(body)).not.toContain(key);
    const [row] = await shop.deps.db
      .select()
      .from(apiKeys)
      .where(eq(apiKeys.userId, userId as UserId));
    const digest = new Bun.CryptoHasher('sha256').update(key).digest();
    expect(Buffer.from(row?.keyHash ?? []).equals(digest)).toBeTrue();
    expect(shop.logs.join('\n')).not.toContain(key);
    const told = (await mailbox.mailsTo(email)).map(({ subject }) => subject);
    expect(told).toEqual(['A new API key']);
    expect((await createsProduct(key)).status).toBe(201);
    const after = await shop.call('/api/v1/api-keys', { token });
    expect(after.body.items[0].lastUsedAt).toBeString();
  });

  test('of somebody else are not there', async () => {
    const { id } = await make();
    const { token } = await shop.signIn('admin');
    const { body } = await shop.call('/api/v1/api-keys', { token });
    expect(body.items).toBeEmpty();
    expectProblem(
      await shop.call(`/api/v1/api-keys/${id}`, { method: 'DELETE', token }),
      'api_key_not_found',
    );
  });

  test('are made by who knows the password, not by who has a session', async () => {
    expectProblem(await ask({ more: { password: 'a guess' } }), 'password_wrong');
    const { email, secret } = await signUpWithSecondFactor(shop, 'seller');
    const { body } = await shop.call('/api/v1/auth/login', {
      method: 'POST',
      body: { email, password: TEST_PASSWORD, code: codeOf(secret) },
    });
    expectProblem(await ask({ token: body.accessToken }), 'second_factor_required');
    const { key } = await make({ token: body.accessToken, more: { code: codeOf(secret, 1) } });
    expectProblem(await ask({ token: key }), 'forbidden');
  });

  test('are not made by a password that is reset while it is being checked', async () => {
    const { token, userId } = await shop.signIn('seller');
    const { passwords, db } = shop.deps;
    const overtaken = shop.beside({
      passwords: {
        ...passwords,
        verify: async (password, hash) => {
          const isRight = await passwords.verify(password, hash);
          await db.update(users).set({ passwordHash: 'another' }).where(eq(users.id, userId));
          return isRight;
        },
      },
    });
    const body = { name: 'Late', scopes: ['orders:read'], expiresInDays: 1, password: TEST_PASSWORD };
    const answer = await overtaken.call('/api/v1/api-keys', { method: 'POST', token, body });
    expectProblem(answer, 'password_wrong');
    expect((await shop.call('/api/v1/api-keys', { token })).body.items).toBeEmpty();
  });

  test('have a scope, an end, and nothing else', async () => {
    for (const more of [
      { scopes: [] },
      { scopes: ['everything'] },
      { scopes: ['user'] },
      { expiresInDays: 0 },
      { expiresInDays: 366 },
      { userId: SOMEBODY },
      { role: 'admin' },
    ]) {
      expectProblem(await ask({ more }), 'invalid_input');
    }
  });

  test('are twenty at most, also when many are made at once', async () => {
    const { token } = await shop.signIn('seller');
    const answers = [];
    for (let round = 0; round < 5; round += 1) {
      answers.push(...(await Promise.all(Array.from({ length: 5 }, () => ask({ token })))));
    }
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    for (const answer of answers) if (answer.status !== 201) expectProblem(answer, 'api_keys_full');
  });
});

test('where sellers need a second factor, a key of one without has the rights of a shopper', async () => {
  const { key } = await make();
  const strict = shop.beside({
    accountPolicy: { emailVerification: 'optional', secondFactorRoles: new Set(['seller'] as const) },
  });
  const answer = await strict.call('/api/v1/products', { method: 'POST', token: key, body: NEW_PRODUCT });
  expectProblem(answer, 'forbidden');
});
