/** What a seller sees of orders: their own lines, and what sending them takes. */

import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { checkBooks } from '#test/support/books.ts';
import { send } from '#test/support/fulfilment.ts';
import { refund } from '#test/support/orders.ts';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartOf, cartWith, checkOut, checkoutBody, createProduct } from '#test/support/shopping.ts';

const TEST_TIMEOUT_MS = 60_000;
setDefaultTimeout(TEST_TIMEOUT_MS);

let shop: OriginUnderTest;
let admin: string;
beforeAll(async () => {
  shop = await openOrigin();
  admin = (await shop.signIn('admin')).token;
});
afterEach(async () => {
  await checkBooks(shop);
});
afterAll(async () => {
  await shop.close();
});

const sales = async (token: string, query = '') => (await shop.call(`/api/v1/sales${query}`, { token })).body;
const sale = (orderId: string, token: string) => shop.call(`/api/v1/sales/${orderId}`, { token });

/** An order with goods of two sellers. */
async function sharedOrder() {
  const [one, other] = [
    await createProduct(shop, { price: 1_000 }),
    await createProduct(shop, { price: 700 }),
  ];
  const cart = await cartOf(shop, [
    { variantId: one.variantId, quantity: 2 },
    { variantId: other.variantId, quantity: 1 },
  ]);
  const { body: order } = await checkOut(shop, cart);
  return { one, other, order, cart };
}

test('each seller of an order sees their own lines, and the admin all of them', async () => {
  const { one, other, order } = await sharedOrder();
  const { shippingAddress: shipTo } = checkoutBody('');
  const seen = await sale(order.id, one.sellerToken);
  expect(seen.body).toEqual({
    ...{ orderId: order.id, number: order.number, status: 'paid', placedAt: order.placedAt, shipTo },
    ...{ shipments: [], plannedParcels: [], returns: [] },
    items: order.items.filter(({ variantId }: { variantId: string }) => variantId === one.variantId),
  });
  const { items } = (await sale(order.id, other.sellerToken)).body;
  expect(items.map(({ variantId }: { variantId: string }) => variantId)).toEqual([other.variantId]);
  expect((await sale(order.id, admin)).body.items).toHaveLength(2);
  expect((await sales(one.sellerToken)).items).toEqual([seen.body]);
  expect((await sales(admin, '?limit=1')).items[0].orderId).toBe(order.id);
});

test('nothing else of the shopper is told: no email, no total, no payment', async () => {
  const { one, order } = await sharedOrder();
  const told = JSON.stringify([await sale(order.id, one.sellerToken), await sales(one.sellerToken)]);
  expect(told).not.toContain('guest@test.example');
  expect(told).not.toMatch(/"(email|userId|cartId|total|payment|timeline|refunds|clientSecret)"/);
});

test('a seller without a line in it finds no order', async () => {
  const { order } = await sharedOrder();
  const stranger = await createProduct(shop);
  expectProblem(await sale(order.id, stranger.sellerToken), 'order_not_found');
  expectProblem(await sale('01890a5d-ac96-774b-bcce-b302099a8057', stranger.sellerToken), 'order_not_found');
  expect(await sales(stranger.sellerToken)).toEqual({ items: [], nextCursor: null });
});

test('an order that was not paid is no sale', async () => {
  const product = await createProduct(shop, { stock: 10 });
  for (const card of ['pm_card_chargeDeclined', 'pm_card_authenticationRequired']) {
    await checkOut(shop, await cartWith(shop, product.variantId), { card });
  }
  expect((await sales(product.sellerToken)).items).toEqual([]);
});

