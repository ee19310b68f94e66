/** Edits as they are asked for: whose the order is, and one effect for each Idempotency-Key. */

import type { StoredAnswer } from '#db/idempotency.ts';
import type { ShippingAddress } from '#db/schema/orders.ts';
import type { OrderEditId, OrderId, OrderLineId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { requireNamedOnce, unitsOf } from '#origin/fulfilment/service.ts';
import type { Caller, SignedIn } from '#origin/http/auth.ts';
import { once } from '#origin/http/idempotency.ts';
import { may } from '#origin/http/permissions.ts';
import { noteOwner, orderById, requireOrder, requireOwn } from '#origin/orders/service.ts';
import type { EditInput } from './model.ts';
import { editOrder } from './service.ts';

const OK = 200;

interface Asked {
  readonly orderId: OrderId;
  readonly key: string | undefined;
  readonly input: EditInput;
}

export function isStaffOfEdits(caller: Caller): caller is SignedIn {
  return caller.kind === 'user' && may(caller, 'orders:edit-any');
}

/**
 * For the order's owner, while nothing is packed, or staff. Answers the order as it is then.
 * @throws {AppError} what {@link editOrder} and the Idempotency-Key refuse; `invalid_input` where nothing is to change
 */
export async function askEdit(
  deps: Deps,
  caller: Caller,
  { orderId, key, input }: Asked,
): Promise<StoredAnswer> {
  const isStaff = isStaffOfEdits(caller);
  await (isStaff ? requireOrder(deps.db, orderId) : requireOwn(deps.db, caller, orderId));
  const { items = [], shippingAddress } = input;
  if (items.length === 0 && shippingAddress === undefined) throw nothingAsked();
  const wanted = items.map(({ itemId, quantity }) => ({ lineId: itemId as OrderLineId, quantity }));
  requireNamedOnce(wanted, await unitsOf(deps.db, orderId));
  const address = shippingAddress === undefined ? null : (shippingAddress as ShippingAddress);
  const by = isStaff
    ? ({ editor: 'staff', actorId: caller.userId, apiKeyId: caller.apiKeyId } as const)
    : ({ editor: 'shopper', actorId: null } as const);
  const scope = `edit:${caller.kind === 'user' ? caller.userId : orderId}`;
  return once<OrderEditId>(deps, { scope, key, payload: { editOf: orderId, input } }, async (editId) => {
    try {
      await editOrder(deps, { orderId, editId, wanted, address, ...by });
    } finally {
      await (isStaff ? noteOwner(deps, orderId) : deps.ownWrites.note(caller));
    }
    return { status: OK, body: await orderById(deps.db, orderId) };
  });
}

function nothingAsked(): AppError {
  const message = 'must say what is to change: items, or shippingAddress';
  return new AppError('invalid_input', { errors: [{ path: '/items', message }] });
}
