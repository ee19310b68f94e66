/** Scenes of what is bought, sent, reviewed and put aside, and of what carts are priced by. */

import { stockLocations } from '#db/schema/stock-locations.ts';
import type { StockLocationId } from '#lib/ids.ts';
import { pack, send } from './fulfilment.ts';
import { MAIN, sentFrom, transfer } from './locations.ts';
import type { Answer, Reachable } from './origin.ts';
import { askBack, asStaff } from './returns.ts';
import { cartOf, type Owner } from './shopping.ts';

interface Stage {
  readonly shop: Reachable;
  readonly variantId: string;
  readonly productId: string;
  readonly seller: { readonly token: string };
  readonly admin: { readonly token: string };
  must(answer: Answer): Answer['body'];
  /** A paid order of one unit; its id. */
  orderOf(owner: { readonly token: string }): Promise<string>;
  /** A variant of which there is none. */
  soldOut(): Promise<string>;
  /** Somebody who is new. */
  enrol(): Promise<{ readonly userId: string; readonly owner: { readonly token: string } }>;
}

type Scene = (person: { readonly owner: { readonly token: string } }) => Promise<Record<string, string>>;

/** By how the paths begin that name them; the first that fits counts. */
export function tradeScenes(stage: Stage): Readonly<Record<string, Scene>> {
  return {
    ...aside(stage),
    ...places(stage),
    ...goods(stage),
    ...voices(stage),
    ...wishes(stage),
    ...priceRules(stage),
  };
}

/** A location with some of what is sold; made past the limit that the fuzzer comes to soon. */
function places({ shop, variantId, seller, must, orderOf }: Stage): Readonly<Record<string, Scene>> {
  const stocked: Scene = async () => {
    const { db, ids } = shop.deps;
    const id = ids.next<StockLocationId>();
    await db.insert(stockLocations).values({ id, name: 'Fuzz', country: 'NL' });
    const product = { variantId, sellerToken: seller.token };
    must(await transfer(shop, product, { quantity: 5, to: id }));
    return { id, locationId: id, mainId: MAIN, fromLocationId: MAIN, toLocationId: id };
  };
  return {
    '/api/v1/stock-locations/{id}': stocked,
    '/api/v1/inventory/transfers': stocked,
    '/api/v1/inventory/adjustments': stocked,
    '/api/v1/sales/{orderId}/reroutes': async (person) => {
      const [place, orderId] = [await stocked(person), await orderOf(person.owner)];
      const { items } = must(await shop.call(`/api/v1/orders/${orderId}`, person.owner));
      const fromLocationId = await sentFrom(shop, orderId);
      const toLocationId = fromLocationId === place['id'] ? MAIN : (place['id'] ?? '');
      return { ...place, orderId, itemId: items[0].id, fromLocationId, toLocationId };
    },
  };
}

function aside({ shop, variantId, must }: Stage): Readonly<Record<string, Scene>> {
  return {
    '/api/v1/carts/{id}/saved': async ({ owner }) => {
      const { cartId } = await cartOf(shop, [{ variantId, quantity: 1 }], owner.token);
      const { items } = must(await shop.call(`/api/v1/carts/${cartId}`, owner));
      const [{ id: itemId }] = items;
      const path = `/api/v1/carts/${cartId}/items/${itemId}/save`;
      must(await shop.call(path, { method: 'POST', ...owner }));
      return { id: cartId, itemId };
    },
  };
}

const RETURN = '/api/v1/sales/{orderId}/returns/{returnId}';
const SHIPMENT = '/api/v1/sales/{orderId}/shipments/{shipmentId}';

