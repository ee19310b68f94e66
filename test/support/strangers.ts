/** A shop with things that belong to somebody, and callers to whom they do not belong. */

import { type Answer, type Call, type OriginUnderTest, TEST_PASSWORD } from './origin.ts';
import { login } from './sessions.ts';
import { cartOf, checkOut, createProduct, type Owner } from './shopping.ts';

/** What is a caller's alone: where it is, and who may. */
export interface Thing {
  readonly what: string;
  /** For the parameters of the path, by their names. */
  readonly ids: Readonly<Record<string, string>>;
  readonly owner: Pick<Call, 'token' | 'cartToken'>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Stranger {
  readonly who: 'a guest' | 'a guest with a cart' | 'another shopper' | 'another seller' | 'the admin';
  readonly role: 'guest' | 'shopper' | 'seller' | 'admin';
  readonly credentials: Pick<Call, 'token' | 'cartToken'>;
}

export interface World {
  readonly things: Readonly<Record<string, readonly Thing[]>>;
  readonly strangers: readonly Stranger[];
  readonly shopper: Owner;
  readonly seller: Owner;
  readonly admin: Owner;
  readonly ids: Readonly<Record<'cart' | 'variant' | 'product' | 'order' | 'user', string>>;
  /** Texts that nobody else may ever be told. */
  readonly marks: readonly string[];
}

const must = ({ status, body }: Answer) => {
  if (status >= 300) throw new Error(`furnishing the shop answered ${status}: ${JSON.stringify(body)}`);
  return body;
};

/** The first path that begins as the operation's does decides whose the object is. */
export async function furnish(shop: OriginUnderTest): Promise<World> {
  const product = await createProduct(shop, { stock: 50, name: 'Somebody’s Product' });
  const { variantId, productId, sellerToken, etag } = product;
  const line = [{ variantId, quantity: 1 }];
  const [shopper, bystander, admin] = [await shop.signIn(), await shop.signIn(), await shop.signIn('admin')];
  const cart = await cartOf(shop, line, shopper.token);
  const guestCart = await cartOf(shop, line);
  const bought = await cartOf(shop, line, shopper.token);
  const order = must(await checkOut(shop, bought));
  const guestBought = await cartOf(shop, line);
  const guestOrder = must(await checkOut(shop, guestBought));
  const card = must(
    await shop.call('/api/v1/payment-methods', {
      method: 'POST',
      token: shopper.token,
      body: { paymentMethodId: 'pm_card_visa' },
    }),
  );
  const key = must(
    await shop.call('/api/v1/api-keys', {
      method: 'POST',
      token: shopper.token,
      body: { password: TEST_PASSWORD, name: 'Somebody’s key', scopes: ['orders:read'], expiresInDays: 1 },
    }),
  );
  must(await login(shop, shopper.email));
  const [session] = must(await shop.call('/api/v1/me/sessions', { token: shopper.token })).items;
  const itemOf = async (cartId: string, owner: Owner) =>
    must(await shop.call(`/api/v1/carts/${cartId}`, owner)).items[0].id as string;
  const rules = await rulesOf(shop, { admin: admin.token, variantId, userId: bystander.userId });
  const seller = { token: sellerToken };
  const mine = { token: shopper.token };
  const things = {
    '/api/v1/products/{id}': [
      { what: 'a product', ids: { id: productId }, owner: seller, headers: { 'if-match': etag } },
    ],
    '/api/v1/inventory/{variantId}': [{ what: 'stock', ids: { variantId }, owner: seller }],
    '/api/v1/sales/{orderId}': [{ what: 'a sale', ids: { orderId: order.id }, owner: seller }],
    '/api/v1/carts/{id}': [
      {
        what: "a customer's cart",
        ids: { id: cart.cartId, code: 'NO-CODE', itemId: await itemOf(cart.cartId, mine) },
        owner: mine,
      },
      {
        what: "a guest's cart",
        ids: {
          id: guestCart.cartId,
          code: 'NO-CODE',
          itemId: await itemOf(guestCart.cartId, guestCart.owner),
        },
        owner: guestCart.owner,
      },
    ],
    '/api/v1/orders/{id}': [
      { what: "a customer's order", ids: { id: order.id }, owner: mine },
      { what: "a guest's order", ids: { id: guestOrder.id }, owner: guestBought.owner },
    ],
    '/api/v1/payment-methods/{id}': [{ what: 'a saved card', ids: { id: card.id }, owner: mine }],
    '/api/v1/api-keys/{id}': [{ what: 'an API key', ids: { id: key.id }, owner: mine }],
    '/api/v1/me/sessions/{id}': [{ what: 'a session', ids: { id: session.id }, owner: mine }],
    '/api/v1/users/{id}': [
      { what: 'an account', ids: { id: bystander.userId }, owner: { token: admin.token } },
    ],
  };
  return {
    things: { ...things, ...rules },
    strangers: await strangersOf(shop, admin.token),
    shopper: mine,
    seller,
    admin: { token: admin.token },
    ids: {
      ...{ cart: cart.cartId, variant: variantId, product: productId, order: order.id },
      user: bystander.userId,
    },
    marks: [
      ...[shopper.email, shopper.userId, cart.cartId, guestCart.cartId, guestCart.cartToken],
      ...[order.id, guestOrder.id, card.id, guestBought.cartToken, key.id, session.id],
      ...Object.values(rules).flatMap((each) => each.map(({ ids }) => ids['id'] ?? '')),
    ],
  };
}

/** One rule of each kind that carts are priced by: the admins'. The zone is nowhere, and so keeps nobody from buying. */
async function rulesOf(
  shop: OriginUnderTest,
  { admin: token, variantId, userId }: Readonly<Record<'admin' | 'variantId' | 'userId', string>>,
): Promise<World['things']> {
  const bodies: Readonly<Record<string, object>> = {
    currencies: { code: 'XTS', taxInclusive: true },
    'customer-groups': { name: 'Somebody’s group', taxExempt: false },
    prices: { variantId, currency: 'GBP', kind: 'regular', price: 1 },
    'tax-rates': { name: 'VAT', country: 'AQ', category: 'standard', ratePpm: 1 },
    'shipping-zones': { name: 'Nowhere', areas: [] },
    'shipping-methods': { name: 'Here', kind: 'pickup', currency: 'USD', steps: [{ from: 0, rate: 0 }] },
    discounts: { name: 'Less', code: 'WELCOME10', kind: 'percent', ppm: 100_000 },
  };
  const made = Object.entries(bodies).map(async ([path, body]) => {
    const { id, code } = must(await shop.call(`/api/v1/${path}`, { method: 'POST', token, body }));
    const ids = { id: id ?? code, userId };
    return [`/api/v1/${path}/{id}`, [{ what: `one of ${path}`, ids, owner: { token } }]] as const;
  });
  return Object.fromEntries(await Promise.all(made));
}

async function strangersOf(shop: OriginUnderTest, admin: string): Promise<Stranger[]> {
  const own = await createProduct(shop);
  const guestCart = await cartOf(shop, [{ variantId: own.variantId, quantity: 1 }]);
  const { token } = await shop.signIn();
  return [
    { who: 'a guest', role: 'guest', credentials: {} },
    { who: 'a guest with a cart', role: 'guest', credentials: { cartToken: guestCart.cartToken } },
    { who: 'another shopper', role: 'shopper', credentials: { token } },
    { who: 'another seller', role: 'seller', credentials: { token: own.sellerToken } },
    { who: 'the admin', role: 'admin', credentials: { token: admin } },
  ];
}
