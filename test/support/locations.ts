/** Stock at several locations, and orders that leave from them. */

import { sql } from 'drizzle-orm';
import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import { present } from '#lib/assert.ts';
import type { ShopEvent } from '#lib/events.ts';
import type { EventId, OrderId } from '#lib/ids.ts';
import { openAllocations } from '#origin/inventory/service.ts';
import { linesOf, lockOrder, toSell } from '#origin/orders/service.ts';
import type { Consumer } from '#workers/consumer.ts';
import { returnStock } from '#workers/handlers/return-stock.ts';
import { sellStock } from '#workers/handlers/sell-stock.ts';
import type { Answer, OriginUnderTest, Reachable } from './origin.ts';
import { cartOf, checkoutBody, createProduct, type TestCart, type TestProduct } from './shopping.ts';

export const MAIN: string = DEFAULT_LOCATION;

/** A new location; its id. */
export async function openLocation(shop: Reachable, token: string, more: object = {}): Promise<string> {
  const body = { name: `Location ${crypto.randomUUID().slice(0, 8)}`, country: 'NL', ...more };
  const answer = await shop.call('/api/v1/stock-locations', { method: 'POST', token, body });
  if (answer.status !== 201) throw new Error(`opening a location answered ${JSON.stringify(answer.body)}`);
  return answer.body.id;
}

export function changeLocation(shop: Reachable, token: string, id: string, body: object): Promise<Answer> {
  return shop.call(`/api/v1/stock-locations/${id}`, { method: 'PATCH', token, body });
}

export interface Transfer {
  readonly quantity: number;
  readonly from?: string;
  readonly to: string;
  readonly key?: string;
  readonly token?: string;
}

export function transfer(
  shop: Reachable,
  { variantId, sellerToken }: Pick<TestProduct, 'variantId' | 'sellerToken'>,
  { quantity, from = MAIN, to, key = crypto.randomUUID(), token = sellerToken }: Transfer,
): Promise<Answer> {
  const body = { variantId, quantity, fromLocationId: from, toLocationId: to };
  const headers = { 'idempotency-key': key };
  return shop.call('/api/v1/inventory/transfers', { method: 'POST', token, headers, body });
}

/** A product of which so many units lie at each location. */
export async function productAt(
  shop: OriginUnderTest,
  units: Readonly<Record<string, number>>,
): Promise<TestProduct> {
  const stock = Object.values(units).reduce((sum, each) => sum + each, 0);
  const product = await createProduct(shop, { stock });
  for (const [to, quantity] of Object.entries(units)) {
    if (to === MAIN || quantity === 0) continue;
    const moved = await transfer(shop, product, { quantity, to });
    if (moved.status !== 200) throw new Error(`a transfer answered ${JSON.stringify(moved.body)}`);
  }
  return product;
}

/** The location that sends the first line of an order, whose sale is written first where that is still to come. */
export async function sentFrom({ deps }: Reachable, orderId: string): Promise<string> {
  const id = orderId as OrderId;
  return deps.db.transaction(async (tx) => {
    const order = toSell(deps, await lockOrder(tx, id));
    const [first] = await openAllocations(tx, order, await linesOf(tx, id));
    return present(first, 'an allocation').locationId;
  });
}

/** How many units lie at each location that has some. */
export async function whereIs(shop: Reachable, { variantId, sellerToken }: TestProduct) {
  const { body } = await shop.call(`/api/v1/inventory/${variantId}`, { token: sellerToken });
  const places: readonly { readonly locationId: string; readonly onHand: number }[] = body.locations;
  return Object.fromEntries(
    places.filter(({ onHand }) => onHand > 0).map(({ locationId, onHand }) => [locationId, onHand]),
  );
}

export interface RoutedOrder {
  readonly orderId: string;
  readonly cart: TestCart;
  /** The ids of the lines, in the order of the products. */
  readonly items: readonly string[];
}

/** A paid order of one unit of each product, unless more is said, that goes to this address. */
export async function buy(
  shop: Reachable,
  lines: readonly (readonly [product: TestProduct, quantity: number])[],
  address: object = {},
): Promise<RoutedOrder> {
  const cart = await cartOf(
    shop,
    lines.map(([{ variantId }, quantity]) => ({ variantId, quantity })),
  );
  const body = checkoutBody(cart.cartId);
  const { body: order, status } = await shop.call('/api/v1/checkout', {
    ...{ method: 'POST', ...cart.owner, headers: { 'idempotency-key': crypto.randomUUID() } },
    body: { ...body, shippingAddress: { ...body.shippingAddress, ...address } },
  });
  if (status !== 201) throw new Error(`checkout answered ${status}: ${JSON.stringify(order)}`);
  const bought: readonly { readonly id: string; readonly variantId: string }[] = order.items;
  const items = lines.map(([{ variantId }]) => bought.find((each) => each.variantId === variantId)?.id ?? '');
  return { orderId: order.id, cart, items };
}

/** The worker hears that the order was paid, as often as it is said. */
export const sell = (shop: Reachable, orderId: string) => hear(shop, sellStock, orderId);
/** The worker hears that the order was cancelled. */
export const putBack = (shop: Reachable, orderId: string) => hear(shop, returnStock, orderId);

async function hear({ deps }: Reachable, consumer: Consumer, orderId: string): Promise<void> {
  const { filter: name } = consumer;
  const [row] = await deps.db.execute<{ id: EventId }>(sql`
    select id from outbox where name = ${name} and data ->> 'orderId' = ${orderId}`);
  if (row === undefined) throw new Error(`nobody was told ${name} of ${orderId}`);
  const occurredAt = new Date().toISOString();
  const event = { id: row.id, name, version: 1, occurredAt, traceparent: null, data: { orderId } };
  await consumer.handle(deps, event as ShopEvent);
}

export interface PlannedParcel {
  readonly locationId: string;
  readonly items: readonly { readonly itemId: string; readonly quantity: number }[];
}

/** What each location is yet to pack, by its id: how many units of each line. */
export async function planOf(shop: Reachable, token: string, orderId: string) {
  const { body } = await shop.call(`/api/v1/sales/${orderId}`, { token });
  const parcels: readonly PlannedParcel[] = body.plannedParcels;
  return Object.fromEntries(
    parcels.map(({ locationId, items }) => [
      locationId,
      Object.fromEntries(items.map(({ itemId, quantity }) => [itemId, quantity])),
    ]),
  );
}

export interface Reroute {
  readonly itemId: string;
  readonly quantity: number;
  readonly fromLocationId: string;
  readonly toLocationId: string;
}

export function reroute(
  shop: Reachable,
  token: string,
  orderId: string,
  { key = crypto.randomUUID() as string, ...body }: Reroute & { readonly key?: string },
): Promise<Answer> {
  const headers = { 'idempotency-key': key };
  return shop.call(`/api/v1/sales/${orderId}/reroutes`, { method: 'POST', token, headers, body });
}
