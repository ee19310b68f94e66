/** What is exchanged: a product in colours, and an order of which two have left. */

import type { OrderId } from '#lib/ids.ts';
import { send } from './fulfilment.ts';
import type { OriginUnderTest } from './origin.ts';
import { CATEGORY, cartOf, checkOut, createProduct, type Owner } from './shopping.ts';

/** Of one seller: one that is bought, one that is as dear, a cheaper one and a dearer one. */
export async function makeColours(shop: OriginUnderTest, stock = 5) {
  const { token } = await shop.signIn('seller');
  await createProduct(shop);
  const variants = ['Red', 'Blue', 'Cheap', 'Dear'].map((colour, index) => ({
    ...{ optionValues: [colour], price: [1_000, 1_000, 600, 1_300][index] ?? 0, stock },
  }));
  const body = { name: 'Mug', category: CATEGORY, optionNames: ['Colour'], variants };
  const { body: product } = await shop.call('/api/v1/products', { method: 'POST', token, body });
  const [red, blue, cheap, dear] = product.variants.map(({ id }: { id: string }) => id as string);
  return { red, blue, cheap, dear } as Readonly<Record<'red' | 'blue' | 'cheap' | 'dear', string>>;
}

export interface Sent {
  readonly orderId: OrderId;
  readonly owner: Owner;
  readonly itemId: string;
}

/** Two red ones have left. */
export async function orderSent(
  shop: OriginUnderTest,
  admin: string,
  red: string,
  token?: string,
): Promise<Sent> {
  const cart = await cartOf(shop, [{ variantId: red, quantity: 2 }], token);
  const { body } = await checkOut(shop, cart);
  const itemId = body.items[0].id as string;
  await send(shop, body.id, admin, { itemId, quantity: 2 });
  return { orderId: body.id as OrderId, owner: cart.owner, itemId };
}

export const seenOrder = async (shop: OriginUnderTest, orderId: string, owner: Owner) =>
  (await shop.call(`/api/v1/orders/${orderId}`, owner)).body;
