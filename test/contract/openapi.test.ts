/** The API's document against the API: what it names is there, and what is there it names. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import Ajv, { type AnySchema } from 'ajv';
import { ALLOWED_HEADERS, EXPOSED_HEADERS } from '#edge/middleware/cors.ts';
import { DEGRADED_HEADER } from '#lib/degraded.ts';
import { SESSION_TRANSPORT_HEADER } from '#lib/edge-contract.ts';
import { partOf } from '#origin/http/document-parts.ts';
import { drawLifecycle } from '#origin/orders/lifecycle.ts';
import { cancel, orderWith, refund } from '#test/support/orders.ts';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { FROM_PAGE, login, refresh } from '#test/support/sessions.ts';
import { cartWith, createProduct } from '#test/support/shopping.ts';

interface Media {
  readonly schema: AnySchema;
}
interface DocumentedAnswer {
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, Media>>;
}
interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: object }[];
  /** By status. */
  readonly responses: Readonly<Record<string, DocumentedAnswer>>;
}

/** Hundreds of schemas are compiled. */
const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let operations: ReadonlyMap<string, Operation>;
beforeAll(async () => {
  shop = await openOrigin();
  const { body } = await shop.call('/docs/json');
  operations = new Map(
    Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => [
        `${method.toUpperCase()} ${path}`,
        partOf(body, ['paths', path, method]) as Operation,
      ]),
    ),
  );
});
afterAll(async () => {
  await shop.close();
});

/** Formats are held against by the API itself; here it is the shapes that count. */
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });

function expectDocumented(name: string, { status, headers, body }: Answer): void {
  const type = headers.get('content-type')?.split(';')[0] ?? '';
  const media = operations.get(name)?.responses[String(status)]?.content?.[type];
  expect(media, `${name} ${status} ${type} is not documented`).toBeDefined();
  if (media === undefined) return;
  const fits = ajv.validate(media.schema, body);
  expect(fits, `${name} ${status}: ${ajv.errorsText()}`).toBeTrue();
}

test('every route of the API is documented, and nothing else is', () => {
  const isDocumented = (path: string) => /^\/(?:api|media|\.well-known)\//.test(path) || path === '/health';
  const routes = shop.routes().filter(({ path }) => isDocumented(path));
  const names = routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  expect([...operations.keys()].toSorted()).toEqual(names.toSorted());
});

test('pages of a storefront may send and read every header that is documented', async () => {
  const { body } = await shop.call('/docs/json');
  const documented = [...operations.values()];
  const sent = [
    ...documented.flatMap(({ parameters = [] }) => parameters),
    ...(Object.values(body.components.securitySchemes) as { in?: string; name?: string }[]),
  ].flatMap((each) => (each.in === 'header' ? [(each.name ?? '').toLowerCase()] : []));
  expect(sent).toContain(SESSION_TRANSPORT_HEADER);
  const ofNoPage = ['stripe-signature'];
  expect(new Set(sent).difference(new Set([...ALLOWED_HEADERS, ...ofNoPage]))).toEqual(new Set());
  const read = documented
    .flatMap(({ responses }) => Object.values(responses))
    .flatMap(({ headers = {} }) => Object.keys(headers).map((name) => name.toLowerCase()));
  expect(read).toContain(DEGRADED_HEADER);
  expect(new Set(read).difference(new Set(EXPOSED_HEADERS))).toEqual(new Set());
});

test('the life of an order is drawn into the document from its table', async () => {
  const { body } = await shop.call('/docs/json');
  const tag = body.tags.find(({ name }: { name: string }) => name === 'Orders');
  expect(tag.description).toContain(`\`\`\`mermaid\n${drawLifecycle()}\n\`\`\``);
});

