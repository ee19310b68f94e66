/** Rules of pricing, as an admin makes them over the API. */

import type { Answer, OriginUnderTest, Reachable } from './origin.ts';
import { cartOf, type TestCart } from './shopping.ts';

export interface Merchant {
  readonly token: string;
  /** The rule as it is told. @throws when it was refused */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers by the shape that it expects and asserts.
  make(path: string, body: object): Promise<any>;
  ask(method: 'POST' | 'PATCH' | 'DELETE' | 'GET', path: string, body?: object): Promise<Answer>;
}

export async function openMerchant(shop: OriginUnderTest): Promise<Merchant> {
  const { token } = await shop.signIn('admin');
  const ask: Merchant['ask'] = (method, path, body) =>
    shop.call(`/api/v1/${path}`, { method, token, ...(body === undefined ? {} : { body }) });
  return {
    token,
    ask,
    make: async (path, body) => {
      const { status, body: made } = await ask('POST', path, body);
      if (status !== 201) throw new Error(`making one of ${path} answered ${JSON.stringify(made)}`);
      return made;
    },
  };
}

export interface Furnished {
  readonly zoneId: string;
  readonly methodId: string;
  readonly taxRateId: string;
}

/** Ships within the US for 4.90, and 8.875 % tax on goods and shipping in New York. */
export async function furnishPricing({ make }: Merchant): Promise<Furnished> {
  const zone = await make('shipping-zones', { name: 'US', areas: [{ country: 'US' }] });
  const method = await make('shipping-methods', {
    ...{ zoneId: zone.id, name: 'Parcel', kind: 'flat', currency: 'USD', steps: [{ from: 0, rate: 490 }] },
  });
  const rate = { name: 'Sales tax', country: 'US', region: 'NY', ratePpm: 88_750 };
  const tax = await make('tax-rates', { ...rate, category: 'standard' });
  await make('tax-rates', { ...rate, category: 'shipping' });
  return { zoneId: zone.id, methodId: method.id, taxRateId: tax.id };
}

export const NEW_YORK = { country: 'US', region: 'NY', postalCode: '10001' };

export function changeCart(shop: Reachable, { cartId, owner }: TestCart, body: object): Promise<Answer> {
  return shop.call(`/api/v1/carts/${cartId}`, { method: 'PATCH', ...owner, body });
}

/** What one of each costs in a new guest's cart, by variant; without those that are not sold. */
export async function costsInCart(
  where: Reachable,
  ids: readonly string[],
  code: string,
): Promise<Map<string, number>> {
  const cart = await cartOf(where, []);
  if (code !== 'USD') await changeCart(where, cart, { currency: code });
  const costs = new Map<string, number>();
  for (const variantId of ids) {
    const body = { variantId, quantity: 1 };
    const path = `/api/v1/carts/${cart.cartId}/items`;
    const { body: held } = await where.call(path, { method: 'POST', ...cart.owner, body });
    for (const item of held.items ?? []) costs.set(item.variantId, item.unitPrice.amount);
  }
  return costs;
}

export function enterCode(shop: OriginUnderTest, { cartId, owner }: TestCart, code: string): Promise<Answer> {
  return shop.call(`/api/v1/carts/${cartId}/codes`, { method: 'POST', ...owner, body: { code } });
}

/** A checkout to New York with the cart's quote of now, or with the given one. */
export async function buyQuoted(
  shop: OriginUnderTest,
  cart: TestCart,
  {
    quote,
    key = crypto.randomUUID() as string,
    card = 'pm_card_visa',
    to = NEW_YORK,
    email = 'guest@test.example',
  }: {
    readonly quote?: string;
    readonly key?: string;
    readonly card?: string;
    readonly to?: object;
    readonly email?: string;
  } = {},
): Promise<Answer> {
  const { body } = await shop.call(`/api/v1/carts/${cart.cartId}/quote`, cart.owner);
  return shop.call('/api/v1/checkout', {
    method: 'POST',
    ...cart.owner,
    headers: { 'idempotency-key': key },
    body: {
      cartId: cart.cartId,
      email,
      shippingAddress: { name: 'Guest', line1: '1 Test Street', city: 'Testville', ...to },
      paymentMethodId: card,
      quote: quote ?? body.token,
    },
  });
}

/** A cart that could be checked out to New York. */
export async function shippedCart(
  shop: OriginUnderTest,
  { methodId }: Furnished,
  lines: readonly { readonly variantId: string; readonly quantity: number }[],
  token?: string,
): Promise<TestCart> {
  const cart = await cartOf(shop, lines, token);
  const { status, body } = await changeCart(shop, cart, {
    destination: NEW_YORK,
    shippingMethodId: methodId,
  });
  if (status !== 200) throw new Error(`saying where a cart goes answered ${JSON.stringify(body)}`);
  return cart;
}

let codes = 0;

/** Ten per cent off everything, unless told otherwise. */
export async function makeCode({ make }: Merchant, rest: object = {}): Promise<{ code: string; id: string }> {
  codes += 1;
  const code = `CODE${codes}`;
  const { id } = await make('discounts', { name: 'Less', code, kind: 'percent', ppm: 100_000, ...rest });
  return { code, id };
}

/** Orders that a code counts, as an admin is told. */
export async function usesOf({ ask }: Merchant, id: string): Promise<number> {
  const { body } = await ask('GET', 'discounts?limit=100');
  return body.items.find((discount: { id: string }) => discount.id === id).uses;
}
