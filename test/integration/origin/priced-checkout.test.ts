/** What was quoted, every part of it, is what is charged and what the order keeps; or the shopper is told what changed. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { eq, sql } from 'drizzle-orm';
import { categoryMembers } from '#db/schema/category-rules.ts';
import { orderShipping } from '#db/schema/orders.ts';
import type { ProductId } from '#lib/ids.ts';
import { openAddress, requireOrder } from '#origin/orders/service.ts';
import { checkBooks } from '#test/support/books.ts';
import { insertCategory } from '#test/support/catalogue.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import {
  buyQuoted,
  changeCart,
  enterCode,
  type Furnished,
  furnishPricing,
  type Merchant,
  makeCode,
  NEW_YORK,
  openMerchant,
  shippedCart,
  usesOf,
} from '#test/support/pricing.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartWith, createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
let merchant: Merchant;
let furnished: Furnished;
beforeAll(async () => {
  shop = await openOrigin();
  merchant = await openMerchant(shop);
  furnished = await furnishPricing(merchant);
});
afterAll(async () => {
  await shop.close();
});

const usd = (amount: number) => ({ amount, currency: 'USD' });

test('a code, shipping and tax: quoted by part, charged, and kept by the order', async () => {
  const { variantId } = await createProduct(shop, { price: 1450 });
  const { code, id } = await makeCode(merchant);
  const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 2 }]);
  const entered = await enterCode(shop, cart, code.toLowerCase());
  expect(entered.body.quote).toMatchObject({
    ...{ subtotal: usd(2900), discount: usd(290), shipping: usd(490), tax: usd(232 + 43) },
    ...{ includedTax: usd(0), total: usd(2900 - 290 + 490 + 275), isTaxKnown: true, shippingNeed: 'none' },
    codes: [{ code, status: 'applied' }],
  });
  const { status, body } = await buyQuoted(shop, cart);
  expect([status, body.status], JSON.stringify(body)).toEqual([201, 'paid']);
  expect(body).toMatchObject({
    ...{ subtotal: usd(2900), discount: usd(290), shipping: usd(490), tax: usd(275), total: usd(3375) },
    items: [{ discount: usd(290), tax: usd(232), taxRatePpm: 88_750 }],
    discounts: [{ code, shares: [{ amount: usd(290) }] }],
    shippingMethod: { name: 'Parcel', price: usd(490), tax: usd(43) },
  });
  expect(body.payment.paid).toEqual(usd(3375));
  expect(await usesOf(merchant, id)).toBe(1);
  const refused = await shop.deps.db
    .update(orderShipping)
    .set({ taxMinor: sql`0` })
    .where(eq(orderShipping.orderId, body.id))
    .then(
      () => 'done',
      () => 'refused',
    );
  expect(refused).toBe('refused');
  await checkBooks(shop);
});

test('a discount of a category is for what its rule has taken in, too, as long as that is in it', async () => {
  const { variantId, productId } = await createProduct(shop, { price: 1000 });
  const categoryId = await insertCategory(shop, `taken-${crypto.randomUUID()}`);
  const { code } = await makeCode(merchant, { categoryIds: [categoryId] });
  const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }]);
  const discounted = async () => (await enterCode(shop, cart, code)).body.quote?.discount;
  expect(await discounted()).not.toEqual(usd(100));
  await shop.deps.db.insert(categoryMembers).values({ categoryId, productId: productId as ProductId });
  expect(await discounted()).toEqual(usd(100));
  const { status, body } = await buyQuoted(shop, cart);
  expect([status, body.discount]).toEqual([201, usd(100)]);
});

describe('what changes after the quote is a 409 that names it and brings a fresh quote, which is then charged:', () => {
  const cases = [
    {
      what: 'a tax rate',
      change: (_: unknown) => merchant.ask('PATCH', `tax-rates/${furnished.taxRateId}`, { ratePpm: 90_000 }),
      restore: () => merchant.ask('PATCH', `tax-rates/${furnished.taxRateId}`, { ratePpm: 88_750 }),
      named: { part: 'taxRate', seen: 88_750, now: 90_000 },
    },
    {
      what: 'a rate of shipping',
      change: () =>
        merchant.ask('PATCH', `shipping-methods/${furnished.methodId}`, { steps: [{ from: 0, rate: 590 }] }),
      restore: () =>
        merchant.ask('PATCH', `shipping-methods/${furnished.methodId}`, { steps: [{ from: 0, rate: 490 }] }),
      named: { part: 'shippingMethod' },
    },
    {
      what: 'a discount',
      change: (id: string) => merchant.ask('PATCH', `discounts/${id}`, { ppm: 50_000 }),
      restore: async () => {},
      named: { part: 'discountRule', seen: 1, now: 2 },
    },
    {
      what: 'a discount that has ended',
      change: (id: string) => merchant.ask('DELETE', `discounts/${id}`),
      restore: async () => {},
      named: { part: 'discountRule', seen: 1, now: null },
    },
  ];
  test.each(cases)('$what', async ({ change, restore, named }) => {
    const { variantId } = await createProduct(shop, { price: 10_000 });
    const { code, id } = await makeCode(merchant);
    const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }]);
    const quoted = (await enterCode(shop, cart, code)).body.quote.token;
    expect((await change(id))?.status).toBe(200);
    const refused = await buyQuoted(shop, cart, { quote: quoted });
    expectProblem(refused, 'price_changed');
    expect(refused.body.changes).toContainEqual(expect.objectContaining(named));
    const { token, total } = refused.body.quote;
    const bought = await buyQuoted(shop, cart, { quote: token });
    expect([bought.status, bought.body.total], JSON.stringify(bought.body)).toEqual([201, total]);
    await restore();
  });

  test('the address, where it is not what the quote was for', async () => {
    const { variantId } = await createProduct(shop, { price: 10_000 });
    const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }]);
    const elsewhere = { country: 'US', region: 'OR', postalCode: '97035' };
    const refused = await buyQuoted(shop, cart, { to: elsewhere });
    expectProblem(refused, 'price_changed');
    expect(refused.body.changes).toContainEqual(expect.objectContaining({ part: 'taxRate', now: 0 }));
    const bought = await buyQuoted(shop, cart, { to: elsewhere, quote: refused.body.quote.token });
    expect([bought.status, bought.body.tax]).toEqual([201, usd(0)]);
  });
});

test('without a quote nothing is charged that was not shown', async () => {
  const { variantId } = await createProduct(shop, { price: 10_000 });
  const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }]);
  const refused = await shop.call('/api/v1/checkout', {
    method: 'POST',
    ...cart.owner,
    headers: { 'idempotency-key': crypto.randomUUID() },
    body: {
      cartId: cart.cartId,
      email: 'guest@test.example',
      shippingAddress: { name: 'Guest', line1: '1 Test Street', city: 'Testville', ...NEW_YORK },
      paymentMethodId: 'pm_card_visa',
    },
  });
  expectProblem(refused, 'quote_required');
  expect((await buyQuoted(shop, cart, { quote: refused.body.quote.token })).status).toBe(201);
});

describe('a checkout without what it takes is refused:', () => {
  test('no way of shipping was chosen', async () => {
    const { variantId } = await createProduct(shop);
    const cart = await cartWith(shop, variantId);
    expectProblem(await buyQuoted(shop, cart), 'shipping_method_required');
  });

  test('a way of shipping before it is known where to, or one that there is not', async () => {
    const { variantId } = await createProduct(shop);
    const cart = await cartWith(shop, variantId);
    const chosen = { shippingMethodId: furnished.methodId };
    expectProblem(await changeCart(shop, cart, chosen), 'destination_required');
    const unknown = { destination: NEW_YORK, shippingMethodId: furnished.zoneId };
    expectProblem(await changeCart(shop, cart, unknown), 'shipping_method_not_found');
    const { body } = await shop.call(`/api/v1/carts/${cart.cartId}`, cart.owner);
    expect(body.destination).toBeNull();
  });

  test('the address is in no zone', async () => {
    const { variantId } = await createProduct(shop);
    const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }]);
    const to = { country: 'AQ', postalCode: '1' };
    expectProblem(await buyQuoted(shop, cart, { to }), 'shipping_zone_missing');
  });

  test('something has no weight, and its way of shipping goes by weight', async () => {
    const { variantId } = await createProduct(shop);
    const method = await merchant.make('shipping-methods', {
      ...{ zoneId: furnished.zoneId, name: 'By weight', kind: 'by_weight', currency: 'USD' },
      steps: [{ from: 0, rate: 100 }],
    });
    const cart = await cartWith(shop, variantId);
    const chosen = await changeCart(shop, cart, { destination: NEW_YORK, shippingMethodId: method.id });
    expectProblem(chosen, 'weight_missing');
    const estimates = await shop.call(`/api/v1/carts/${cart.cartId}/shipping`, cart.owner);
    expect(estimates.status).toBe(200);
  });
});

describe('where tax or shipping go by region, nothing is sold without one of the country’s own:', () => {
  const nowhere = [
    ['left out', undefined],
    ['of no such place', 'Nowhere'],
    ['of another country', 'ON'],
    ['a name that only begins so', 'New'],
  ] as const;
  test.each(nowhere)('%s', async (_, region) => {
    const { variantId } = await createProduct(shop, { price: 10_000 });
    const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }]);
    const to = { country: 'US', postalCode: '10001', ...(region === undefined ? {} : { region }) };
    for (const refused of [
      await changeCart(shop, cart, { destination: to }),
      await buyQuoted(shop, cart, { to }),
    ]) {
      expectProblem(refused, 'region_required');
      expect(refused.body.country).toBe('US');
    }
    const { body } = await shop.call(`/api/v1/carts/${cart.cartId}`, cart.owner);
    expect(body.destination).toEqual(NEW_YORK);
  });

  test.each(['New York', ' new  york ', 'ny'])('"%s" is as good as its code', async (region) => {
    const { variantId } = await createProduct(shop, { price: 10_000 });
    const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }]);
    const to = { ...NEW_YORK, region };
    const placed = await changeCart(shop, cart, { destination: to });
    expect(placed.body.destination).toEqual(NEW_YORK);
    const { status, body } = await buyQuoted(shop, cart, { to });
    expect([status, body.tax], JSON.stringify(body)).toEqual([201, usd(888 + 43)]);
    const onLabel = openAddress(shop.deps, await requireOrder(shop.deps.db, body.id));
    expect(onLabel.region).toBe(region);
  });

  test('a rule to come counts, too; and a cart from before it does not know its tax', async () => {
    const { variantId } = await createProduct(shop);
    const cart = await cartWith(shop, variantId);
    const destination = { country: 'CA', postalCode: 'K1A 0B1' };
    const free = await changeCart(shop, cart, { destination });
    expect([free.status, free.body.quote?.isTaxKnown]).toEqual([200, true]);
    const rate = { name: 'HST', country: 'CA', region: 'ON', category: 'standard', ratePpm: 130_000 };
    await merchant.make('tax-rates', { ...rate, validFrom: '2090-01-01T00:00:00.000Z' });
    const { body } = await shop.call(`/api/v1/carts/${cart.cartId}/quote`, cart.owner);
    expect(body.isTaxKnown).toBeFalse();
    expectProblem(await changeCart(shop, cart, { destination }), 'region_required');
    const told = await changeCart(shop, cart, { destination: { ...destination, region: 'Québec' } });
    expect(told.body.destination).toMatchObject({ region: 'QC', postalCode: 'K1A0B1' });
  });

  test('a country whose rules are for all of it asks for nothing', async () => {
    const { variantId } = await createProduct(shop, { price: 10_000 });
    await merchant.make('tax-rates', { name: 'VAT', country: 'NZ', category: 'standard', ratePpm: 150_000 });
    const { id: zoneId } = await merchant.make('shipping-zones', { name: 'NZ', areas: [{ country: 'NZ' }] });
    const { id: shippingMethodId } = await merchant.make('shipping-methods', {
      ...{ zoneId, name: 'Far', kind: 'flat', currency: 'USD', steps: [{ from: 0, rate: 990 }] },
    });
    for (const place of [{}, { region: 'Anything' }]) {
      const cart = await cartWith(shop, variantId);
      const to = { country: 'NZ', postalCode: '?', ...place };
      await changeCart(shop, cart, { destination: to, shippingMethodId });
      const { status, body } = await buyQuoted(shop, cart, { to });
      expect([status, body.tax], JSON.stringify(body)).toEqual([201, usd(1_500)]);
    }
  });
});

test('no spelling of a postal code leads out of the zone of its prefix', async () => {
  const areas = [{ country: 'US', region: 'AK', postalPrefix: '995' }];
  const { id: zoneId } = await merchant.make('shipping-zones', { name: 'Alaska', areas });
  const { variantId } = await createProduct(shop, { price: 10_000 });
  const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 1 }]);
  const tried = async (postalCode: string) => {
    const to = { country: 'US', region: 'AK', postalCode };
    const placed = await changeCart(shop, cart, { destination: to });
    return [
      placed.body.code ?? placed.body.quote.shippingNeed,
      (await buyQuoted(shop, cart, { to })).body.code,
    ];
  };
  for (const postalCode of ['99501', '-99501', '9 9-5.01', '９９５０１'])
    expect(await tried(postalCode)).toEqual(['method', 'shipping_method_required']);
  for (const postalCode of ['X99501', '--'])
    expect(await tried(postalCode)).toEqual(['postal_code_required', 'postal_code_required']);
  await merchant.ask('DELETE', `shipping-zones/${zoneId}`);
});
