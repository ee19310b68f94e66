/** A shop with things that belong to somebody, and callers to whom they do not belong. */

import { cartsOf } from './carting.ts';
import { pack, send } from './fulfilment.ts';
import { openLocation } from './locations.ts';
import { type Answer, type Call, type OriginUnderTest, TEST_PASSWORD } from './origin.ts';
import { askBack } from './returns.ts';
import { rulesOf } from './rules-of-admins.ts';
import { login } from './sessions.ts';
import { CATEGORY, cartOf, checkOut, createProduct, type Owner } from './shopping.ts';

const ENDPOINTS = '/api/v1/webhook-endpoints';

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
  readonly ids: Readonly<
    Record<'cart' | 'variant' | 'product' | 'order' | 'orderLine' | 'review' | 'user' | 'location', string>
  >;
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
  const bought = await cartOf(shop, [{ variantId, quantity: 2 }], shopper.token);
  const order = must(await checkOut(shop, bought));
  const guestBought = await cartOf(shop, line);
  const guestOrder = must(await checkOut(shop, guestBought));
  const [{ id: itemId }] = order.items;
  const unit = { itemId, quantity: 1 };
  await send(shop, order.id, sellerToken, unit);
  // Yet to be sent: afterwards there is no packing slip.
  const shipmentId = must(await pack(shop, order.id, sellerToken, { items: [unit] })).id;
  const guestUnit = { itemId: guestOrder.items[0].id, quantity: 1 };
  await send(shop, guestOrder.id, sellerToken, guestUnit);
  const own = { orderId: order.id, owner: { token: shopper.token } };
  const returnId = must(await askBack(shop, own, unit)).id;
  const guests = { orderId: guestOrder.id, owner: guestBought.owner };
  const guestReturnId = must(await askBack(shop, guests, guestUnit)).id;
  const file = await creditNoteOf(shop, order.id, admin.token);
  const guestFile = await creditNoteOf(shop, guestOrder.id, admin.token);
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
  const hooks = must(
    await shop.call(ENDPOINTS, {
      method: 'POST',
      token: admin.token,
      body: { url: 'https://hooks.example.com/somebody', eventTypes: ['order.paid'] },
    }),
  );
  const trial = must(
    await shop.call(`${ENDPOINTS}/${hooks.id}/test`, { method: 'POST', token: admin.token }),
  );
  const category = must(
    await shop.call('/api/v1/categories', {
      ...{ method: 'POST', token: admin.token, body: { name: 'Somebody’s', slug: 'somebodys' } },
    }),
  );
  const byRule = { match: 'all', conditions: [{ field: 'tag', value: 'somebodys' }] };
  must(
    await shop.call(`/api/v1/categories/${category.id}/rule`, {
      ...{ method: 'POST', token: admin.token, body: byRule },
    }),
  );
  const attribute = must(
    await shop.call('/api/v1/attributes', {
      ...{ method: 'POST', token: admin.token },
      body: { key: 'somebodys', name: 'Somebody’s', kind: 'choice', choices: ['all'] },
    }),
  );
  const location = await openLocation(shop, admin.token);
  must(await login(shop, shopper.email));
  const [session] = must(await shop.call('/api/v1/me/sessions', { token: shopper.token })).items;
  const itemOf = async (cartId: string, owner: Owner) =>
    must(await shop.call(`/api/v1/carts/${cartId}`, owner)).items[0].id as string;
  const rules = await rulesOf(shop, { admin: admin.token, variantId, userId: bystander.userId });
  const seller = { token: sellerToken };
  const mine = { token: shopper.token };
  const review = must(
    await shop.call('/api/v1/reviews', {
      method: 'POST',
      token: shopper.token,
      body: { productId, rating: 4, title: 'Title', text: 'Text', displayName: 'Somebody' },
    }),
  );
  const decision = { decision: 'approve', version: review.version };
  must(
    await shop.call(`/api/v1/reviews/${review.id}/decision`, {
      ...{ method: 'POST', token: admin.token, body: decision },
    }),
  );
  must(
    await shop.call('/api/v1/review-reports', {
      method: 'POST',
      token: bystander.token,
      body: { reviewId: review.id, complaint: 'spam' },
    }),
  );
  const wishes = must(
    await shop.call('/api/v1/wish-lists/items', {
      method: 'POST',
      token: shopper.token,
      body: { variantId },
    }),
  );
  const link = must(
    await shop.call(`/api/v1/wish-lists/${wishes.id}/sharing`, { method: 'POST', token: shopper.token }),
  );
  must(await shop.call('/api/v1/me/views', { method: 'POST', token: shopper.token, body: { productId } }));
  const soldOut = await createProduct(shop, { stock: 0 });
  must(
    await shop.call('/api/v1/stock-notices', {
      ...{ method: 'POST', token: shopper.token, body: { variantId: soldOut.variantId } },
    }),
  );
  const [notice] = must(await shop.call('/api/v1/me/stock-notices', { token: shopper.token })).items;
  const owners = await cartsOf(shop, { token: shopper.token, variantId });
  const things = {
    '/api/v1/me/reviews/{id}': [{ what: 'a review', ids: { id: review.id }, owner: mine }],
    '/api/v1/reviews/{id}/decision': [
      { what: 'a decision', ids: { id: review.id }, owner: { token: admin.token } },
    ],
    '/api/v1/reviews/{id}/reply': [{ what: 'an answer', ids: { id: review.id }, owner: seller }],
    '/api/v1/shared-wish-lists/{token}': [{ what: 'a link', ids: { token: link.token }, owner: {} }],
    '/api/v1/wish-lists/{id}': [{ what: 'a wish list', ids: { id: wishes.id, variantId }, owner: mine }],
    '/api/v1/me/stock-notices/{id}': [{ what: 'a notice', ids: { id: notice.id }, owner: mine }],
    '/api/v1/products/{id}/variants/{variantId}/prices': [await pricedOf(shop, seller)],
    '/api/v1/products/{id}/variants': [await optionsOf(shop, seller)],
    '/api/v1/products/{id}': [
      { what: 'a product', ids: { id: productId }, owner: seller, headers: { 'if-match': etag } },
    ],
    '/api/v1/merchant/products/{id}': [{ what: 'one’s own product', ids: { id: productId }, owner: seller }],
    '/api/v1/attributes/{key}': [
      { what: 'an attribute', ids: { key: attribute.key }, owner: { token: admin.token } },
    ],
    '/api/v1/categories/{id}': [
      { what: 'a category', ids: { id: category.id }, owner: { token: admin.token } },
    ],
    '/api/v1/inventory/{variantId}': [{ what: 'stock', ids: { variantId }, owner: seller }],
    '/api/v1/stock-locations/{id}': [
      { what: 'a stock location', ids: { id: location }, owner: { token: admin.token } },
    ],
    '/api/v1/sales/{orderId}': [
      { what: 'a sale', ids: { orderId: order.id, shipmentId, returnId }, owner: seller },
    ],
    ...owners,
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
      { what: "a customer's order", ids: { id: order.id, returnId, file }, owner: mine },
      {
        what: "a guest's order",
        ids: { id: guestOrder.id, returnId: guestReturnId, itemId: guestUnit.itemId, file: guestFile },
        owner: guestBought.owner,
      },
    ],
    '/api/v1/payment-methods/{id}': [{ what: 'a saved card', ids: { id: card.id }, owner: mine }],
    '/api/v1/api-keys/{id}': [{ what: 'an API key', ids: { id: key.id }, owner: mine }],
    '/api/v1/me/sessions/{id}': [{ what: 'a session', ids: { id: session.id }, owner: mine }],
    '/api/v1/webhook-endpoints/{id}': [
      {
        what: 'a webhook endpoint',
        ids: { id: hooks.id, deliveryId: trial.id },
        owner: { token: admin.token },
      },
    ],
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
      ...{ orderLine: itemId, review: review.id, user: bystander.userId, location },
    },
    marks: [
      ...[shopper.email, shopper.userId, cart.cartId, guestCart.cartId, guestCart.cartToken],
      ...[order.id, itemId, shipmentId, returnId, guestReturnId, guestOrder.id, card.id],
      ...[guestBought.cartToken, key.id, session.id],
      ...[hooks.id, trial.id, review.id, wishes.id, notice.id, location],
      ...Object.values(rules).flatMap((each) => each.map(({ ids }) => ids['id'] ?? '')),
    ],
  };
}

