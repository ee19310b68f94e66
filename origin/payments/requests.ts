/** Refunds and cancellations as they are asked for: whose they are, and one effect per Idempotency-Key. */

import type { StoredAnswer } from '#db/idempotency.ts';
import type { OrderId, RefundId } from '#lib/ids.ts';
import { type Minor, minor } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller, SignedIn } from '#origin/http/auth.ts';
import { once } from '#origin/http/idempotency.ts';
import { may } from '#origin/http/permissions.ts';
import { findOrder, noteOwner, orderById, requireOwn } from '#origin/orders/service.ts';
import { cancelOrder } from './cancel-order.ts';
import type { RefundBody } from './model.ts';
import { refundOrder } from './refunds.ts';

const OK = 200;

interface Asked<Body> {
  readonly orderId: OrderId;
  readonly idempotencyKey: string | undefined;
  readonly body: Body;
}

/**
 * For staff. Answers the order with the refund in it.
 * @throws {AppError} what {@link refundOrder} and the Idempotency-Key refuse; `invalid_input` for another currency
 */
export async function askRefund(
  deps: Deps,
  { userId: actorId, apiKeyId }: SignedIn,
  { orderId, idempotencyKey: key, body }: Asked<RefundBody>,
): Promise<StoredAnswer> {
  const order = await findOrder(deps.db, orderId);
  if (order === undefined) throw new AppError('order_not_found');
  const amount = amountOf(body, order.currency);
  const reason = body?.reason ?? '';
  const payload = { refundOf: orderId, amount, reason };
  return once<RefundId>(deps, { scope: `refund:${actorId}`, key, payload }, async (refundId) => {
    try {
      await refundOrder(deps, { orderId, refundId, amount, reason, actorId, apiKeyId });
    } finally {
      await noteOwner(deps, orderId);
    }
    return { status: OK, body: await orderById(deps.db, orderId) };
  });
}

function amountOf(body: RefundBody, currency: string): Minor | null {
  const amount = body?.amount;
  if (amount === undefined) return null;
  if (typeof amount === 'number') return minor(amount);
  if (amount.currency === currency) return minor(amount.amount);
  const message = `must be ${currency}, the order's currency`;
  throw new AppError('invalid_input', { errors: [{ path: '/amount/currency', message }] });
}

/**
 * For the order's owner, or staff. Answers the order as it is then.
 * @throws {AppError} what {@link cancelOrder} and the Idempotency-Key refuse
 */
export async function askCancellation(
  deps: Deps,
  caller: Caller,
  { orderId, idempotencyKey: key, body: reason }: Asked<string>,
): Promise<StoredAnswer> {
  const isStaff = caller.kind === 'user' && may(caller, 'orders:cancel-any');
  if (!isStaff) await requireOwn(deps.db, caller, orderId);
  const staff = isStaff ? { actorId: caller.userId, apiKeyId: caller.apiKeyId } : { actorId: null };
  const scope = `cancel:${caller.kind === 'user' ? caller.userId : orderId}`;
  const payload = { cancellationOf: orderId, reason };
  return once<RefundId>(deps, { scope, key, payload }, async (refundId) => {
    try {
      await cancelOrder(deps, { orderId, refundId, actor: isStaff ? 'staff' : 'shopper', reason, ...staff });
    } finally {
      await (isStaff ? noteOwner(deps, orderId) : deps.ownWrites.note(caller));
    }
    return { status: OK, body: await orderById(deps.db, orderId) };
  });
}
