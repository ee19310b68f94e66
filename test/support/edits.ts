/** Edits of orders, as their owners and staff ask for them over HTTP. */

import type { EventId, OrderId } from '#lib/ids.ts';
import { returnStock } from '#workers/handlers/return-stock.ts';
import { type BoughtLine, buyTwoLines } from './fulfilment.ts';
import type { Answer, OriginUnderTest, Reachable } from './origin.ts';
import type { Owner } from './shopping.ts';

export interface Edit {
  readonly items?: readonly { readonly itemId: string; readonly quantity: number }[];
  readonly shippingAddress?: object;
}

export function edit(
  shop: Reachable,
  { orderId, owner }: { readonly orderId: string; readonly owner: Owner },
  { key = crypto.randomUUID() as string, ...body }: Edit & { readonly key?: string },
): Promise<Answer> {
  const headers = { 'idempotency-key': key };
  return shop.call(`/api/v1/orders/${orderId}/edits`, { method: 'POST', ...owner, headers, body });
}

export interface BoughtForEdits {
  readonly orderId: OrderId;
  readonly owner: Owner;
  readonly first: BoughtLine;
  readonly second: BoughtLine;
}

/** A guest's paid order: three units at $10.00 and one at $7.00. */
export async function boughtOrder(shop: OriginUnderTest): Promise<BoughtForEdits> {
  const { orderId, cart, lines } = await buyTwoLines(shop);
  const [first, second] = lines;
  return { orderId: orderId as OrderId, owner: cart.owner, first, second };
}

/** In the same place as where test orders go. */
export const ADDRESS = {
  ...{ name: 'Guest', line1: '2 Other Street', city: 'Elsewhere' },
  ...{ postalCode: '54321', country: 'US' },
};

/** Hands an order's cancellation to the worker that puts its goods back. */
export async function takeCancellation({ deps }: Reachable, orderId: OrderId): Promise<void> {
  const event = { id: deps.ids.next<EventId>(), version: 1, occurredAt: '', traceparent: null };
  await returnStock.handle(deps, { ...event, name: 'order.cancelled', data: { orderId } });
}
