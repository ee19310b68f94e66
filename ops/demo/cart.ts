/** How the demo's carts come to their price: where they go, how, and with which code. */

import type { Cart, Quote, ShippingEstimate } from './answers.ts';
import { DemoFailure, type Shop } from './shop.ts';
import { inWords, say } from './tell.ts';

export interface Destination {
  readonly country: string;
  readonly postalCode: string;
}

/** Of the ways that parcels go, the cheapest; or the dearest, which is the fastest. */
export type Wish = 'cheapest' | 'fastest';

/**
 * Says where the cart goes, and chooses how.
 * @returns the cart as it is then, or null where the shop names no ways of shipping, and then asks for none
 */
export async function chooseShipping(
  shop: Shop,
  cartId: string,
  { destination, wish }: { readonly destination: Destination; readonly wish: Wish },
): Promise<Cart | null> {
  await shop.patch<Cart>(`/carts/${cartId}`, { destination });
  const { body } = await shop.get<{ items: ShippingEstimate[] }>(`/carts/${cartId}/shipping`);
  const parcels = body.items
    .flatMap(({ price, ...way }) => (price === null || way.isPickup ? [] : [{ ...way, price }]))
    .toSorted((one, other) => one.price.amount - other.price.amount);
  const chosen = parcels.at(wish === 'cheapest' ? 0 : -1);
  if (chosen === undefined) return null;
  const { body: cart } = await shop.patch<Cart>(`/carts/${cartId}`, { shippingMethodId: chosen.id });
  const ways = body.items.map(
    ({ name, price }) => `${name} ${price === null ? '(no weight)' : inWords(price)}`,
  );
  say('ship', `to ${destination.country}: ${ways.join(', ')}; ${chosen.name} it is`);
  return cart;
}

/** False where the shop does not take the code: a merchant may have ended it. */
export async function enterCode(shop: Shop, cartId: string, code: string): Promise<boolean> {
  try {
    await shop.post(`/carts/${cartId}/codes`, { code });
    return true;
  } catch (error) {
    if (!(error instanceof DemoFailure) || error.code === null) throw error;
    say('code', `${code} is not good in this shop: ${error.code}`);
    return false;
  }
}

/** What the cart costs, on one line. */
export async function readQuote(shop: Shop, cartId: string): Promise<Quote> {
  const { body: quote } = await shop.get<Quote>(`/carts/${cartId}/quote`);
  for (const { name, code } of quote.discounts) say('code', `${code ?? 'no code'}: ${name}`);
  return quote;
}

export function sayTotal({ subtotal, discount, shipping, tax, total }: Quote): void {
  const parts = [`${inWords(subtotal)} - ${inWords(discount)}`, inWords(shipping), inWords(tax)].join(' + ');
  say('quote', `${parts} = ${inWords(total)}  (subtotal - discount + shipping + tax)`);
}
