/** Where orders go, sealed at rest; and where they went before that was changed. */

import type { ShippingAddress } from '#db/schema/orders.ts';
import { present } from '#lib/assert.ts';
import type { OrderEditId, OrderId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import * as store from './store.ts';

/** For the order of this id alone. Before its transaction, for nobody should wait for a cipher. */
export function sealAddress({ fields }: Deps, id: OrderId, address: ShippingAddress): Uint8Array {
  return fields.seal('shippingAddress', id, JSON.stringify(address));
}

/** The address of an order's row. @throws {SealBroken} */
export function openAddress(
  { fields }: Pick<Deps, 'fields'>,
  { id, shippingAddress }: Pick<store.OrderRow, 'id' | 'shippingAddress'>,
): ShippingAddress {
  return JSON.parse(fields.open('shippingAddress', id, shippingAddress)) as ShippingAddress;
}

/** Where the order went before an edit; null where that stayed, or is erased. @throws {SealBroken} */
export function openAddressBefore(
  { fields }: Pick<Deps, 'fields'>,
  { id, addressBefore }: { readonly id: OrderEditId; readonly addressBefore: Uint8Array | null },
): ShippingAddress | null {
  if (addressBefore === null) return null;
  return JSON.parse(fields.open('addressBefore', id, addressBefore)) as ShippingAddress;
}

/** For the edit of this id alone. */
export function sealAddressBefore({ fields }: Deps, id: OrderEditId, address: ShippingAddress): Uint8Array {
  return fields.seal('addressBefore', id, JSON.stringify(address));
}

/** Where the order was to go when it was placed, as far as that is still kept. */
export async function addressAtPlacing(deps: Deps, id: OrderId): Promise<ShippingAddress> {
  const before = await store.findFirstAddress(deps.db, id);
  const address = before === undefined ? null : openAddressBefore(deps, before);
  return address ?? openAddress(deps, present(await store.findOrder(deps.db, id), `order ${id}`));
}
