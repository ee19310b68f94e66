/**
 * Cancelling an order before its goods leave. One that waits for its payment is ended at Stripe first, so that
 * nothing can charge it any more; one that is paid gets back all that it may, and its stock returns.
 */

import { present } from '#lib/assert.ts';
import type { ApiKeyId, OrderId, RefundId, UserId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { unpackAll } from '#origin/fulfilment/service.ts';
import { balanceOf } from '#origin/ledger/service.ts';
import {
  type Actor,
  findOrder,
  hasStep,
  isCancellable,
  isOpen,
  isReplacement,
  lockOrder,
  moveOrder,
} from '#origin/orders/service.ts';
import { carryOutOrWait, openRefund } from './refunds.ts';
import { giveBack, recordCancellation, settleAs } from './settle.ts';
import * as store from './store.ts';

/** A payment may end while its order is being cancelled, once; what is found then has ended. */
const MAX_ROUNDS = 3;
const GOODS_LEFT = ['order.partially_fulfilled', 'order.fulfilled', 'order.delivered'];

export interface Cancellation {
  readonly orderId: OrderId;
  /** For what is given back, chosen beforehand: a repetition finds the refund of the first. */
  readonly refundId: RefundId;
  readonly actor: Actor;
  readonly actorId: UserId | null;
  readonly apiKeyId?: ApiKeyId | undefined;
  readonly reason: string;
}

/**
 * Cancels an order; one that is cancelled already stays so. What Stripe cannot give back at once stays pending.
 * @throws {AppError} `order_not_found`, `order_not_cancellable`, `payment_in_progress`, `payments_unavailable`
 */
export async function cancelOrder(deps: Deps, cancellation: Cancellation): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const order = await findOrder(deps.db, cancellation.orderId);
    if (order === undefined) throw new AppError('order_not_found');
    const hasEnded = isOpen(order.status)
      ? await cancelUnpaid(deps, cancellation)
      : await cancelPaid(deps, cancellation);
    if (hasEnded) return carryOutOrWait(deps, cancellation);
  }
  throw new AppError('payment_in_progress');
}

/** False: it has to be looked at again, for its payment has ended, one way or the other. */
async function cancelUnpaid(deps: Deps, cancellation: Cancellation): Promise<boolean> {
  const { orderId, actor, actorId, apiKeyId } = cancellation;
  const payment = present(await store.findPayment(deps.db, orderId), `the payment of order ${orderId}`);
  const intentId = payment.stripePaymentIntentId;
  if (intentId === null) return cancelUncharged(deps, cancellation);
  const intent = await deps.payments.cancel(intentId, 'requested_by_customer');
  const step = { actor, actorId, apiKeyId, detail: toldReason(cancellation) };
  const { state } = await settleAs(deps, orderId, intent, step);
  if (state.kind === 'processing') throw new AppError('payment_in_progress');
  return false;
}

/** There is no intent that could be charged. False when there is one after all. */
async function cancelUncharged(deps: Deps, cancellation: Cancellation): Promise<boolean> {
  const { orderId, actor, actorId } = cancellation;
  const detail = toldReason(cancellation);
  const isDone = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId);
    const payment = await store.findPayment(tx, orderId);
    if (!isOpen(order.status) || payment?.stripePaymentIntentId !== null) return false;
    const trigger = 'cancelled_by_request';
    const move = await moveOrder(deps, tx, order, { trigger, actor, actorId, detail });
    await store.updatePayment(tx, orderId, { status: 'cancelled' });
    await giveBack(deps, tx, present(move, `the cancellation of the open order ${orderId}`));
    await recordCancellation(tx, { order }, cancellation);
    return true;
  });
  if (isDone) deps.metrics.count('orders_cancelled_total', { actor });
  return isDone;
}

/**
 * The order ends and its refund is written down in one transaction: whatever is cut off after it, the reconciler
 * gives the money back. False when the order is open.
 */
async function cancelPaid(deps: Deps, cancellation: Cancellation): Promise<boolean> {
  const { orderId, refundId, reason, actor, actorId } = cancellation;
  const outcome = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId);
    if (order.status === 'cancelled') return 'cancelled_before';
    if (isOpen(order.status)) return 'open';
    const hasLeft = await hasStep(tx, orderId, { events: GOODS_LEFT });
    const mayCancel = isCancellable(order.status) && !isReplacement(order) && !hasLeft;
    if (!mayCancel) throw new AppError('order_not_cancellable', { orderStatus: order.status });
    const trigger = 'cancelled_by_request';
    const told = toldReason(cancellation);
    await moveOrder(deps, tx, order, { trigger, actor, actorId, detail: told });
    await unpackAll(tx, orderId);
    const { refundable } = await balanceOf(tx, orderId);
    if (refundable > 0) {
      await openRefund(deps, tx, order, { refundId, amount: refundable, reason, told, actor, actorId });
    }
    await recordCancellation(tx, { order }, cancellation);
    return 'cancelled';
  });
  if (outcome === 'cancelled') deps.metrics.count('orders_cancelled_total', { actor });
  return outcome !== 'open';
}

/** Nothing is taken out of the time line: a shopper's own words stand with the refund alone, until they are erased. */
function toldReason({ actor, reason }: Cancellation): string {
  return actor === 'shopper' ? '' : reason;
}
