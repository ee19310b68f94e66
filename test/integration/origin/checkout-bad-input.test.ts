/** What must not reach the money path: each is told plainly, and nothing has changed, here or at Stripe. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { variants } from '#db/schema/catalog.ts';
import type { VariantId } from '#lib/ids.ts';
import { type Minor, minor } from '#lib/money.ts';
import type { ProblemCode } from '#lib/problems.ts';
import { MAX_QUOTE_LENGTH } from '#origin/cart/service.ts';
import { checkBooks } from '#test/support/books.ts';
import { everything } from '#test/support/everything.ts';
import { type Answer, type Call, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem, pathsOf } from '#test/support/problem-document.ts';
import {
  cartOf,
  cartWith,
  checkOut,
  checkoutBody,
  createProduct,
  type TestCart,
} from '#test/support/shopping.ts';

/** On a machine that has other work, too. */
const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let variantId: string;
let otherVariantId: string;
let cart: TestCart;
let paidCart: TestCart;
let shopper: Awaited<ReturnType<OriginUnderTest['signIn']>>;
/** A key that has been used, for the checkout of {@link paidCart}. */
const USED_KEY = crypto.randomUUID();

beforeAll(async () => {
  shop = await openOrigin();
  variantId = (await createProduct(shop, { price: 1999 })).variantId;
  otherVariantId = (await createProduct(shop, { price: 1999 })).variantId;
  cart = await cartWith(shop, variantId);
  paidCart = await cartWith(shop, variantId);
  shopper = await shop.signIn();
  expect((await checkOut(shop, paidCart, { key: USED_KEY })).status).toBe(201);
});
afterEach(async () => {
  // Prices are set here as no route would.
  await checkBooks(shop, ['listed-price-is-current']);
});
afterAll(async () => {
  await shop.close();
});

interface Refusal {
  readonly code: ProblemCode;
  /** The place that is wrong, for `invalid_input`. */
  readonly path?: string;
}

async function expectRefused(refusal: Refusal, send: () => Promise<Answer>): Promise<Answer> {
  const before = await everything(shop);
  const answer = await send();
  expectProblem(answer, refusal.code);
  if (refusal.path !== undefined) expect(pathsOf(answer)).toContain(refusal.path);
  expect(await everything(shop)).toEqual(before);
  return answer;
}

const checkout = (body: object, more: Call = {}) =>
  shop.call('/api/v1/checkout', {
    method: 'POST',
    ...cart.owner,
    headers: { 'idempotency-key': crypto.randomUUID() },
    ...more,
    body,
  });
const invalid = (path: string): Refusal => ({ code: 'invalid_input', path });

const QUANTITIES: readonly unknown[] = [
  ...[-1, 0, 0.5, 1.0000001, 1_000, 2 ** 31, 2 ** 53, 1e21, 1e300],
  ...['1', '', null, true, [], [1], {}],
];

describe('a quantity of', () => {
  test.each(QUANTITIES.map((quantity) => [JSON.stringify(quantity), quantity] as const))(
    '%s is refused, in a new line and in one that is there',
    async (_text, quantity) => {
      const path = `/api/v1/carts/${cart.cartId}/items`;
      const { body } = await shop.call(`/api/v1/carts/${cart.cartId}`, cart.owner);
      await expectRefused(invalid('/quantity'), () =>
        shop.call(path, { method: 'POST', ...cart.owner, body: { variantId, quantity } }),
      );
      await expectRefused(invalid('/quantity'), () =>
        shop.call(`${path}/${body.items[0].id}`, { method: 'PATCH', ...cart.owner, body: { quantity } }),
      );
    },
  );

  test('999 is taken once, and one more than that is refused', async () => {
    const full = await cartWith(shop, variantId, 999);
    await expectRefused(invalid('/quantity'), () =>
      shop.call(`/api/v1/carts/${full.cartId}/items`, {
        method: 'POST',
        ...full.owner,
        body: { variantId, quantity: 1 },
      }),
    );
  });
});

