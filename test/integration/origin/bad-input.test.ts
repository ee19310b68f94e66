/** What is not valid is refused with 400 and the place that is wrong, and never gets as far as the database. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { encodeCursor } from '#origin/http/cursor.ts';
import { type Call, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';
import {
  CATEGORY,
  cartWith,
  createProduct,
  type TestCart,
  type TestProduct,
} from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let product: TestProduct;
let cart: TestCart;
beforeAll(async () => {
  shop = await openOrigin();
  product = await createProduct(shop);
  cart = await cartWith(shop, product.variantId);
});
afterAll(async () => {
  await shop.close();
});

const ID = '01890a5d-ac96-774b-bcce-b302099a8057';
const NUL = 'abc\0def';
const HALF_A_PAIR = 'abc\ud800def';

describe('a query', () => {
  const PRODUCTS = '/api/v1/products';
  const cursor = (...parts: (string | number)[]) => `cursor=${encodeCursor(parts)}`;
  test.each([
    [`${PRODUCTS}?limit=0`, 'query/limit'],
    [`${PRODUCTS}?limit=101`, 'query/limit'],
    [`${PRODUCTS}?limit=-1`, 'query/limit'],
    [`${PRODUCTS}?limit=`, 'query/limit'],
    [`${PRODUCTS}?limit=NaN`, 'query/limit'],
    [`${PRODUCTS}?limit=1.0`, 'query/limit'],
    [`${PRODUCTS}?limit=1e1`, 'query/limit'],
    [`${PRODUCTS}?limit=0x10`, 'query/limit'],
    [`${PRODUCTS}?limit=%205`, 'query/limit'],
    [`${PRODUCTS}?limit=99999999999999999999`, 'query/limit'],
    [`${PRODUCTS}?limit=5&limit=6`, 'query/limit'],
    [`${PRODUCTS}?limit[]=5`, 'query/limit[]'],
    [`${PRODUCTS}?minPrice=-1`, 'query/minPrice'],
    [`${PRODUCTS}?minPrice=5.5`, 'query/minPrice'],
    [`${PRODUCTS}?maxPrice=9007199254740992`, 'query/maxPrice'],
    [`${PRODUCTS}?sort=cheapest`, 'query/sort'],
    [`${PRODUCTS}?sort=price&sort=price`, 'query/sort'],
    [`${PRODUCTS}?category=`, 'query/category'],
    [`${PRODUCTS}?category=nowhere`, 'query/category'],
    [`${PRODUCTS}?category=${'a'.repeat(201)}`, 'query/category'],
    [`${PRODUCTS}?category=a%00b`, 'query/category'],
    [`${PRODUCTS}?category=%E0%A4%A`, 'query/category'],
    [`${PRODUCTS}?category=%ff`, 'query/category'],
    [`${PRODUCTS}?%ff=1`, 'query'],
    [`${PRODUCTS}?colour=red`, 'query/colour'],
    [`${PRODUCTS}?__proto__=1`, 'query/__proto__'],
    [`${PRODUCTS}?cursor=`, 'query/cursor'],
    [`${PRODUCTS}?cursor=nonsense`, 'query/cursor'],
    [`${PRODUCTS}?cursor=${'a'.repeat(401)}`, 'query/cursor'],
    [`${PRODUCTS}?${cursor('1', ID, 'newest')}`, 'query/cursor'],
    [`${PRODUCTS}?${cursor('0000-01-01T00:00:00.000Z', ID, 'newest')}`, 'query/cursor'],
    [`${PRODUCTS}?${cursor('+275760-09-13T00:00:00.000Z', ID, 'newest')}`, 'query/cursor'],
    [`${PRODUCTS}?${cursor('2026-02-31T25:00:00.000Z', ID, 'newest')}`, 'query/cursor'],
    [`${PRODUCTS}?sort=price&${cursor(1, 'not-an-id', 'price')}`, 'query/cursor'],
    [`${PRODUCTS}?sort=price&${cursor(1e300, ID, 'price')}`, 'query/cursor'],
    [`${PRODUCTS}?sort=price&${cursor(1, ID)}`, 'query/cursor'],
    ['/api/v1/search', 'query/q'],
    ['/api/v1/search?q=', 'query/q'],
    [`/api/v1/search?q=${'a'.repeat(201)}`, 'query/q'],
    ['/api/v1/search?q=%00', 'query/q'],
    ['/api/v1/search?q=%ED%A0%80', 'query/q'],
    ['/api/v1/search?q=a&q=b', 'query/q'],
    ['/api/v1/search?q=a&category=nowhere', 'query/category'],
    [`/api/v1/search?q=a&${cursor('x', ID)}`, 'query/cursor'],
    ['/api/v1/categories?depth=1', 'query/depth'],
    ['/api/v1/orders?limit=many', 'query/limit'],
    ['/api/v1/orders?status=paid', 'query/status'],
    [`/api/v1/orders?${cursor('yesterday', ID)}`, 'query/cursor'],
  ])('GET %s is refused at %s', async (url, path) => {
    const answer = await shop.call(url, { token: product.sellerToken });
    expectProblem(answer, 'invalid_input');
    expect(pathsOf(answer)).toContain(path);
  });

  test('a cursor past the range of its column is an end of the list, and no error', async () => {
    for (const value of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 3_000_000_000]) {
      for (const sort of ['price', '-price', 'popular']) {
        const { status } = await shop.call(`/api/v1/products?sort=${sort}&${cursor(value, ID, sort)}`);
        expect(status).toBe(200);
      }
    }
  });
});

describe('a path', () => {
  test.each([
    ['GET', '/api/v1/products/NOT_A_SLUG', 'params/id'],
    ['GET', `/api/v1/products/${'a'.repeat(256)}`, 'params/id'],
    ['GET', '/api/v1/products/%00', 'path'],
    ['GET', '/api/v1/products/%E0%A4%A', 'path'],
    ['GET', '/api/v1/carts/1', 'params/id'],
    ['GET', `/api/v1/carts/urn:uuid:${ID}`, 'params/id'],
    ['GET', `/api/v1/carts/${ID.toUpperCase()}`, 'params/id'],
    ['GET', '/api/v1/orders/1', 'params/id'],
    ['GET', '/media/%5C..%5Csecret', 'params/name'],
    ['DELETE', `/api/v1/carts/${ID}/items/1`, 'params/itemId'],
    ['DELETE', '/api/v1/products/camping-mug', 'params/id'],
  ] as const)('%s %s is refused at %s', async (method, url, path) => {
    const answer = await shop.call(url, { method, token: product.sellerToken });
    expectProblem(answer, 'invalid_input');
    expect(pathsOf(answer)).toEqual([path]);
  });
});

interface Post {
  readonly method?: 'POST' | 'PATCH';
  readonly url: () => string;
  readonly call?: () => Pick<Call, 'token' | 'cartToken' | 'headers'>;
  readonly body: Readonly<Record<string, unknown>>;
}

const asSeller = () => ({ token: product.sellerToken });
const asGuest = () => ({ cartToken: cart.cartToken });

const ACCOUNT = { email: 'ada@test.example', password: 'correct horse battery', name: 'Ada' };
const ADDRESS = { name: 'Ada', line1: '1 Street', city: 'Town', postalCode: '1', country: 'GB' };

/** Each with a body that is fine. */
const POSTS = {
  register: { url: () => '/api/v1/auth/register', body: ACCOUNT },
  login: {
    url: () => '/api/v1/auth/login',
    body: { email: 'nobody@test.example', password: 'x' },
  },
  refresh: { url: () => '/api/v1/auth/refresh', body: { refreshToken: 'rt_unknown' } },
  logout: { url: () => '/api/v1/auth/logout', body: { refreshToken: 'rt_unknown' } },
  product: {
    url: () => '/api/v1/products',
    call: asSeller,
    body: { name: 'Camp Stool', category: CATEGORY, variants: [{ price: 2999, stock: 1 }] },
  },
  change: {
    method: 'PATCH',
    url: () => `/api/v1/products/${product.productId}`,
    call: () => ({ ...asSeller(), headers: { 'if-match': '"99"' } }),
    body: { name: 'Camp Stool' },
  },
  item: {
    url: () => `/api/v1/carts/${cart.cartId}/items`,
    call: asGuest,
    body: { variantId: ID, quantity: 1 },
  },
  checkout: {
    url: () => '/api/v1/checkout',
    call: () => ({ ...asGuest(), headers: { 'idempotency-key': 'bad-input' } }),
    body: {
      cartId: ID,
      email: 'ada@test.example',
      shippingAddress: ADDRESS,
      paymentMethodId: 'pm_card_visa',
    },
  },
} as const satisfies Record<string, Post>;

