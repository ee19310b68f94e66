/** What is not on sale is not bought by the id of its variant either: those who know it may be its old customers. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type OriginUnderTest, openOrigin } from '#test/support/origin.ts';
import { expectProblem } from '#test/support/problem-document.ts';
import { cartWith, checkOut, createProduct, type TestProduct } from '#test/support/shopping.ts';

let shop: OriginUnderTest;
beforeAll(async () => {
  shop = await openOrigin();
});
afterAll(async () => {
  await shop.close();
});

async function hide({ productId, etag, sellerToken }: TestProduct): Promise<void> {
  const { status } = await shop.call(`/api/v1/products/${productId}`, {
    ...{ method: 'PATCH', token: sellerToken, headers: { 'if-match': etag }, body: { publishAt: null } },
  });
  expect(status).toBe(200);
}

test('a product that has become a draft goes into no cart', async () => {
  const product = await createProduct(shop);
  await hide(product);
  const { body: cart } = await shop.call('/api/v1/carts', { method: 'POST' });
  const added = await shop.call(`/api/v1/carts/${cart.id}/items`, {
    ...{ method: 'POST', cartToken: cart.token, body: { variantId: product.variantId, quantity: 1 } },
  });
  expectProblem(added, 'variant_unavailable');
});

test('a product that has become a draft in a cart is shown as withdrawn, and not sold', async () => {
  const product = await createProduct(shop);
  const cart = await cartWith(shop, product.variantId, 1);
  await hide(product);
  const { body } = await shop.call(`/api/v1/carts/${cart.cartId}`, cart.owner);
  expect(body.items[0].notice).toBe('withdrawn');
  expectProblem(await checkOut(shop, cart), 'variant_unavailable');
});