/** Of a refund that is only for there to be one. */
async function creditNoteOf(shop: OriginUnderTest, orderId: string, token: string): Promise<string> {
  const headers = { 'idempotency-key': crypto.randomUUID() };
  const path = `/api/v1/orders/${orderId}/refunds`;
  const { refunds } = must(await shop.call(path, { method: 'POST', token, headers, body: { amount: 1 } }));
  return `${refunds[0].id}.pdf`;
}

/** A product with a variant to spare. */
async function optionsOf(shop: OriginUnderTest, owner: { readonly token: string }): Promise<Thing> {
  const variants = ['Red', 'Cream'].map((colour) => ({ price: 1450, optionValues: [colour] }));
  const body = { name: 'Somebody’s Mug', category: CATEGORY, optionNames: ['Colour'], variants };
  const answer = await shop.call('/api/v1/products', { method: 'POST', ...owner, body });
  const { id, variants: made } = must(answer);
  const headers = { 'if-match': answer.headers.get('etag') ?? '' };
  return { what: 'a variant', ids: { id, variantId: made[0].id }, owner, headers };
}

/** A variant with a price in a price list. */
async function pricedOf(shop: OriginUnderTest, owner: { readonly token: string }): Promise<Thing> {
  const { ids } = await optionsOf(shop, owner);
  const path = `/api/v1/products/${ids['id']}/variants/${ids['variantId']}/prices`;
  const body = { currency: 'USD', kind: 'sale', price: 1200 };
  const { id: priceId } = must(await shop.call(path, { method: 'POST', ...owner, body }));
  return { what: 'a price', ids: { ...ids, priceId }, owner };
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
