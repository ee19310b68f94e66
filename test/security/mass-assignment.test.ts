/**
 * Fields that a request must not set, put into every body of the API's document at every depth: refused, with nothing
 * changed. Where a body does take one of them, it stands in the list below.
 */

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { Elysia, t } from 'elysia';
import { bodies } from '#origin/http/bodies.ts';
import { problems } from '#origin/http/problems.ts';
import { everything } from '#test/support/everything.ts';
import { fill, type Operation, operationsOf, propertiesOf, rolesOf } from '#test/support/operations.ts';
import { asEdge, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';

/** Hundreds of requests. */
const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

const NOBODYS = '01890a5d-ac96-774b-bcce-b302099a8057';

const FIELDS: Readonly<Record<string, unknown>> = {
  ...{
    role: 'admin',
    roles: ['admin'],
    permissions: ['users:write'],
    scopes: ['users:write'],
    isAdmin: true,
  },
  ...{ id: NOBODYS, userId: NOBODYS, owner: NOBODYS, ownerId: NOBODYS, sellerId: NOBODYS, actorId: NOBODYS },
  ...{
    price: 1,
    priceMinor: 1,
    unitPrice: 1,
    total: 1,
    totalMinor: 1,
    discountMinor: 1_000,
    currency: 'USD',
  },
  ...{ status: 'paid', disabled: false, disabledAt: null, deletedAt: null, emailVerified: true },
  ...{ createdAt: '2026-01-01T00:00:00.000Z', version: 99, popularity: 99, passwordHash: 'x' },
  ['__proto__']: { role: 'admin' },
  constructor: { prototype: { role: 'admin' } },
};

/** What a body of the API may say of these, and why: it is what the operation is for, and whoever may call it decides. */
const ASSIGNABLE: readonly string[] = [
  ...['PATCH /api/v1/users/{id} /role', 'PATCH /api/v1/users/{id} /disabled'],
  ...['POST /api/v1/products /variants/*/price', 'POST /api/v1/products/{id}/variants /price'],
  ...['PATCH /api/v1/products/{id} /variants/*/price', 'PATCH /api/v1/products/{id} /variants/*/id'],
  ...[
    'POST /api/v1/merchant/products/changes /items/*/id',
    'POST /api/v1/merchant/products/changes /items/*/version',
  ],
  'POST /api/v1/orders/{id}/refunds /amount/currency',
  'POST /api/v1/api-keys /scopes',
  // Of what was read, not of what it is to be.
  'POST /api/v1/reviews/{id}/decision /version',
  'PATCH /api/v1/carts/{id} /currency',
  ...['POST /api/v1/prices /price', 'POST /api/v1/prices /currency', 'PATCH /api/v1/prices/{id} /price'],
  ...[
    'POST /api/v1/products/{id}/variants/{variantId}/prices /price',
    'POST /api/v1/products/{id}/variants/{variantId}/prices /currency',
    'PATCH /api/v1/products/{id}/variants/{variantId}/prices/{priceId} /price',
  ],
  ...['POST /api/v1/shipping-methods /currency', 'POST /api/v1/discounts /currency'],
  'POST /api/v1/customer-groups/{id}/members /userId',
];

let shop: OriginUnderTest;
let withBodies: readonly Operation[];
const tokens = new Map<string, string>();
beforeAll(async () => {
  shop = await openOrigin();
  withBodies = (await operationsOf(shop)).filter(({ body }) => body !== null);
  for (const role of ['shopper', 'seller', 'admin'] as const)
    tokens.set(role, (await shop.signIn(role)).token);
});
afterAll(async () => {
  await shop.close();
});

/** The example once for each object in it, with the field put into that one. */
function* spoilt(value: unknown, field: string, at = ''): Generator<{ pointer: string; body: unknown }> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value) && !Object.hasOwn(value, field)) {
    yield { pointer: at, body: { ...value, [field]: FIELDS[field] } };
  }
  for (const [name, item] of Object.entries(value)) {
    for (const { pointer, body } of spoilt(item, field, `${at}/${name}`)) {
      yield {
        pointer,
        body: Array.isArray(value) ? value.with(Number(name), body) : { ...value, [name]: body },
      };
    }
  }
}

