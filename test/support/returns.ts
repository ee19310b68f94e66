/** Returns, as shoppers ask for them and staff takes them over HTTP. */

import type { Answer, Reachable } from './origin.ts';
import type { Owner } from './shopping.ts';

export interface Owned {
  readonly orderId: string;
  readonly owner: Owner;
}

export interface Unit {
  readonly itemId: string;
  readonly quantity: number;
  readonly replacementVariantId?: string;
}

/** Asks to send units of one line back. */
export function askBack(
  shop: Reachable,
  { orderId, owner }: Owned,
  unit: Unit,
  { key = crypto.randomUUID() as string, ...more }: { readonly key?: string; readonly note?: string } = {},
): Promise<Answer> {
  const headers = { 'idempotency-key': key };
  const body = { items: [unit], reason: 'damaged', ...more };
  return shop.call(`/api/v1/orders/${orderId}/returns`, { method: 'POST', ...owner, headers, body });
}

export interface Named {
  readonly orderId: string;
  readonly returnId: string;
  readonly body?: unknown;
}

export type StaffStep = 'authorise' | 'reject' | 'receive' | 'refund';

export function asStaff(shop: Reachable, named: Named, token: string, step: StaffStep): Promise<Answer> {
  const path = `/api/v1/sales/${named.orderId}/returns/${named.returnId}/${step}`;
  const body = named.body === undefined ? {} : { body: named.body };
  return shop.call(path, { method: 'POST', token, ...body });
}

export interface Came {
  readonly itemId: string;
  readonly restock?: number;
  readonly writeOff?: number;
  /** The stock location that it came to. */
  readonly locationId?: string;
}

/** What is to be asked for instead of the money. */
export interface Wanted {
  readonly replacementVariantId?: string;
}

/** Asked for, authorised and received; its id. */
export async function sendBack(
  shop: Reachable,
  owned: Owned,
  staff: string,
  { replacementVariantId, locationId, ...came }: Came & Wanted,
): Promise<string> {
  const { itemId, restock = 0, writeOff = 0 } = came;
  const instead = replacementVariantId === undefined ? {} : { replacementVariantId };
  const unit = { itemId, quantity: restock + writeOff, ...instead };
  const asked = await askBack(shop, owned, unit);
  if (asked.status !== 201) throw new Error(`asking to return answered ${JSON.stringify(asked.body)}`);
  const named = { orderId: owned.orderId, returnId: String(asked.body.id) };
  const at = locationId === undefined ? {} : { locationId };
  const body = { items: [came], ...at };
  await asStaff(shop, named, staff, 'authorise');
  const received = await asStaff(shop, { ...named, body }, staff, 'receive');
  if (received.status !== 200) throw new Error(`receiving answered ${JSON.stringify(received.body)}`);
  return named.returnId;
}
