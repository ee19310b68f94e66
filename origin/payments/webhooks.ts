/** Stripe's webhooks: believed when signed, in any order, any number of times, and never more than a hint to ask. */

import type { OrderId } from '#lib/ids.ts';
import type { Deps } from '#origin/deps.ts';
import { findOrder, isOpen } from '#origin/orders/service.ts';
import { recordDispute } from './disputes.ts';
import type { Intent, News } from './gateway.ts';
import { settleRefund } from './refunds.ts';
import { settleAs } from './settle.ts';
import * as store from './store.ts';

export interface SignedWebhook {
  readonly rawBody: string;
  readonly signature: string;
  readonly secret: string;
}

const BY_STRIPE = { actor: 'stripe' } as const;

/**
 * Takes what Stripe tells. It may be late, so Stripe is asked how things stand wherever that could matter.
 * @throws {AppError} `webhook_signature_invalid`; `payments_unavailable`, and Stripe tells it again
 */
export async function receiveWebhook(
  deps: Deps,
  { rawBody, signature, secret }: SignedWebhook,
): Promise<void> {
  const news = await deps.payments.readWebhook(rawBody, signature, secret, deps.clock.now());
  if (news !== null) await take(deps, news);
}

async function take(deps: Deps, news: News): Promise<void> {
  switch (news.kind) {
    case 'intent':
      return takeIntent(deps, news.intent);
    case 'charge':
      return takeCharge(deps, news);
    case 'refund':
      await settleRefund(deps, news.refund, BY_STRIPE);
      return noteOwner(deps, news.refund.intentId);
    case 'dispute':
      return recordDispute(deps, news.disputeId);
  }
}

async function takeIntent(deps: Deps, { id, orderId, state }: Intent): Promise<void> {
  if (orderId === null) return;
  const order = await findOrder(deps.db, orderId);
  if (order === undefined) {
    deps.log.warn('a webhook names an order that is not here', { orderId, paymentIntentId: id });
    return;
  }
  if (!isOpen(order.status)) {
    if (state.kind !== 'succeeded' || (await isSettled(deps, orderId, id))) return;
  }
  await settleAs(deps, orderId, await deps.payments.retrieve(id), BY_STRIPE);
  if (order.userId !== null) {
    await deps.ownWrites.note({ kind: 'user', userId: order.userId, role: 'shopper' });
  }
}

/** Whether there is nothing left to learn of the intent. */
async function isSettled(deps: Deps, orderId: OrderId, intentId: string): Promise<boolean> {
  const payment = await store.findPayment(deps.db, orderId);
  return payment?.stripePaymentIntentId === intentId && payment.feeBookedAt !== null;
}

const TELLS_OF_REFUNDS: ReadonlySet<string> = new Set(['charge.refunded']);
const TELLS_OF_FEES: ReadonlySet<string> = new Set(['charge.updated', 'charge.captured']);

async function takeCharge(
  deps: Deps,
  { type, intentId }: Extract<News, { readonly kind: 'charge' }>,
): Promise<void> {
  const payment = await store.findPaymentOfIntent(deps.db, intentId);
  if (payment === undefined) return;
  if (TELLS_OF_FEES.has(type) && payment.status === 'captured' && payment.feeBookedAt === null) {
    await settleAs(deps, payment.orderId, await deps.payments.retrieve(intentId), BY_STRIPE);
  }
  if (TELLS_OF_REFUNDS.has(type)) {
    for (const refund of await deps.payments.refundsOf(intentId)) {
      await settleRefund(deps, refund, BY_STRIPE);
    }
    await noteOwner(deps, intentId);
  }
}

/** The order's owner reads what has just been written of it. */
async function noteOwner(deps: Deps, intentId: string): Promise<void> {
  const payment = await store.findPaymentOfIntent(deps.db, intentId);
  const order = payment === undefined ? undefined : await findOrder(deps.db, payment.orderId);
  const userId = order?.userId ?? null;
  if (userId !== null) await deps.ownWrites.note({ kind: 'user', userId, role: 'shopper' });
}
