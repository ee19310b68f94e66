/** What shoppers say of their carts, and what they are told where it cannot be: codes, currencies, price lists. */

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { MINUTE_MS } from '#lib/clock.ts';
import { checkBooks } from '#test/support/books.ts';
import { send } from '#test/support/fulfilment.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import {
  buyQuoted,
  changeCart,
  enterCode,
  type Merchant,
  makeCode,
  NEW_YORK,
  openMerchant,
} from '#test/support/pricing.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { sendBack } from '#test/support/returns.ts';
import {
  CATEGORY,
  cartOf,
  cartWith,
  changePrice,
  checkoutBody,
  createProduct,
} from '#test/support/shopping.ts';

setDefaultTimeout(MINUTE_MS);

let shop: OriginUnderTest;
let merchant: Merchant;
beforeAll(async () => {
  shop = await openOrigin();
  merchant = await openMerchant(shop);
  const rate = { name: 'Sales tax', country: 'US', region: 'NY', ratePpm: 88_750 };
  await merchant.make('tax-rates', { ...rate, category: 'standard' });
});
afterAll(async () => {
  await shop.close();
});

const SHIPPED = { name: 'Ada', line1: '1 Test Street', city: 'Berlin' };
const BERLIN = { country: 'DE', postalCode: '10115' };
const usd = (amount: number) => ({ amount, currency: 'USD' });

describe('a code that is not for the cart is refused, and the cart stays as it was:', () => {
  const refusals = [
    ['code_not_in_force', { validFrom: '2020-01-01T00:00:00.000Z', validUntil: '2020-02-01T00:00:00.000Z' }],
    ['code_not_for_you', { firstOrderOnly: true }],
    ['code_not_for_you', { currency: 'EUR', minimum: 1 }],
  ] as const;
  test.each(refusals)('%s', async (problem, rest) => {
    const { variantId } = await createProduct(shop, { price: 5_000 });
    const { code } = await makeCode(merchant, rest);
    const cart = await cartWith(shop, variantId);
    expectProblem(await enterCode(shop, cart, code), problem);
    const { body } = await shop.call(`/api/v1/carts/${cart.cartId}`, cart.owner);
    expect(body.quote.codes).toEqual([]);
  });

  test('code_not_applicable', async () => {
    const [other, { variantId }] = [await createProduct(shop), await createProduct(shop)];
    const { code } = await makeCode(merchant, { productIds: [other.productId] });
    expectProblem(await enterCode(shop, await cartWith(shop, variantId), code), 'code_not_applicable');
  });

  test('code_unknown', async () => {
    const { variantId } = await createProduct(shop);
    expectProblem(await enterCode(shop, await cartWith(shop, variantId), 'NO-SUCH-CODE'), 'code_unknown');
  });

  test('code_minimum_missed by a cent, which is told', async () => {
    const { variantId } = await createProduct(shop, { price: 4_999 });
    const { code } = await makeCode(merchant, { minimum: 5_000, currency: 'USD' });
    const refused = await enterCode(shop, await cartWith(shop, variantId), code);
    expectProblem(refused, 'code_minimum_missed');
    expect(refused.body.missing).toEqual(usd(1));
  });

  test('codes_full', async () => {
    const { variantId } = await createProduct(shop);
    const cart = await cartWith(shop, variantId);
    for (let made = 0; made < 5; made += 1) {
      expect((await enterCode(shop, cart, (await makeCode(merchant)).code)).status).toBe(200);
    }
    expectProblem(await enterCode(shop, cart, (await makeCode(merchant)).code), 'codes_full');
  });

  test('code_not_for_you, which is for a group; and is for its members', async () => {
    const { variantId } = await createProduct(shop, { price: 5_000 });
    const group = await merchant.make('customer-groups', { name: 'Trade', taxExempt: true });
    const { code } = await makeCode(merchant, { groupId: group.id });
    const { token, userId } = await shop.signIn();
    const cart = await cartOf(shop, [{ variantId, quantity: 1 }], token);
    await changeCart(shop, cart, { destination: NEW_YORK });
    const refused = await enterCode(shop, cart, code);
    expectProblem(refused, 'code_not_for_you');
    await merchant.ask('POST', `customer-groups/${group.id}/members`, { userId });
    const entered = await enterCode(shop, cart, code);
    expect(entered.body.quote).toMatchObject({ discount: usd(500), tax: usd(0) });
    const gone = await shop.call(`/api/v1/carts/${cart.cartId}/codes/${code}`, {
      method: 'DELETE',
      token,
    });
    expect(gone.body.quote).toMatchObject({ discount: usd(0), codes: [] });
  });
});

