/** Edits of orders with discounts, tax and shipping: what is left costs no less than it is sold for. */

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { eq } from 'drizzle-orm';
import { products as sold } from '#db/schema/catalog.ts';
import type { OrderId, ProductId } from '#lib/ids.ts';
import { checkBooks } from '#test/support/books.ts';
import { insertCategory } from '#test/support/catalogue.ts';
import { ADDRESS, edit } from '#test/support/edits.ts';
import { send } from '#test/support/fulfilment.ts';
import { moneyOf } from '#test/support/orders.ts';
import { type Answer, type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import {
  buyQuoted,
  changeCart,
  enterCode,
  type Furnished,
  furnishPricing,
  type Merchant,
  makeCode,
  openMerchant,
  shippedCart,
} from '#test/support/pricing.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { asStaff, sendBack } from '#test/support/returns.ts';
import { CATEGORY, cartOf, createProduct, type Owner, type TestProduct } from '#test/support/shopping.ts';

const TEST_TIMEOUT_MS = 120_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let merchant: Merchant;
let furnished: Furnished;
beforeAll(async () => {
  shop = await openOrigin();
  merchant = await openMerchant(shop);
  furnished = await furnishPricing(merchant);
});
afterEach(async () => {
  await checkBooks(shop);
});
afterAll(async () => {
  await shop.close();
});

test('whatever the parts in which a line is taken off and sent back, they come to its charge', async () => {
  const { variantId } = await createProduct(shop, { price: 3_333 });
  const { code } = await makeCode(merchant);
  const cart = await shippedCart(shop, furnished, [{ variantId, quantity: 7 }]);
  await enterCode(shop, cart, code);
  const { body: bought } = await buyQuoted(shop, cart);
  const [item] = bought.items;
  const charge = item.lineTotal.amount - item.discount.amount + item.tax.amount;
  const order = { orderId: bought.id as OrderId, owner: cart.owner };
  for (const quantity of [6, 4]) await edit(shop, order, { items: [{ itemId: item.id, quantity }] });
  await send(shop, order.orderId, merchant.token, { itemId: item.id, quantity: 4 });
  for (const restock of [1, 3]) {
    const returnId = await sendBack(shop, order, merchant.token, { itemId: item.id, restock });
    await asStaff(shop, { orderId: order.orderId, returnId }, merchant.token, 'refund');
  }
  const [paid, back] = await moneyOf(shop, order);
  expect([paid, back]).toEqual([bought.total.amount, charge]);
});

test('an address stays in its shipping zone', async () => {
  const zone = { name: 'Land', areas: [{ country: 'CA' }] };
  const { id: zoneId } = await merchant.make('shipping-zones', zone);
  const method = { zoneId, name: 'Van', kind: 'flat', currency: 'USD', steps: [{ from: 0, rate: 0 }] };
  const { id: shippingMethodId } = await merchant.make('shipping-methods', method);
  const { variantId } = await createProduct(shop);
  const cart = await cartOf(shop, [{ variantId, quantity: 1 }]);
  const destination = { country: 'CA', region: 'BC', postalCode: 'V5K 0A1' };
  await changeCart(shop, cart, { destination, shippingMethodId });
  const { body } = await buyQuoted(shop, cart, { to: destination });
  const order = { orderId: body.id, owner: cart.owner };
  const to = (postalCode: string) =>
    edit(shop, order, { shippingAddress: { ...ADDRESS, ...destination, postalCode } });
  await merchant.make('shipping-zones', { name: 'Far', areas: [{ country: 'CA', postalPrefix: 'V0' }] });
  // The last one is no postal code of that country: it would be in the zone of the rest of it.
  for (const postalCode of ['V0V 1A1', '-v0v1a1', '1V0V 1A1']) {
    expectProblem(await to(postalCode), 'edit_moves_order');
  }
  expect((await to('V5K 0A2')).status).toBe(200);
});

describe('what is left has to meet what the order was priced by, unless staff says otherwise', () => {
  interface Wanted {
    readonly first?: number;
    readonly second?: number;
    readonly code?: string;
    readonly methodId?: string;
  }
  interface Products {
    readonly a: TestProduct;
    readonly b: TestProduct;
  }
  const products = async (): Promise<Products> => ({
    a: await createProduct(shop, { price: 4_000 }),
    b: await createProduct(shop, { price: 1_000 }),
  });
  const buy = async ({ a, b }: Products, { first = 2, second = 1, code, methodId }: Wanted) => {
    const lines = [
      { variantId: a.variantId, quantity: first },
      { variantId: b.variantId, quantity: second },
    ];
    const shipped = methodId === undefined ? furnished : { ...furnished, methodId };
    const cart = await shippedCart(shop, shipped, lines);
    if (code !== undefined) await enterCode(shop, cart, code);
    const { body } = await buyQuoted(shop, cart);
    const [one, other] = lines.map(({ variantId }) =>
      String(body.items.find((item: { variantId: string }) => item.variantId === variantId).id),
    ) as [string, string];
    const order = { orderId: body.id as OrderId, owner: cart.owner };
    const to = (quantities: readonly [number, number], owner: Owner = cart.owner) => {
      const items = quantities.map((quantity, at) => ({ itemId: at === 0 ? one : other, quantity }));
      return edit(shop, { ...order, owner }, { items });
    };
    return { order, one, to };
  };
  const breaks = (answer: Answer, term: object) => {
    expectProblem(answer, 'edit_breaks_terms');
    expect(answer.body).toMatchObject(term);
  };

  test('of goods that others are given for, as many stay as earn those that stay', async () => {
    const wares = await products();
    const productIds = [wares.a.productId, wares.b.productId];
    const offer = { name: 'Third free', kind: 'buy_get', ppm: 1_000_000, buyQuantity: 2, getQuantity: 1 };
    const { id } = await merchant.make('discounts', { ...offer, productIds });
    const [free, split] = [await buy(wares, {}), await buy(wares, { first: 6, second: 1 })];
    const other = await buy(wares, {});
    const term = { term: 'discount', name: 'Third free' };
    for (const first of [0, 1]) breaks(await free.to([first, 1]), term);
    const path = `/api/v1/orders/${free.order.orderId}`;
    expect((await shop.call(path, free.order.owner)).body.edits).toEqual([]);
    expect((await free.to([2, 0])).body.edits).toMatchObject([{ refund: null }]);
    expect((await free.to([1, 0])).status).toBe(200);
    // Two of seven are given: the cheap one and one of six.
    breaks(await split.to([4, 1]), term);
    expect((await split.to([3, 0])).status).toBe(200);
    breaks(await split.to([2, 0]), term);
    expect((await other.to([0, 1], merchant)).status).toBe(200);
    await merchant.ask('DELETE', `discounts/${id}`);
  });

  test.each([{}, { exclusive: true }, { kind: 'free_shipping', ppm: undefined }])(
    'a minimum of goods, with %p',
    async (more) => {
      const wares = await products();
      const productIds = [wares.a.productId];
      const { code } = await makeCode(merchant, { ...more, productIds, minimum: 8_000, currency: 'USD' });
      const { to } = await buy(wares, { first: 3, code });
      breaks(await to([1, 1]), { term: 'discount', name: 'Less' });
      expect((await to([2, 0])).status).toBe(200);
    },
  );

  test('what frees shipping: the goods of its discount, or a price of all goods', async () => {
    const wares = await products();
    const free = { kind: 'free_shipping', ppm: undefined, productIds: [wares.b.productId] };
    const { code } = await makeCode(merchant, free);
    const coded = await buy(wares, { code });
    breaks(await coded.to([2, 0]), { term: 'discount' });
    expect((await coded.to([1, 1])).status).toBe(200);
    const { id: methodId } = await merchant.make('shipping-methods', {
      ...{ zoneId: furnished.zoneId, name: 'Free from 80', kind: 'flat', currency: 'USD' },
      ...{ steps: [{ from: 0, rate: 490 }], freeFrom: 8_000 },
    });
    const large = await buy(wares, { methodId });
    breaks(await large.to([1, 1]), { term: 'shipping', name: 'Free from 80' });
    expect((await large.to([2, 0])).status).toBe(200);
  });

  test('a price for many: so many of the line, or none', async () => {
    const wares = await products();
    const price = { variantId: wares.a.variantId, currency: 'USD', kind: 'regular' };
    await merchant.make('prices', { ...price, minQuantity: 2, price: 3_000 });
    const { to, one } = await buy(wares, { first: 3 });
    expect((await to([2, 1])).status).toBe(200);
    breaks(await to([1, 1]), { term: 'price', itemId: one });
    expect((await to([0, 1])).status).toBe(200);
  });

  test('a discount whose category is gone is for nothing more, and what it was given for keeps it', async () => {
    const wares = await products();
    const categoryId = await insertCategory(shop, `gone-${crypto.randomUUID()}`);
    const isOfIt = eq(sold.id, wares.a.productId as ProductId);
    await shop.deps.db.update(sold).set({ categoryId }).where(isOfIt);
    const offer = { name: 'Clearance', kind: 'percent', ppm: 100_000, categoryIds: [categoryId] };
    const { id } = await merchant.make('discounts', offer);
    const { order, to } = await buy(wares, {});
    const given = (await shop.call(`/api/v1/orders/${order.orderId}`, order.owner)).body.discount;
    expect(given.amount).toBe(800);
    expect((await merchant.ask('DELETE', `categories/${categoryId}?moveTo=${CATEGORY}`)).status).toBe(204);
    const cart = await cartOf(shop, [{ variantId: wares.a.variantId, quantity: 1 }]);
    const { status, body } = await shop.call(`/api/v1/carts/${cart.cartId}`, cart.owner);
    expect([status, body.quote?.discount.amount]).toEqual([200, 0]);
    expect((await to([1, 1])).status).toBe(200);
    await merchant.ask('DELETE', `discounts/${id}`);
  });

  test('a discount without conditions asks for nothing', async () => {
    const { code } = await makeCode(merchant, {
      kind: 'amount',
      ppm: undefined,
      amount: 500,
      currency: 'USD',
    });
    const { to } = await buy(await products(), { code });
    expect((await to([1, 0])).status).toBe(200);
  });
});
