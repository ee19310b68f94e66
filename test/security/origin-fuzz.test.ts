/** Whatever is sent to any route, the shop neither breaks nor talks of its inside. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Answer, asEdge, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { CATEGORY, cartWith, createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let routes: ReturnType<OriginUnderTest['routes']>;
/** Identifiers and secrets that exist, so that the fuzzer gets past the first door. */
let known: readonly string[];
let credentials: readonly Readonly<Record<string, string>>[];
beforeAll(async () => {
  shop = await openOrigin();
  routes = shop.routes();
  const { productId, slug, variantId, etag, sellerToken } = await createProduct(shop);
  const { cartId, cartToken } = await cartWith(shop, variantId);
  const { token: admin } = await shop.signIn('admin');
  known = [productId, slug, variantId, cartId, CATEGORY, etag];
  credentials = [
    {},
    { 'cart-token': cartToken },
    { authorization: `Bearer ${sellerToken}`, 'if-match': etag },
    { authorization: `Bearer ${admin}`, 'if-match': etag },
  ];
});
afterAll(async () => {
  await shop.close();
});

const RUNS = 1_500;
/** So that it fails for a change and not by chance; `FUZZ_SEED` asks for another run. */
const USUAL_SEED = 20_260_101;
const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE', 'PUT', 'OPTIONS'];
const NASTY = [
  ...['', '\0', '\ud800', '\u202e', '💥', 'a'.repeat(5_000), "'; drop table users; --", '%', '%00', '../..'],
  ...['{{7*7}}', '<script>', 'null', '-1', '1e309', 'NaN', '0x10', '__proto__', 'constructor'],
];
const FIELDS = [
  ...['email', 'password', 'name', 'refreshToken', 'category', 'variants', 'price', 'stock', 'sku', 'tags'],
  ...['optionNames', 'optionValues', 'slug', 'vendor', 'descriptionHtml', 'variantId', 'quantity', 'id'],
  ...['cartId', 'shippingAddress', 'line1', 'city', 'postalCode', 'country', 'paymentMethodId'],
];
const PARAMETERS = ['q', 'limit', 'cursor', 'sort', 'category', 'minPrice', 'maxPrice', 'x'];

/** What is fine for a route, for the fuzzer to spoil in one place. */
const FINE: Readonly<Record<string, object>> = {
  '/api/v1/auth/register': { email: 'ada@test.example', password: 'correct horse battery', name: 'Ada' },
  '/api/v1/auth/login': { email: 'ada@test.example', password: 'correct horse battery' },
  '/api/v1/auth/refresh': { refreshToken: 'rt_unknown' },
  '/api/v1/products': {
    ...{ name: 'Camp Stool', vendor: 'Northfold', descriptionHtml: '<p>Sit.</p>', tags: ['camp'] },
    ...{ category: CATEGORY, optionNames: ['Colour'] },
    variants: [{ price: 1, compareAtPrice: 2, stock: 1, optionValues: ['Red'] }],
  },
  '/api/v1/products/:id': {
    name: 'Camp Stool',
    vendor: 'Northfold',
    tags: ['camp'],
    descriptionHtml: 'Sit.',
  },
  '/api/v1/carts/:id/items': { variantId: { known: 2 }, quantity: 1 },
  '/api/v1/checkout': {
    ...{ cartId: { known: 3 }, email: 'ada@test.example', paymentMethodId: 'pm_card_visa' },
    shippingAddress: { name: 'Ada', line1: '1 Street', city: 'Town', postalCode: '1', country: 'GB' },
  },
};

const index = fc.nat();
const pick = (list: readonly string[], at: number) => list[at % list.length] ?? '';
const text = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 40 }),
  index.map((at) => ({ known: at })),
);
type Text = string | { readonly known: number };
const toText = (value: Text) => (typeof value === 'string' ? value : pick(known, value.known));

