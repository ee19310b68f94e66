/** The money path after the order is placed: what other features and the workers call. */

import type { OrderId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import type { Caller } from '#origin/http/auth.ts';
import { type Actor, type Order, orderById, requireOwn } from '#origin/orders/service.ts';
import type { Intent } from './gateway.ts';
import { settleAs } from './settle.ts';
import * as store from './store.ts';

export { cancelOrder } from './cancel-order.ts';
export { type OrderFigures, readDispute, readOrderFigures, readRefundAmount } from './figures.ts';
export type { Intent, NewIntent } from './gateway.ts';
export {
  abandon,
  createIntent,
  declineCodeOf,
  ensureIntent,
  openPayment,
  recordCovered,
} from './open-payment.ts';
export { bookMissingFees, reconcileOverdue, reconcileRefunds } from './reconcile.ts';
export { carryOut, carryOutOrWait, openRefund, refundOrder } from './refunds.ts';
export { receiveWebhook } from './webhooks.ts';

/** Takes an intent's news for its order, and returns the intent as it is afterwards; see {@link settleAs}. */
export async function settle(deps: Deps, orderId: OrderId, intent: Intent, actor: Actor): Promise<Intent> {
  return settleAs(deps, orderId, intent, { actor });
}

/**
 * The shopper is back from their bank, or wants to know: Stripe is asked how the payment stands.
 * @throws {AppError} `order_not_found`, `payments_unavailable`
 */
export async function refreshPayment(
  deps: Deps,
  caller: Caller,
  orderId: OrderId,
): Promise<Order & { readonly clientSecret: string | null }> {
  await requireOwn(deps.db, caller, orderId);
  const payment = await store.findPayment(deps.db, orderId);
  const intentId = payment?.stripePaymentIntentId ?? null;
  let clientSecret: string | null = null;
  if (intentId !== null && payment?.status !== 'captured') {
    const intent = await settle(deps, orderId, await deps.payments.retrieve(intentId), 'shopper');
    if (intent.state.kind === 'requires_action') ({ clientSecret } = intent.state);
    await deps.ownWrites.note(caller);
  }
  return { ...(await orderById(deps.db, orderId)), clientSecret };
}

/** Whether a charge that a person has to look at has gone back to the shopper, wholly. */
export async function isGivenBack(deps: Deps, paymentIntentId: string): Promise<boolean> {
  const [intent, refunds] = await Promise.all([
    deps.payments.retrieve(paymentIntentId),
    deps.payments.refundsOf(paymentIntentId),
  ]);
  const back = refunds.filter(({ state }) => state === 'succeeded').map(({ amount }) => amount);
  return back.reduce<number>((sum, amount) => sum + amount, 0) >= intent.amount;
}
