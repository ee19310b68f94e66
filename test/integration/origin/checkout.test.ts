/** From a cart to a paid order, over the real parts. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { cartWith, checkoutBody, createProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

test('a guest buys what is in the cart and reads the paid order', async () => {
  const { variantId } = await createProduct(shop, { stock: 5, price: 1999 });
  const { cartId, cartToken } = await cartWith(shop, variantId, 2);
  const order = await shop.call('/api/v1/checkout', {
    method: 'POST',
    body: checkoutBody(cartId),
    cartToken,
    headers: { 'idempotency-key': crypto.randomUUID() },
  });
  expect(order.status).toBe(201);
  expect(order.body).toMatchObject({
    status: 'paid',
    total: { amount: 3998, currency: 'USD' },
    payment: { status: 'captured', brand: 'visa', lastFour: '4242' },
  });
  const read = await shop.call(`/api/v1/orders/${order.body.id}`, { cartToken });
  expect(read.body).toEqual(order.body);
});