const cursor = fc
  .array(
    fc.oneof(
      fc.double(),
      fc.maxSafeInteger(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom('newest', 'price', 'popular', '01890a5d-ac96-774b-bcce-b302099a8057'),
    ),
    { maxLength: 4 },
  )
  .map((parts) => Buffer.from(JSON.stringify(parts)).toString('base64url'));

const query = fc.array(
  fc.tuple(fc.constantFrom(...PARAMETERS), fc.oneof(text, cursor, fc.integer().map(String))),
  { maxLength: 4 },
);
const { body } = fc.letrec<{ body: unknown }>((tie) => ({
  body: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.oneof(fc.double(), fc.integer(), fc.constantFrom(null, true, 2 ** 53, -1)),
    fc.array(tie('body'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...FIELDS), tie('body'), { maxKeys: 6 }),
  ),
}));
const oneSpoilt = fc.record({ spoils: fc.constantFrom(...FIELDS), value: body });
/** What is fine but for one field, any JSON, or bytes that are none. */
const payload = fc.option(
  fc.oneof(
    { weight: 5, arbitrary: oneSpoilt },
    { weight: 2, arbitrary: body },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }) },
  ),
);
const contentType = fc.oneof(
  { weight: 6, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    'text/plain',
    'multipart/form-data',
    'application/x-www-form-urlencoded',
    'APPLICATION/JSON',
  ),
);

const attempt = fc.record({
  route: index,
  method: fc.option(fc.constantFrom(...METHODS)),
  parameters: fc.array(fc.oneof({ weight: 3, arbitrary: index.map((at) => ({ known: at })) }, text), {
    minLength: 2,
    maxLength: 2,
  }),
  query,
  payload,
  contentType,
  who: index,
  header: fc.option(
    fc.tuple(
      fc.constantFrom(
        'idempotency-key',
        'if-match',
        'if-none-match',
        'traceparent',
        'cart-token',
        'authorization',
      ),
      fc.string({ maxLength: 60 }).map((value) => value.replace(/[^\x20-\x7e]/g, '')),
    ),
  ),
});
type Attempt = typeof attempt extends fc.Arbitrary<infer Value> ? Value : never;

function toRequest({
  route,
  method,
  parameters,
  query,
  payload,
  contentType,
  who,
  header,
}: Attempt): Request {
  const { method: declared, path } = routes[route % routes.length] ?? { method: 'GET', path: '/' };
  const names = parameters.map((parameter) => encodeURIComponent(toText(parameter).toWellFormed()));
  const filled = path.replaceAll(/:\w+/g, () => names.pop() ?? 'x');
  const search = query.map(([name, value]) => `${name}=${encodeURIComponent(toText(value).toWellFormed())}`);
  const sent = method ?? declared;
  const bytes =
    payload === null || ['GET', 'HEAD'].includes(sent) ? null : toBytes(payload, FINE[path] ?? {});
  const url = `http://localhost${filled}?${search.join('&')}`;
  const headers: Record<string, string> = {
    ...credentials[who % credentials.length],
    ...(bytes === null ? {} : { 'content-type': contentType, 'content-length': String(bytes.length) }),
    ...(header === null ? {} : { [header[0]]: header[1] }),
  };
  const proven = asEdge({ method: sent, url, headers, body: bytes });
  return new Request(url, { method: sent, body: bytes, headers: proven });
}

function toBytes(payload: unknown, fine: object): Uint8Array<ArrayBuffer> {
  if (payload instanceof Uint8Array) return new Uint8Array(payload);
  const isSpoilt = typeof payload === 'object' && payload !== null && 'spoils' in payload;
  let spoilt = false;
  const resolved = JSON.stringify(isSpoilt ? fine : payload, (name, value) => {
    const spoils = !spoilt && isSpoilt && name === payload.spoils && 'value' in payload;
    spoilt ||= spoils;
    const put = spoils ? payload.value : value;
    return typeof put === 'object' && put !== null && typeof put.known === 'number' ? toText(put) : put;
  });
  return new Uint8Array(Buffer.from(resolved));
}

async function read(response: Response): Promise<Answer> {
  const told = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && told !== '' ? JSON.parse(told) : told,
  };
}

test('any request gets an answer below 500, and every refusal is a problem document that tells nothing', async () => {
  let succeeded = 0;
  await fc.assert(
    fc.asyncProperty(attempt, async (each) => {
      const request = toRequest(each);
      const line = `${request.method} ${request.url}`;
      const answer = await read(await shop.fetch(request));
      expect(answer.status, line).toBeLessThan(500);
      succeeded += answer.status < 300 ? 1 : 0;
      if (answer.status >= 400 && request.method !== 'HEAD') expectProblem(answer);
    }),
    { numRuns: RUNS, seed: Number(process.env['FUZZ_SEED'] ?? USUAL_SEED) },
  );
  expect(succeeded).toBeGreaterThan(RUNS / 60);
  expect(shop.logs.filter((line) => line.includes('"level":"error"'))).toEqual([]);
}, 60_000);