function goods({ shop, seller, admin, must, orderOf }: Stage): Readonly<Record<string, Scene>> {
  const bought: Scene = async ({ owner }) => {
    const orderId = await orderOf(owner);
    const { items } = must(await shop.call(`/api/v1/orders/${orderId}`, owner));
    return { id: orderId, orderId, itemId: items[0].id };
  };
  const packed: Scene = async (person) => {
    const order = await bought(person);
    const items = [{ itemId: order['itemId'] ?? '', quantity: 1 }];
    const parcel = must(await pack(shop, order['orderId'] ?? '', seller.token, { items }));
    return { ...order, shipmentId: parcel.id };
  };
  const sent: Scene = async (person) => {
    const order = await bought(person);
    const unit = { itemId: order['itemId'] ?? '', quantity: 1 };
    return { ...order, shipmentId: await send(shop, order['orderId'] ?? '', seller.token, unit) };
  };
  const askedBack: Scene = async (person) => {
    const order = await sent(person);
    const { owner } = person;
    const unit = { itemId: order['itemId'] ?? '', quantity: 1 };
    const asked = must(await askBack(shop, { orderId: order['orderId'] ?? '', owner }, unit));
    return { ...order, returnId: asked.id };
  };
  const authorised: Scene = async (person) => {
    const asked = await askedBack(person);
    const named = { orderId: asked['orderId'] ?? '', returnId: asked['returnId'] ?? '' };
    must(await asStaff(shop, named, seller.token, 'authorise'));
    return asked;
  };
  const received: Scene = async (person) => {
    const named = await authorised(person);
    const body = { items: [{ itemId: named['itemId'], restock: 1 }] };
    const back = { orderId: named['orderId'] ?? '', returnId: named['returnId'] ?? '', body };
    must(await asStaff(shop, back, seller.token, 'receive'));
    return named;
  };
  const refunded: Scene = async (person) => {
    const order = await bought(person);
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const path = `/api/v1/orders/${order['orderId']}/refunds`;
    const { refunds } = must(
      await shop.call(path, { method: 'POST', ...admin, headers, body: { amount: 1 } }),
    );
    return { ...order, file: `${refunds[0].id}.pdf` };
  };
  return {
    '/api/v1/orders/{id}/credit-notes/{file}': refunded,
    '/api/v1/orders/{id}/edits': bought,
    [`${RETURN}/refund`]: received,
    [`${RETURN}/receive`]: authorised,
    [RETURN]: askedBack,
    [`${SHIPMENT}/deliver`]: sent,
    [SHIPMENT]: packed,
    '/api/v1/sales/{orderId}/shipments': bought,
    '/api/v1/orders/{id}/returns/{returnId}': askedBack,
    '/api/v1/orders/{id}/returns': sent,
  };
}

function voices({
  shop,
  productId,
  seller,
  admin,
  must,
  orderOf,
  enrol,
}: Stage): Readonly<Record<string, Scene>> {
  const reviewOf = async (owner: { readonly token: string }, buyer: Owner = owner) => {
    await orderOf(owner);
    const body = { productId, rating: 4, title: 'Title', text: 'Text', displayName: 'Somebody' };
    return must(await shop.call('/api/v1/reviews', { method: 'POST', ...buyer, body }));
  };
  const own: Scene = async ({ owner }) => ({ id: (await reviewOf(owner)).id });
  const shown: Scene = async () => {
    const { owner } = await enrol();
    const { id, version } = await reviewOf(owner);
    const body = { decision: 'approve', version };
    must(await shop.call(`/api/v1/reviews/${id}/decision`, { method: 'POST', ...admin, body }));
    return { id, reviewId: id };
  };
  return {
    '/api/v1/me/reviews/{id}': own,
    '/api/v1/reviews/{id}/decision': own,
    '/api/v1/reviews/{id}/reply': async () => {
      const review = await shown({ owner: seller });
      const body = { text: 'Thank you' };
      must(await shop.call(`/api/v1/reviews/${review['id']}/reply`, { method: 'POST', ...seller, body }));
      return review;
    },
    '/api/v1/review-reports': shown,
    '/api/v1/reviews': async ({ owner }) => ({ orderId: await orderOf(owner) }),
  };
}