describe('a total', () => {
  /** As no route would let it be: an import, or a hand in the database. */
  const setPrice = (id: string, priceMinor: Minor) =>
    shop.deps.db
      .update(variants)
      .set({ priceMinor })
      .where(eq(variants.id, id as VariantId));

  test.each([
    ['one cent past what Stripe charges', 100_000_000, 1],
    ['far past what Stripe charges', 99_999_999, 999],
    ['below what Stripe charges', 49, 1],
    ['of nothing', 0, 3],
  ])('%s is refused at checkout', async (_what, price, quantity) => {
    const product = await createProduct(shop, { stock: 1_000 });
    await setPrice(product.variantId, minor(price));
    const large = await cartWith(shop, product.variantId, quantity);
    await expectRefused({ code: 'total_not_chargeable' }, () => checkOut(shop, large));
  });

  test('past 2^53 is refused when it would come about, in one line or over several', async () => {
    const most = minor(Number.MAX_SAFE_INTEGER);
    const { variantId: dear } = await createProduct(shop);
    await setPrice(dear, most);
    const lone = await cartOf(shop, [{ variantId: dear, quantity: 1 }]);
    const add = (id: string, quantity: number) => () =>
      shop.call(`/api/v1/carts/${lone.cartId}/items`, {
        method: 'POST',
        ...lone.owner,
        body: { variantId: id, quantity },
      });
    await expectRefused({ code: 'total_not_chargeable' }, add(dear, 1));
    await expectRefused({ code: 'total_not_chargeable' }, add(variantId, 1));
    await expectRefused({ code: 'total_not_chargeable' }, () => checkOut(shop, lone));
  });

  test('past 2^53 that a price brings about later is refused wherever it is asked for, and can be undone', async () => {
    const { variantId: dear } = await createProduct(shop, { stock: 100 });
    const growing = await cartOf(shop, [
      { variantId: dear, quantity: 3 },
      { variantId: otherVariantId, quantity: 1 },
    ]);
    const path = `/api/v1/carts/${growing.cartId}`;
    const { body } = await shop.call(path, growing.owner);
    await setPrice(dear, minor(Number.MAX_SAFE_INTEGER));
    await expectRefused({ code: 'total_not_chargeable' }, () => shop.call(path, growing.owner));
    await expectRefused({ code: 'total_not_chargeable' }, () => checkOut(shop, growing));
    const item = body.items.find((each: { variantId: string }) => each.variantId === dear);
    const removed = await shop.call(`${path}/items/${item.id}`, { method: 'DELETE', ...growing.owner });
    expect([removed.status, removed.body.subtotal.amount]).toEqual([200, 1999]);
  });
});

describe('a body that says more than it may', () => {
  const FORBIDDEN: readonly (readonly [string, object])[] = [
    ['/price', { price: 1 }],
    ['/total', { total: { amount: 1, currency: 'USD' } }],
    ['/amount', { amount: 1 }],
    ['/currency', { currency: 'JPY' }],
    ['/discount', { discount: 1_999 }],
    ['/role', { role: 'admin' }],
    ['/userId', { userId: '01890a5d-ac96-774b-bcce-b302099a8057' }],
    ['/status', { status: 'paid' }],
    ['/customerId', { customerId: 'cus_1' }],
    ['/items', { items: [{ variantId: '01890a5d-ac96-774b-bcce-b302099a8059', price: 1 }] }],
    ['/cartId', { cartId: "' or 1=1" }],
    ['/email', { email: 'nobody' }],
    ['/paymentMethodId', { paymentMethodId: 'card_4242' }],
    ['/paymentMethodId', { paymentMethodId: `pm_${'1'.repeat(200)}` }],
    ['/quote', { quote: '' }],
    ['/quote', { quote: 'q'.repeat(MAX_QUOTE_LENGTH + 1) }],
    ['/quote', { quote: { total: 1 } }],
    ['/shippingAddress/price', { shippingAddress: { ...checkoutBody('').shippingAddress, price: 1 } }],
    ['/shippingAddress/country', { shippingAddress: { ...checkoutBody('').shippingAddress, country: 'us' } }],
  ];

  test.each(FORBIDDEN)('is refused at %s: checkout with %j', async (path, extra) => {
    await expectRefused(invalid(path), () => checkout({ ...checkoutBody(cart.cartId), ...extra }));
  });

  test.each([
    ['/price', { price: 1 }],
    ['/unitPrice', { unitPrice: { amount: 1, currency: 'USD' } }],
    ['/role', { role: 'seller' }],
  ])('is refused at %s: a cart line with %j', async (path, extra) => {
    await expectRefused(invalid(path), () =>
      shop.call(`/api/v1/carts/${cart.cartId}/items`, {
        method: 'POST',
        ...cart.owner,
        body: { variantId, quantity: 1, ...extra },
      }),
    );
  });

  test.each([
    ['/customer', { customer: 'cus_1' }],
    ['/role', { role: 'admin' }],
    ['/lastFour', { lastFour: '4242' }],
    ['/paymentMethodId', { paymentMethodId: 'cus_1' }],
    ['/paymentMethodId', { paymentMethodId: 4242 }],
  ])('is refused at %s: a card to save with %j', async (path, extra) => {
    await expectRefused(invalid(path), () =>
      shop.call('/api/v1/payment-methods', {
        method: 'POST',
        token: shopper.token,
        body: { paymentMethodId: 'pm_card_visa', ...extra },
      }),
    );
  });
});