describe('an answer fits what is documented', () => {
  test('of sign-in and sessions', async () => {
    const { email, token } = await shop.signIn();
    const opened = await login(shop, email);
    expectDocumented('POST /api/v1/auth/login', opened);
    expectDocumented('POST /api/v1/auth/login', await login(shop, email, { headers: FROM_PAGE }));
    const tabs = await Promise.all([1, 2].map(() => refresh(shop, opened.body.refreshToken)));
    for (const answer of tabs) expectDocumented('POST /api/v1/auth/refresh', answer);
    expectDocumented('POST /api/v1/auth/refresh', await refresh(shop, 'rt_unknown'));
    const forged = { ...FROM_PAGE, origin: 'https://evil.example' };
    expectDocumented('POST /api/v1/auth/login', await login(shop, email, { headers: forged }));
    expectDocumented('GET /api/v1/me/sessions', await shop.call('/api/v1/me/sessions', { token }));
    const unknown = `/api/v1/me/sessions/${crypto.randomUUID()}`;
    const ended = await shop.call(unknown, { method: 'DELETE', token });
    expectDocumented('DELETE /api/v1/me/sessions/{id}', ended);
    expectDocumented('GET /.well-known/jwks.json', await shop.call('/.well-known/jwks.json'));
  });
});

test('the header for browsers is never filled in by a page that reads the document', () => {
  for (const name of ['login', 'refresh', 'logout']) {
    const { parameters } = operations.get(`POST /api/v1/auth/${name}`) ?? {};
    const [header] = parameters ?? [];
    expect(header).toMatchObject({ name: 'session-transport', in: 'header', required: false });
    expect(header?.schema).not.toHaveProperty('default');
  }
});

describe('an answer fits what is documented', () => {
  test('of reads, changes and refusals', async () => {
    const { productId, variantId, sellerToken, etag } = await createProduct(shop);
    const { cartId, cartToken } = await cartWith(shop, variantId);
    const token = sellerToken;
    const read = (path: string) => shop.call(path, { token, cartToken });
    for (const path of [
      '/api/v1/products',
      '/api/v1/categories',
      '/api/v1/me',
      '/api/v1/orders',
      '/health',
    ]) {
      expectDocumented(`GET ${path}`, await read(path));
    }
    expectDocumented('GET /api/v1/search', await read('/api/v1/search?q=test'));
    expectDocumented('GET /api/v1/search', await read('/api/v1/search'));
    expectDocumented('GET /api/v1/products/{id}', await read(`/api/v1/products/${productId}`));
    expectDocumented('GET /api/v1/products/{id}', await read('/api/v1/products/no-such-product'));
    expectDocumented('GET /api/v1/carts/{id}', await shop.call(`/api/v1/carts/${cartId}`, { cartToken }));
    expectDocumented('GET /api/v1/carts/{id}', await shop.call(`/api/v1/carts/${cartId}`));
    expectDocumented('POST /api/v1/carts', await shop.call('/api/v1/carts', { method: 'POST' }));
    expectDocumented(
      'POST /api/v1/products',
      await shop.call('/api/v1/products', { method: 'POST', token, body: {} }),
    );
    const change = {
      method: 'PATCH',
      token,
      body: { name: 'New Name' },
      headers: { 'if-match': etag },
    } as const;
    for (const status of [200, 412]) {
      const answer = await shop.call(`/api/v1/products/${productId}`, change);
      expect(answer.status).toBe(status);
      expectDocumented('PATCH /api/v1/products/{id}', answer);
    }
  });

  test('of refunds, cancellations and payments asked for', async () => {
    const order = await orderWith(shop);
    const { token } = await shop.signIn('admin');
    const paymentPath = `/api/v1/orders/${order.orderId}/payment`;
    const refreshed = await shop.call(paymentPath, { method: 'POST', ...order.owner });
    expectDocumented('POST /api/v1/orders/{id}/payment', refreshed);
    const refunds = 'POST /api/v1/orders/{id}/refunds';
    expectDocumented(refunds, await refund(shop, order, token, { body: { amount: 100 } }));
    expectDocumented(refunds, await refund(shop, order, token, { body: { amount: 9_999 } }));
    expectDocumented(refunds, await refund(shop, order, token, { body: { amount: 'much' } }));
    expectDocumented('POST /api/v1/orders/{id}/cancel', await cancel(shop, order));
    expectDocumented(
      'GET /api/v1/orders/{id}',
      await shop.call(`/api/v1/orders/${order.orderId}`, order.owner),
    );
  });
});