function wishes({ shop, variantId, must, soldOut }: Stage): Readonly<Record<string, Scene>> {
  const listed: Scene = async ({ owner }) => {
    const body = { name: `Wishes ${crypto.randomUUID()}` };
    const { id } = must(await shop.call('/api/v1/wish-lists', { method: 'POST', ...owner, body }));
    const path = `/api/v1/wish-lists/${id}`;
    must(await shop.call(`${path}/items`, { method: 'POST', ...owner, body: { variantId } }));
    const { token } = must(await shop.call(`${path}/sharing`, { method: 'POST', ...owner }));
    const cart = must(await shop.call('/api/v1/carts', { method: 'POST', ...owner }));
    return { id, variantId, token, cartId: cart.id };
  };
  const waitedFor: Scene = async ({ owner }) => {
    const body = { variantId: await soldOut() };
    must(await shop.call('/api/v1/stock-notices', { method: 'POST', ...owner, body }));
    const { items } = must(await shop.call('/api/v1/me/stock-notices', owner));
    return { id: items[0].id };
  };
  return {
    '/api/v1/wish-lists/{id}': listed,
    '/api/v1/shared-wish-lists/{token}': listed,
    '/api/v1/me/stock-notices/{id}': waitedFor,
    '/api/v1/stock-notices': async () => ({ variantId: await soldOut() }),
  };
}

function priceRules({ shop, variantId, admin, must, enrol }: Stage): Readonly<Record<string, Scene>> {
  const rule =
    (path: string, body: () => object): Scene =>
    async () => {
      const { id, code } = must(
        await shop.call(`/api/v1/${path}`, { method: 'POST', ...admin, body: body() }),
      );
      return { id: id ?? code };
    };
  let made = 0;
  const unused = (letters: string) => {
    made += 1;
    return [...made.toString(26).padStart(2, '0')]
      .map((digit) => letters[Number.parseInt(digit, 26)])
      .join('');
  };
  const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const zone = rule('shipping-zones', () => ({ name: crypto.randomUUID(), areas: [] }));
  const group = rule('customer-groups', () => ({ name: crypto.randomUUID(), taxExempt: false }));
  return {
    '/api/v1/currencies/{id}': rule('currencies', () => ({
      code: `Q${unused(LETTERS)}`,
      taxInclusive: true,
    })),
    '/api/v1/customer-groups/{id}/members/{userId}': async (person) => {
      const [{ id = '' }, { userId }] = await Promise.all([group(person), enrol()]);
      const path = `/api/v1/customer-groups/${id}/members`;
      must(await shop.call(path, { method: 'POST', ...admin, body: { userId } }));
      return { id, userId };
    },
    '/api/v1/customer-groups/{id}/members': async (person) => ({
      ...(await group(person)),
      userId: (await enrol()).userId,
    }),
    '/api/v1/customer-groups/{id}': group,
    '/api/v1/prices/{id}': rule('prices', () => {
      made += 1;
      return { variantId, currency: 'GBP', kind: 'regular', price: 1, minQuantity: 1 + made };
    }),
    '/api/v1/tax-rates/{id}': rule('tax-rates', () => ({
      ...{ name: 'VAT', country: 'AQ', category: `c${unused(LETTERS).toLowerCase()}`, ratePpm: 1 },
    })),
    '/api/v1/shipping-zones/{id}': zone,
    '/api/v1/shipping-methods/{id}': rule('shipping-methods', () => ({
      ...{ name: 'Here', kind: 'pickup', currency: 'USD', steps: [{ from: 0, rate: 0 }] },
    })),
    '/api/v1/shipping-methods': async (person) => ({ zoneId: (await zone(person))['id'] ?? '' }),
    '/api/v1/discounts/{id}': rule('discounts', () => ({
      ...{ name: 'Less', code: `FUZZ${unused(LETTERS)}`, kind: 'percent', ppm: 100_000 },
    })),
  };
}