test('the address is gone once there is nothing more to send', async () => {
  const { one, order, cart } = await sharedOrder();
  await refund(shop, { orderId: order.id }, admin, { body: { amount: 100 } });
  expect((await sale(order.id, one.sellerToken)).body).toMatchObject({
    status: 'partially_refunded',
    shipTo: { line1: '1 Test Street' },
  });
  const headers = { 'idempotency-key': crypto.randomUUID() };
  await shop.call(`/api/v1/orders/${order.id}/cancel`, { method: 'POST', ...cart.owner, headers, body: {} });
  expect((await sale(order.id, one.sellerToken)).body).toMatchObject({ status: 'cancelled', shipTo: null });
});

test('the address is a seller’s as long as they have something to send, whatever goes back of the money', async () => {
  const { one, other, order } = await sharedOrder();
  const shipTo = async (token: string) => (await sale(order.id, token)).body.shipTo;
  const itemOf = (variantId: string) =>
    order.items.find((item: { variantId: string }) => item.variantId === variantId).id;
  await send(shop, order.id, one.sellerToken, { itemId: itemOf(one.variantId), quantity: 1 });
  expect(await shipTo(one.sellerToken)).toMatchObject({ line1: '1 Test Street' });
  await send(shop, order.id, one.sellerToken, { itemId: itemOf(one.variantId), quantity: 1 });
  await refund(shop, { orderId: order.id }, admin, { body: { amount: 100 } });
  expect(await shipTo(one.sellerToken)).toBeNull();
  expect(await shipTo(other.sellerToken)).toMatchObject({ line1: '1 Test Street' });
});

test('pages of any size show every sale once, the newest first', async () => {
  const product = await createProduct(shop, { stock: 10 });
  const placed: string[] = [];
  for (let count = 0; count < 5; count += 1) {
    placed.push((await checkOut(shop, await cartWith(shop, product.variantId))).body.id);
  }
  for (const limit of [1, 2, 5]) {
    const seen: string[] = [];
    let cursor = '';
    do {
      const { items, nextCursor } = await sales(product.sellerToken, `?limit=${limit}${cursor}`);
      seen.push(...items.map(({ orderId }: { orderId: string }) => orderId));
      cursor = nextCursor === null ? '' : `&cursor=${nextCursor}`;
    } while (cursor !== '');
    expect(seen).toEqual(placed.toReversed());
  }
  for (const query of ['?cursor=x', '?limit=0', '?sellerId=x']) {
    expectProblem(await shop.call(`/api/v1/sales${query}`, { token: product.sellerToken }), 'invalid_input');
  }
});

test('a line stays with who sold it, and a sale is theirs whatever the catalogue says later', async () => {
  const { one, order } = await sharedOrder();
  const { headers } = await shop.call(`/api/v1/products/${one.productId}`);
  const path = `/api/v1/products/${one.productId}`;
  const withdrawn = { 'if-match': headers.get('etag') ?? '' };
  await shop.call(path, { method: 'DELETE', token: one.sellerToken, headers: withdrawn });
  expect((await sale(order.id, one.sellerToken)).status).toBe(200);
});

test('stock is listed for its seller, a page at a time, and for the admin all of it', async () => {
  const [one, other] = [await createProduct(shop, { stock: 7 }), await createProduct(shop)];
  const { body } = await shop.call('/api/v1/inventory', { token: one.sellerToken });
  expect(body).toEqual({
    items: [
      {
        ...{ variantId: one.variantId, productId: one.productId, name: 'Test Product', sku: null },
        ...{ onHand: 7, reserved: 0, available: 7, lowAt: 5 },
      },
    ],
    nextCursor: null,
  });
  const seen: string[] = [];
  let cursor = '';
  do {
    const page = await shop.call(`/api/v1/inventory?limit=3${cursor}`, { token: admin });
    seen.push(...page.body.items.map(({ variantId }: { variantId: string }) => variantId));
    cursor = page.body.nextCursor === null ? '' : `&cursor=${page.body.nextCursor}`;
  } while (cursor !== '');
  expect(seen).toEqual([...new Set(seen)].toSorted());
  expect(seen).toContain(one.variantId);
  expect(seen).toContain(other.variantId);
});