test('what bodies take of them is what is declared here', () => {
  const taken = withBodies.flatMap(({ name, body }) =>
    body === null
      ? []
      : propertiesOf(body.schema)
          .filter((property) => Object.hasOwn(FIELDS, property.name))
          .map(({ pointer }) => `${name} ${pointer}`),
  );
  expect([...new Set(taken)].toSorted()).toEqual(ASSIGNABLE.toSorted());
});

test('whatever else says one of them is refused, and changes nothing', async () => {
  let attempts = 0;
  const before = await everything(shop);
  for (const operation of withBodies) {
    const path = fill(
      operation.path,
      Object.fromEntries(operation.parameters.map((name) => [name, NOBODYS])),
    );
    const role = rolesOf(operation).at(0) ?? 'admin';
    const asRole = operation.access === 'public' ? {} : { token: tokens.get(role) ?? '' };
    for (const field of Object.keys(FIELDS)) {
      for (const { pointer, body } of spoilt(operation.body?.example, field)) {
        const place = `${operation.name} ${pointer.replaceAll(/\/\d+/g, '/*')}/${field}`;
        if (ASSIGNABLE.includes(place)) continue;
        const headers = { 'idempotency-key': crypto.randomUUID(), 'if-match': '"1"' };
        const answer = await shop.call(path, { method: operation.method, ...asRole, headers, body });
        expect([place, answer.status, answer.body]).toEqual([place, 400, answer.body]);
        expectProblem(answer, 'invalid_input');
        // At the field or at the object that it is in: not for something else that the example lacks.
        const told = pathsOf(answer).some(
          (each) => each === `${pointer}/${field}` || pointer.startsWith(each),
        );
        expect(told, `${place}: ${JSON.stringify(answer.body.errors)}`).toBeTrue();
        attempts += 1;
      }
    }
  }
  expect(await everything(shop)).toEqual(before);
  expect(attempts).toBeGreaterThan(200);
});

test('nothing stands in for what a request did not say', async () => {
  const { body } = await shop.call('/docs/json');
  const paths = Object.entries<Record<string, { requestBody?: unknown; parameters?: unknown }>>(body.paths);
  const filledIn = paths.flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, asked]) => JSON.stringify([asked.requestBody, asked.parameters]).includes('"default":'))
      .map(([method]) => `${method} ${path}`),
  );
  expect(filledIn).toEqual([]);
});

test('where a schema copies what it is given, a prototype does not come along', async () => {
  const role = t.Optional(t.UnionEnum(['shopper', 'admin']));
  const app = new Elysia({ normalize: false })
    .use(problems({ ...shop.deps, peerOf: () => null }))
    .use(bodies)
    .post('/', ({ body }) => body, { body: t.Object({ role }, { additionalProperties: false }) });
  for (const body of ['{"__proto__": {"x": 1}}', String.raw`{"\u005f_proto__": {"x": 1}}`]) {
    const call = { method: 'POST', url: 'http://localhost/', body };
    const own = { 'content-type': 'application/json', 'content-length': String(body.length) };
    const response = await app.handle(
      new Request(call.url, { ...call, headers: asEdge({ ...call, headers: own }) }),
    );
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'invalid_input' }]);
  }
});

test.each([
  String.raw`{"\u005f_proto__": {"role": "admin"}}`,
  String.raw`{"variants": [{"__prot\u006f__": {}}]}`,
])('a prototype in disguise is refused: %s', async (body) => {
  const method = 'PATCH';
  const url = `http://localhost/api/v1/users/${NOBODYS}`;
  const own = { authorization: `Bearer ${tokens.get('admin')}`, 'content-type': 'application/json' };
  const request = new Request(url, { method, headers: asEdge({ method, url, headers: own, body }), body });
  const response = await shop.fetch(request);
  expect([response.status, await response.json()]).toMatchObject([400, { code: 'invalid_input' }]);
});