type PostName = keyof typeof POSTS;

function send(name: PostName, body: unknown) {
  const post: Post = POSTS[name];
  return shop.call(post.url(), { method: post.method ?? 'POST', ...post.call?.(), body });
}

const NAMES = Object.keys(POSTS) as PostName[];

describe('a body', () => {
  test.each(NAMES)('of %s passes validation as the table has it', async (name) => {
    const { body } = await send(name, POSTS[name].body);
    expect(body?.code).not.toBe('invalid_input');
  });

  test.each(NAMES)('of %s that is no object is refused', async (name) => {
    for (const body of [null, [], [POSTS[name].body], 'text', 1, true, undefined]) {
      const answer = await send(name, body);
      expectProblem(answer, 'invalid_input');
      expect(pathsOf(answer)).toContain('');
    }
  });

  test.each(NAMES)('of %s with a property that nobody knows is refused', async (name) => {
    const answer = await send(name, { ...POSTS[name].body, surprise: 1 });
    expectProblem(answer, 'invalid_input');
    expect(pathsOf(answer)).toEqual(['/surprise']);
  });

  test.each(NAMES)('of %s with any property of another type is refused', async (name) => {
    for (const property of Object.keys(POSTS[name].body)) {
      for (const wrong of [null, [1], { a: 1 }, true, '']) {
        const answer = await send(name, { ...POSTS[name].body, [property]: wrong });
        expectProblem(answer, 'invalid_input');
        expect(pathsOf(answer).some((path) => path.startsWith(`/${property}`))).toBeTrue();
      }
    }
  });

  const variant = (change: object) => ({ variants: [{ price: 1, ...change }] });
  test.each<[PostName, object, string]>([
    ['register', { email: 'no email' }, '/email'],
    ['register', { email: `${'a'.repeat(250)}@b.example` }, '/email'],
    ['register', { password: 'too short' }, '/password'],
    ['register', { password: 'a'.repeat(201) }, '/password'],
    ['register', { password: `${NUL} and more` }, '/password'],
    ['register', { name: NUL }, '/name'],
    ['register', { name: HALF_A_PAIR }, '/name'],
    ['register', { name: 'a'.repeat(201) }, '/name'],
    ['register', { role: 'admin' }, '/role'],
    ['login', { password: NUL }, '/password'],
    ['refresh', { refreshToken: 'a'.repeat(201) }, '/refreshToken'],
    ['refresh', { refreshToken: NUL }, '/refreshToken'],
    ['product', { name: 'ab' }, '/name'],
    ['product', { name: 'a'.repeat(501) }, '/name'],
    ['product', { name: NUL }, '/name'],
    ['product', { descriptionHtml: NUL }, '/descriptionHtml'],
    ['product', { descriptionHtml: 'a'.repeat(50_001) }, '/descriptionHtml'],
    ['product', { tags: ['fine', HALF_A_PAIR] }, '/tags/1'],
    ['product', { tags: Array(51).fill('tag') }, '/tags'],
    ['product', { slug: 'Not A Slug' }, '/slug'],
    ['product', { slug: ID }, '/slug'],
    ['product', { category: 'nowhere' }, '/category'],
    ['product', { variants: [] }, '/variants'],
    ['product', { variants: Array(101).fill({ price: 1 }) }, '/variants'],
    ['product', variant({ price: -1 }), '/variants/0/price'],
    ['product', variant({ price: '1' }), '/variants/0/price'],
    ['product', variant({ price: 1.5 }), '/variants/0/price'],
    ['product', variant({ price: 1e21 }), '/variants/0/price'],
    ['product', variant({ price: 100_000_000 }), '/variants/0/price'],
    ['product', variant({ stock: -1 }), '/variants/0/stock'],
    ['product', variant({ stock: 2 ** 53 }), '/variants/0/stock'],
    ['product', variant({ sku: NUL }), '/variants/0/sku'],
    ['product', variant({ colour: 'red' }), '/variants/0/colour'],
    ['product', variant({ optionValues: ['Red'] }), '/variants/0/optionValues'],
    ['product', { optionNames: ['Size', 'Size'], ...variant({ optionValues: ['a', 'b'] }) }, '/optionNames'],
    ['product', { variants: [{ price: 1 }, { price: 2 }] }, '/variants/1/optionValues'],
    ['change', { category: 'nowhere' }, '/category'],
    ['change', { variants: [{ id: '1' }] }, '/variants/0/id'],
    ['change', { slug: 'Not A Slug' }, '/slug'],
    ['item', { quantity: 0 }, '/quantity'],
    ['item', { quantity: 1000 }, '/quantity'],
    ['item', { quantity: '1' }, '/quantity'],
    ['item', { quantity: 1.5 }, '/quantity'],
    ['item', { variantId: `urn:uuid:${ID}` }, '/variantId'],
    ['item', { variantId: ID.toUpperCase() }, '/variantId'],
    ['checkout', { paymentMethodId: 'card_4242' }, '/paymentMethodId'],
    ['checkout', { shippingAddress: { ...ADDRESS, country: 'gb' } }, '/shippingAddress/country'],
    ['checkout', { shippingAddress: { ...ADDRESS, city: NUL } }, '/shippingAddress/city'],
    ['checkout', { shippingAddress: { ...ADDRESS, name: HALF_A_PAIR } }, '/shippingAddress/name'],
    ['checkout', { shippingAddress: { ...ADDRESS, planet: 'Earth' } }, '/shippingAddress/planet'],
  ])('of %s with %o is refused at %s', async (name, change, path) => {
    const answer =
      name === 'change' && 'category' in change
        ? await shop.call(`/api/v1/products/${product.productId}`, {
            method: 'PATCH',
            ...asSeller(),
            headers: { 'if-match': product.etag },
            body: change,
          })
        : await send(name, { ...POSTS[name].body, ...change });
    expectProblem(answer, 'invalid_input');
    expect(pathsOf(answer)).toContain(path);
  });

  test('that names more than twenty mistakes is told of twenty', async () => {
    const surprises = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`surprise${index}`, 1]));
    const answer = await send('login', { ...POSTS.login.body, ...surprises });
    expectProblem(answer, 'invalid_input');
    expect(answer.body.errors).toHaveLength(20);
  });
});
