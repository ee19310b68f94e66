/** The first steps of many tests: a product with stock, a cart with it, the body of a checkout. */

import { categories } from '#db/schema/catalog.ts';
import type { CategoryId } from '#lib/ids.ts';
import type { OriginUnderTest } from './origin.ts';

export const CATEGORY = 'test-category';

export interface TestProduct {
  readonly productId: string;
  readonly slug: string;
  readonly variantId: string;
  readonly etag: string;
  /** Of the seller that the product belongs to. */
  readonly sellerToken: string;
}

/** A product on sale with one variant, by a seller of its own. */
export async function createProduct(
  shop: OriginUnderTest,
  { stock = 10, price = 1999, name = 'Test Product' } = {},
): Promise<TestProduct> {
  await shop.deps.db
    .insert(categories)
    .values({ id: shop.deps.ids.next<CategoryId>(), slug: CATEGORY, name: 'Test' })
    .onConflictDoNothing();
  const { token: sellerToken } = await shop.signIn('seller');
  const { body, headers, status } = await shop.call('/api/v1/products', {
    method: 'POST',
    token: sellerToken,
    body: { name, category: CATEGORY, variants: [{ price, stock }] },
  });
  if (status !== 201) throw new Error(`creating a product answered ${status}: ${JSON.stringify(body)}`);
  return {
    productId: body.id,
    slug: body.slug,
    variantId: body.variants[0].id,
    etag: headers.get('etag') ?? '',
    sellerToken,
  };
}

export interface TestCart {
  readonly cartId: string;
  /** A guest's; undefined for the cart of a customer. */
  readonly cartToken: string;
}

/** A guest's cart with one line. */
export async function cartWith(shop: OriginUnderTest, variantId: string, quantity = 1): Promise<TestCart> {
  const { body: cart } = await shop.call('/api/v1/carts', { method: 'POST' });
  const added = await shop.call(`/api/v1/carts/${cart.id}/items`, {
    method: 'POST',
    cartToken: cart.token,
    body: { variantId, quantity },
  });
  if (added.status !== 200) throw new Error(`filling a cart answered ${JSON.stringify(added.body)}`);
  return { cartId: cart.id, cartToken: cart.token };
}

export function checkoutBody(cartId: string, paymentMethodId = 'pm_card_visa') {
  return {
    cartId,
    email: 'guest@test.example',
    shippingAddress: {
      name: 'Guest',
      line1: '1 Test Street',
      city: 'Testville',
      postalCode: '12345',
      country: 'US',
    },
    paymentMethodId,
  };
}
