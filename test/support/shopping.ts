/** The first steps of many tests: a product with stock, a cart with it, a checkout. */

import { categories } from '#db/schema/catalog.ts';
import type { CategoryId } from '#lib/ids.ts';
import type { Answer, OriginUnderTest, Reachable } from './origin.ts';

export const CATEGORY = 'test-category';

export interface TestProduct {
  readonly productId: string;
  readonly slug: string;
  readonly variantId: string;
  readonly etag: string;
  /** Of the seller that the product belongs to. */
  readonly sellerToken: string;
}

export async function createCategory({ deps }: Reachable): Promise<void> {
  await deps.db
    .insert(categories)
    .values({ id: deps.ids.next<CategoryId>(), slug: CATEGORY, name: 'Test' })
    .onConflictDoNothing();
}

/** A product on sale with one variant, by a seller of its own. */
export async function createProduct(
  shop: OriginUnderTest,
  { stock = 10, price = 1999, name = 'Test Product' } = {},
): Promise<TestProduct> {
  await createCategory(shop);
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

/** Changes the price of a product's one variant. */
export async function changePrice(shop: Reachable, product: TestProduct, price: number): Promise<void> {
  const { body, status } = await shop.call(`/api/v1/products/${product.productId}`, {
    method: 'PATCH',
    token: product.sellerToken,
    headers: { 'if-match': product.etag },
    body: { variants: [{ id: product.variantId, price }] },
  });
  if (status !== 200) throw new Error(`changing a price answered ${status}: ${JSON.stringify(body)}`);
}

/** Who a cart belongs to: a guest by its token, a customer by theirs. */
export type Owner = { readonly cartToken: string } | { readonly token: string };

export interface TestCart {
  readonly cartId: string;
  /** A guest's; empty for the cart of a customer. */
  readonly cartToken: string;
  /** What its owner sends along. */
  readonly owner: Owner;
}

/** A cart with these lines, a guest's unless a customer's access token is given. */
export async function cartOf(
  shop: Reachable,
  lines: readonly { readonly variantId: string; readonly quantity: number }[],
  token?: string,
): Promise<TestCart> {
  const customer = token === undefined ? {} : { token };
  const { body: cart } = await shop.call('/api/v1/carts', { method: 'POST', ...customer });
  const owner = token === undefined ? { cartToken: String(cart.token) } : { token };
  for (const body of lines) {
    const added = await shop.call(`/api/v1/carts/${cart.id}/items`, { method: 'POST', ...owner, body });
    if (added.status !== 200) throw new Error(`filling a cart answered ${JSON.stringify(added.body)}`);
  }
  return { cartId: cart.id, cartToken: cart.token ?? '', owner };
}

/** A guest's cart with one line. */
export function cartWith(shop: Reachable, variantId: string, quantity = 1): Promise<TestCart> {
  return cartOf(shop, [{ variantId, quantity }]);
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

/** A checkout of the cart: with a key of its own and a good card, unless told otherwise. */
export function checkOut(
  shop: Reachable,
  { cartId, owner }: TestCart,
  { key = crypto.randomUUID() as string, card = 'pm_card_visa' } = {},
): Promise<Answer> {
  return shop.call('/api/v1/checkout', {
    method: 'POST',
    ...owner,
    headers: { 'idempotency-key': key },
    body: checkoutBody(cartId, card),
  });
}

const MAX_TRIES = 5;
const UNAVAILABLE = 503;

/** As a shopper who is told to come back does: the same again, for on a busy machine a crowd takes longer than one waits. */
export async function checkOutPatiently(shop: Reachable, cart: TestCart): Promise<Answer> {
  const key: string = crypto.randomUUID();
  let answer = await checkOut(shop, cart, { key });
  for (let tries = 1; answer.status === UNAVAILABLE && tries < MAX_TRIES; tries += 1) {
    answer = await checkOut(shop, cart, { key });
  }
  return answer;
}