describe('a cart', () => {
  const STRANGERS: readonly (readonly [string, () => Call])[] = [
    ['nobody', () => ({ cartToken: '' })],
    ['a guest with another token', () => ({ cartToken: `ct_${'A'.repeat(43)}` })],
    ['a guest with the token of their own cart', () => ({ cartToken: paidCart.cartToken })],
    ['a customer', () => ({ token: shopper.token })],
    ['a customer who knows its token', () => ({ token: shopper.token, cartToken: cart.cartToken })],
  ];

  test.each(STRANGERS)('that is a guest’s is not found by %s', async (_who, credentials) => {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    await expectRefused({ code: 'cart_not_found' }, () =>
      shop.call('/api/v1/checkout', {
        method: 'POST',
        headers,
        ...credentials(),
        body: checkoutBody(cart.cartId),
      }),
    );
  });

  test('that is a customer’s is not found by another, nor by an admin', async () => {
    const theirs = await cartOf(shop, [{ variantId, quantity: 1 }], shopper.token);
    const others = [await shop.signIn(), await shop.signIn('admin')];
    for (const { token } of others) {
      await expectRefused({ code: 'cart_not_found' }, () =>
        checkout(checkoutBody(theirs.cartId), { token, cartToken: cart.cartToken }),
      );
    }
  });

  test('that is paid is not bought again, nor changed', async () => {
    await expectRefused({ code: 'cart_completed' }, () => checkOut(shop, paidCart));
    await expectRefused({ code: 'cart_completed' }, () =>
      shop.call(`/api/v1/carts/${paidCart.cartId}/items`, {
        method: 'POST',
        ...paidCart.owner,
        body: { variantId, quantity: 1 },
      }),
    );
  });
});

describe('an Idempotency-Key', () => {
  const KEYS: readonly (readonly [string, string | null, Refusal])[] = [
    ['missing', null, { code: 'idempotency_key_missing' }],
    ['empty', '', { code: 'idempotency_key_missing' }],
    ['256 characters long', 'k'.repeat(256), invalid('headers/idempotency-key')],
    ['8,000 characters long', 'k'.repeat(8_000), invalid('headers/idempotency-key')],
    ['with a space in it', 'two words', invalid('headers/idempotency-key')],
    ['beyond ASCII', 'schlüssel', invalid('headers/idempotency-key')],
    ['with a tab in it', 'a\tb', invalid('headers/idempotency-key')],
  ];

  test.each(KEYS)('that is %s is refused', async (_what, key, refusal) => {
    await expectRefused(refusal, () =>
      checkout(checkoutBody(cart.cartId), { headers: key === null ? {} : { 'idempotency-key': key } }),
    );
  });

  const CHANGES: readonly (readonly [string, object])[] = [
    ['another card', { paymentMethodId: 'pm_card_mastercard' }],
    ['another email', { email: 'somebody-else@test.example' }],
    ['another address', { shippingAddress: { ...checkoutBody('').shippingAddress, line1: 'Elsewhere' } }],
    ['a quote', { quote: 'q1.0.0.0' }],
  ];

  test.each(CHANGES)('that is used again with %s is refused', async (_what, change) => {
    await expectRefused({ code: 'idempotency_mismatch' }, () =>
      checkout(
        { ...checkoutBody(paidCart.cartId), ...change },
        { ...paidCart.owner, headers: { 'idempotency-key': USED_KEY } },
      ),
    );
  });
});

test('after all of that the cart is still there to be bought', async () => {
  expect((await checkOut(shop, cart)).status).toBe(201);
});
