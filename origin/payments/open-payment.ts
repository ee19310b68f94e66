/** The beginning of a payment: its record, its one intent at Stripe, and its end when it has none. */

import type { Transaction } from '#db/client.ts';
import { present } from '#lib/assert.ts';
import type { OrderId, PaymentId } from '#lib/ids.ts';
import { minor } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { type Actor, isOpen, lockOrder, moveOrder } from '#origin/orders/service.ts';
import type { NewIntent } from './gateway.ts';
import { giveBack } from './settle.ts';
import * as store from './store.ts';

/** The order's payment record, in the transaction that places the order. */
export async function openPayment(
  deps: Deps,
  tx: Transaction,
  {
    orderId,
    amount: amountMinor,
    currency,
  }: Pick<store.PaymentRow, 'orderId' | 'currency'> & {
    readonly amount: store.PaymentRow['amountMinor'];
  },
): Promise<void> {
  const id = deps.ids.next<PaymentId>();
  const createdAt = deps.clock.now();
  await store.insertPayment(tx, { id, orderId, status: 'pending', amountMinor, currency, createdAt });
}

/** The payment of an order that costs nothing: Stripe hears nothing of it, and nothing is owed. */
export async function recordCovered(
  deps: Deps,
  tx: Transaction,
  { orderId, currency }: Pick<store.PaymentRow, 'orderId' | 'currency'>,
): Promise<void> {
  await openPayment(deps, tx, { orderId, amount: minor(0), currency });
  const now = deps.clock.now();
  await store.updatePayment(tx, orderId, { status: 'captured', capturedAt: now, feeBookedAt: now });
}

/**
 * The id of the order's intent, created where there is none. Null when the order does not wait for its payment.
 * @throws {AppError} what {@link createIntent} does
 */
export async function ensureIntent(deps: Deps, orderId: OrderId): Promise<string | null> {
  const payable = present(await store.findPayable(deps.db, orderId), `the payment of order ${orderId}`);
  if (!isOpen(payable.orderStatus)) return null;
  if (payable.stripePaymentIntentId !== null) return payable.stripePaymentIntentId;
  const { orderNumber, amountMinor: amount, currency } = payable;
  return createIntent(deps, { orderId, orderNumber, amount, currency });
}

/**
 * Creates the order's intent at Stripe and records it here before anything can be charged to it. Returns its id.
 * @throws {AppError} `payments_unavailable`, `total_not_chargeable`; `order_cancelled` when the order was taken back meanwhile
 */
export async function createIntent(deps: Deps, intent: NewIntent): Promise<string> {
  const { orderId } = intent;
  const { id } = await deps.payments.create(intent);
  if (!(await store.recordIntent(deps.db, orderId, id))) throw new AppError('order_cancelled', { orderId });
  return id;
}

/**
 * Ends an order for which nothing can have been charged, and gives its stock back. One whose intent was recorded
 * meanwhile is left alone: it may be charged.
 */
export async function abandon(deps: Deps, orderId: OrderId, actor: Actor): Promise<void> {
  const isEnded = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId);
    const payment = await store.findPayment(tx, orderId);
    if (!isOpen(order.status) || payment?.stripePaymentIntentId !== null) return false;
    const move = await moveOrder(deps, tx, order, { trigger: 'payment_abandoned', actor });
    if (move === null) return false;
    await store.updatePayment(tx, orderId, { status: 'cancelled' });
    await giveBack(deps, tx, move);
    return true;
  });
  if (isEnded) deps.metrics.count('orders_cancelled_total', { actor });
}

/** The decline code of a failed payment, for its answer. */
export async function declineCodeOf(deps: Deps, orderId: OrderId): Promise<string | null> {
  return (await store.findPayment(deps.db, orderId))?.declineCode ?? null;
}