describe('a cart has one currency:', () => {
  test('the prices of its list, which contain the tax; nothing that has no price there; and no other afterwards', async () => {
    await merchant.make('currencies', { code: 'EUR', taxInclusive: true });
    const { variantId } = await createProduct(shop, { price: 5_000 });
    const unpriced = await createProduct(shop);
    await merchant.make('prices', { variantId, currency: 'EUR', kind: 'regular', price: 11_900 });
    await merchant.make('tax-rates', { name: 'VAT', country: 'DE', category: 'standard', ratePpm: 190_000 });
    const { body: cart } = await shop.call('/api/v1/carts', { method: 'POST' });
    const own = { cartId: cart.id, cartToken: cart.token, owner: { cartToken: cart.token } };
    expectProblem(await changeCart(shop, own, { currency: 'GBP' }), 'currency_not_sold');
    const inEuro = await changeCart(shop, own, { currency: 'EUR', destination: { country: 'DE' } });
    expect(inEuro.body.currency).toBe('EUR');
    const items = `/api/v1/carts/${cart.id}/items`;
    const add = (id: string) =>
      shop.call(items, { method: 'POST', ...own.owner, body: { variantId: id, quantity: 1 } });
    expectProblem(await add(unpriced.variantId), 'variant_unavailable');
    const { body } = await add(variantId);
    expect(body.quote).toMatchObject({
      ...{ total: { amount: 11_900, currency: 'EUR' }, tax: { amount: 0, currency: 'EUR' } },
      includedTax: { amount: 1_900, currency: 'EUR' },
    });
    expectProblem(await changeCart(shop, own, { currency: 'USD' }), 'cart_not_empty');
  });

  test('whoever pays no tax pays its prices without; agrees to them, buys and exchanges by them', async () => {
    const { sellerToken } = await createProduct(shop);
    const variants = ['Red', 'Blue'].map((colour) => ({ price: 1, stock: 5, optionValues: [colour] }));
    const lamp = { name: 'Lamp', category: CATEGORY, optionNames: ['Colour'], variants };
    const { body: product } = await shop.call('/api/v1/products', {
      ...{ method: 'POST', token: sellerToken, body: lamp },
    });
    const [red, blue] = product.variants.map(({ id }: { id: string }) => id);
    const list = (variantId: string, kind: object) =>
      merchant.make('prices', { variantId, currency: 'EUR', ...kind });
    await list(red, { kind: 'regular', price: 12_000 });
    await list(blue, { kind: 'regular', price: 11_900 });
    const group = await merchant.make('customer-groups', { name: 'Abroad', taxExempt: true });
    const { token, userId } = await shop.signIn();
    await merchant.ask('POST', `customer-groups/${group.id}/members`, { userId });
    const cart = await cartOf(shop, [], token);
    await changeCart(shop, cart, { currency: 'EUR', destination: { country: 'DE' } });
    const path = `/api/v1/carts/${cart.cartId}/items`;
    const filled = await shop.call(path, { method: 'POST', token, body: { variantId: red, quantity: 1 } });
    await list(red, { kind: 'sale', price: 11_900, compareAtPrice: 12_000 });
    const line = `${path}/${filled.body.items[0].id}`;
    const { body: agreed } = await shop.call(line, {
      ...{ method: 'PATCH', token, body: { acceptedPrice: 10_000 } },
    });
    expect(agreed.items).toMatchObject([{ unitPrice: { amount: 10_000 }, notice: null }]);
    expect(agreed.quote).toMatchObject({ includedTax: { amount: 0 }, total: { amount: 10_000 } });
    // In another place the same would cost more.
    const unseen = { ...checkoutBody(cart.cartId), shippingAddress: { ...SHIPPED, ...BERLIN } };
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const refused = await shop.call('/api/v1/checkout', { method: 'POST', token, headers, body: unseen });
    expectProblem(refused, 'quote_required');
    const { body: order } = await buyQuoted(shop, cart, { to: BERLIN });
    expect(order).toMatchObject({ total: { amount: 10_000 }, includedTax: { amount: 0 } });
    const itemId = order.items[0].id;
    await send(shop, order.id, merchant.token, { itemId, quantity: 1 });
    const came = { itemId, restock: 1, replacementVariantId: blue };
    await sendBack(shop, { orderId: order.id, owner: cart.owner }, merchant.token, came);
    const { body: exchanged } = await shop.call(`/api/v1/orders/${order.id}`, cart.owner);
    expect(exchanged.returns).toMatchObject([{ status: 'exchanged', refund: null }]);
    await checkBooks(shop);
  });

  test('a quantity price counts from its quantity on, and a sale price for its time', async () => {
    const { variantId } = await createProduct(shop, { price: 1_000 });
    const base = { variantId, currency: 'USD' };
    await merchant.make('prices', { ...base, kind: 'regular', minQuantity: 3, price: 800 });
    const cart = await cartWith(shop, variantId, 2);
    const { body } = await shop.call(`/api/v1/carts/${cart.cartId}`, cart.owner);
    expect(body.items[0]).toMatchObject({ unitPrice: usd(1_000), notice: null });
    const path = `/api/v1/carts/${cart.cartId}/items/${body.items[0].id}`;
    const three = await shop.call(path, { method: 'PATCH', ...cart.owner, body: { quantity: 3 } });
    expect(three.body.items[0]).toMatchObject({ unitPrice: usd(800), lineTotal: usd(2_400), notice: null });
    const sale = await merchant.make('prices', { ...base, kind: 'sale', price: 500, compareAtPrice: 1_000 });
    const onSale = await shop.call(`/api/v1/carts/${cart.cartId}`, cart.owner);
    expect(onSale.body.items[0]).toMatchObject({ unitPrice: usd(500), notice: 'price_changed' });
    await merchant.ask('DELETE', `prices/${sale.id}`);
    const over = await shop.call(`/api/v1/carts/${cart.cartId}`, cart.owner);
    expect(over.body.items[0]).toMatchObject({ unitPrice: usd(800), notice: null });
  });

  test('a price for many or for a group never costs more than the one for everybody', async () => {
    const product = await createProduct(shop, { price: 1_000 });
    const { token, userId } = await shop.signIn();
    const group = await merchant.make('customer-groups', { name: 'Dealers', taxExempt: false });
    await merchant.ask('POST', `customer-groups/${group.id}/members`, { userId });
    const base = { variantId: product.variantId, currency: 'USD', kind: 'regular' };
    await merchant.make('prices', { ...base, minQuantity: 3, price: 800 });
    await merchant.make('prices', { ...base, groupId: group.id, price: 900 });
    const cart = await cartOf(shop, [{ variantId: product.variantId, quantity: 3 }]);
    const own = await cartOf(shop, [{ variantId: product.variantId, quantity: 1 }], token);
    const costs = async () => {
      const seen = [cart, own].map(({ cartId, owner }) => shop.call(`/api/v1/carts/${cartId}`, owner));
      return (await Promise.all(seen)).map(({ body }) => body.items[0].unitPrice.amount);
    };
    expect(await costs()).toEqual([800, 900]);
    await changePrice(shop, product, 700);
    expect(await costs()).toEqual([700, 700]);
    await merchant.make('prices', { ...base, price: 850 });
    expect(await costs()).toEqual([800, 850]);
  });
});

describe('a shop that has had zones ships nothing where none is in force:', () => {
  test.each(['the last one has ended', 'the last one has lost its areas'])('%s', async (what) => {
    const { variantId } = await createProduct(shop);
    const { id } = await merchant.make('shipping-zones', { name: 'US', areas: [{ country: 'US' }] });
    const cart = await cartWith(shop, variantId);
    await changeCart(shop, cart, { destination: NEW_YORK });
    const gone = what.endsWith('ended')
      ? await merchant.ask('DELETE', `shipping-zones/${id}`)
      : await merchant.ask('PATCH', `shipping-zones/${id}`, { areas: [] });
    expect(gone.status).toBe(200);
    expectProblem(await buyQuoted(shop, cart), 'shipping_zone_missing');
    const free = { name: 'Counter', kind: 'pickup', currency: 'USD', steps: [{ from: 0, rate: 0 }] };
    const { id: shippingMethodId } = await merchant.make('shipping-methods', free);
    await changeCart(shop, cart, { shippingMethodId });
    expect((await buyQuoted(shop, cart)).status).toBe(201);
  });
});
