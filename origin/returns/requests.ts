/** Returns as they are asked for: one for each Idempotency-Key, answered as the order's readers see them. */

import type { StoredAnswer } from '#db/idempotency.ts';
import type { OrderId, ReturnId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller } from '#origin/http/auth.ts';
import { once } from '#origin/http/idempotency.ts';
import { goodsOfOrder, noteOwner, type Return, requireOwn } from '#origin/orders/service.ts';
import type { ReturnInput } from './model.ts';
import { requestReturn } from './request-return.ts';
import { type ReturnName, withdrawReturn } from './service.ts';

const CREATED = 201;

interface AskedReturn {
  readonly orderId: OrderId;
  readonly key: string | undefined;
  readonly input: ReturnInput;
}

/** @throws {AppError} what {@link requestReturn} and the Idempotency-Key refuse */
export async function askReturn(
  deps: Deps,
  caller: Caller,
  { orderId, key, input }: AskedReturn,
): Promise<StoredAnswer> {
  await requireOwn(deps.db, caller, orderId);
  const scope = `return:${caller.kind === 'user' ? caller.userId : orderId}`;
  return once<ReturnId>(deps, { scope, key, payload: { returnOf: orderId, input } }, async (returnId) => {
    await requestReturn(deps, caller, { ...input, orderId, returnId });
    await deps.ownWrites.note(caller);
    return { status: CREATED, body: await oneReturn(deps, { orderId, returnId }) };
  });
}

export async function askWithdrawal(deps: Deps, caller: Caller, name: ReturnName): Promise<Return> {
  await withdrawReturn(deps, caller, name);
  await deps.ownWrites.note(caller);
  return oneReturn(deps, name);
}

/** What staff does, and the return as it is then. */
export async function asStaff(deps: Deps, name: ReturnName, work: Promise<void>): Promise<Return> {
  try {
    await work;
  } finally {
    await noteOwner(deps, name.orderId);
  }
  return oneReturn(deps, name);
}

async function oneReturn({ db }: Deps, { orderId, returnId }: ReturnName): Promise<Return> {
  const { returns } = await goodsOfOrder(db, orderId);
  const found = returns.find(({ id }) => id === returnId);
  if (found === undefined) throw new AppError('return_not_found');
  return found;
}
