/** Reviews by buyers who have really bought, and what becomes of them. */

import type { OriginUnderTest } from './origin.ts';
import { cartOf, checkOut, createProduct, type TestProduct } from './shopping.ts';

export interface Buyer {
  readonly token: string;
  readonly userId: string;
  readonly email: string;
  readonly orderId: string;
}

/** A new customer with a paid order of the product. */
export async function openBuyer(shop: OriginUnderTest, { variantId }: Pick<TestProduct, 'variantId'>) {
  const customer = await shop.signIn();
  const cart = await cartOf(shop, [{ variantId, quantity: 1 }], customer.token);
  const { body, status } = await checkOut(shop, cart);
  if (status !== 201) throw new Error(`checkout answered ${status}: ${JSON.stringify(body)}`);
  return { ...customer, orderId: String(body.id) } satisfies Buyer;
}

export const SAID = { rating: 4, title: 'Good', text: 'It holds.\nIt really does.', displayName: 'Ada' };

export function write(
  shop: Pick<OriginUnderTest, 'call'>,
  { productId }: Pick<TestProduct, 'productId'>,
  { token }: { readonly token: string },
  said: object = {},
) {
  const body = { productId, ...SAID, ...said };
  return shop.call('/api/v1/reviews', { method: 'POST', token, body });
}

export function decide(
  shop: Pick<OriginUnderTest, 'call'>,
  { id, version }: { readonly id: string; readonly version: number },
  moderator: string,
  reason?: string,
) {
  const decision = reason === undefined ? 'approve' : 'reject';
  const body = { decision, version, ...(reason === undefined ? {} : { reason }) };
  return shop.call(`/api/v1/reviews/${id}/decision`, { method: 'POST', token: moderator, body });
}

export interface Reviewed {
  readonly product: TestProduct;
  readonly buyer: Buyer;
  readonly moderator: string;
  readonly review: { readonly id: string; readonly version: number };
}

/** A product with one review, which is published. */
export async function openReviewed(shop: OriginUnderTest, said: object = {}): Promise<Reviewed> {
  const product = await createProduct(shop, { stock: 100 });
  const [buyer, { token: moderator }] = [await openBuyer(shop, product), await shop.signIn('admin')];
  const written = await write(shop, product, buyer, said);
  const { body: review, status } = await decide(shop, written.body, moderator);
  if (status !== 200) throw new Error(`approving answered ${status}: ${JSON.stringify(review)}`);
  return { product, buyer, moderator, review };
}

export async function publishedOf(shop: Pick<OriginUnderTest, 'call'>, productId: string, query = '') {
  const { body, status } = await shop.call(`/api/v1/products/${productId}/reviews${query}`);
  if (status !== 200) throw new Error(`the reviews answered ${status}: ${JSON.stringify(body)}`);
  return body;
}
