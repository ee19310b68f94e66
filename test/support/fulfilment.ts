/** Parcels of orders, as staff make them over HTTP. */

import { sql } from 'drizzle-orm';
import type { OrderId } from '#lib/ids.ts';
import { lockOrder } from '#origin/orders/service.ts';
import { eventually } from './eventually.ts';
import type { Answer, Reachable } from './origin.ts';
import { cartOf, checkOut, createProduct, type TestCart, type TestProduct } from './shopping.ts';

export interface BoughtLine {
  readonly itemId: string;
  readonly product: TestProduct;
}

export interface BoughtOrder {
  readonly orderId: string;
  readonly cart: TestCart;
  readonly lines: readonly [BoughtLine, BoughtLine];
}

/** A paid order: two lines of two sellers, three units of the first and one of the second. */
export async function buyTwoLines(
  shop: Parameters<typeof createProduct>[0],
  token?: string,
): Promise<BoughtOrder> {
  const one = await createProduct(shop, { price: 1_000, name: 'First' });
  const other = await createProduct(shop, { price: 700, name: 'Second' });
  const wanted = [
    { variantId: one.variantId, quantity: 3 },
    { variantId: other.variantId, quantity: 1 },
  ];
  const cart = await cartOf(shop, wanted, token);
  const { body, status } = await checkOut(shop, cart);
  if (status !== 201) throw new Error(`checkout answered ${status}: ${JSON.stringify(body)}`);
  const lineOf = (product: TestProduct): BoughtLine => ({
    product,
    itemId: body.items.find(({ variantId }: { variantId: string }) => variantId === product.variantId).id,
  });
  return { orderId: body.id, cart, lines: [lineOf(one), lineOf(other)] };
}

export interface Packing {
  readonly items: readonly { readonly itemId: string; readonly quantity: number }[];
  readonly [tracking: string]: unknown;
}

export function pack(
  shop: Reachable,
  orderId: string,
  token: string,
  { key = crypto.randomUUID() as string, ...body }: Packing & { readonly key?: string },
): Promise<Answer> {
  const headers = { 'idempotency-key': key };
  return shop.call(`/api/v1/sales/${orderId}/shipments`, { method: 'POST', token, headers, body });
}

export type Step = 'ship' | 'deliver' | 'unpack';

export interface Stepping {
  readonly orderId: string;
  readonly shipmentId: string;
  readonly body?: unknown;
}

export function step(shop: Reachable, parcel: Stepping, token: string, name: Step): Promise<Answer> {
  const path = `/api/v1/sales/${parcel.orderId}/shipments/${parcel.shipmentId}/${name}`;
  const body = parcel.body === undefined ? {} : { body: parcel.body };
  return shop.call(path, { method: 'POST', token, ...body });
}

/** A parcel of these units that has left. */
export async function send(
  shop: Reachable,
  orderId: string,
  token: string,
  ...items: Packing['items']
): Promise<string> {
  const packed = await pack(shop, orderId, token, { items });
  if (packed.status !== 201) throw new Error(`packing answered ${JSON.stringify(packed.body)}`);
  const shipmentId = String(packed.body.id);
  const shipped = await step(shop, { orderId, shipmentId }, token, 'ship');
  if (shipped.status !== 200) throw new Error(`shipping answered ${JSON.stringify(shipped.body)}`);
  return shipmentId;
}

/** Two requests for one order that wait for it at the same time, the first one before the second. */
export async function inTurn(
  shop: Reachable,
  orderId: OrderId,
  first: () => Promise<Answer>,
  second: () => Promise<Answer>,
): Promise<[Answer, Answer]> {
  const { db } = shop.deps;
  const waiting = (count: number) =>
    eventually(`${count} wait for the order`, async () => {
      const [row] = await db.execute<{ count: number }>(sql`
        select count(*)::int as count from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`);
      return row?.count === count;
    });
  const [one, other] = await db.transaction(async (tx) => {
    await lockOrder(tx, orderId);
    const begun = first();
    await waiting(1);
    const after = second();
    await waiting(2);
    return [begun, after] as const;
  });
  return [await one, await other];
}
