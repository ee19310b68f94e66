/**
 * Disputes: a bank takes a charge back, and decides. They are written down with the money that moves, and told of;
 * nothing is ever refunded because of one.
 */

import type { Transaction } from '#db/client.ts';
import type { DisputeId } from '#lib/ids.ts';
import { formatMoney, money } from '#lib/money.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { recordMovement } from '#origin/ledger/service.ts';
import { lockOrder, noteStep, type OrderRow } from '#origin/orders/service.ts';
import type { StripeDispute } from './gateway.ts';
import { ensureCaptured } from './settle.ts';
import * as store from './store.ts';

/** Takes a dispute as Stripe has it at this moment, so that neither order nor number of its webhooks matters. */
export async function recordDispute(deps: Deps, stripeDisputeId: string): Promise<void> {
  const dispute = await deps.payments.retrieveDispute(stripeDisputeId);
  if (dispute === null) return;
  const payment = await store.findPaymentOfIntent(deps.db, dispute.intentId);
  if (payment === undefined) {
    deps.log.warn('a dispute is of no payment that is here', { stripeDisputeId });
    return;
  }
  await ensureCaptured(deps, payment, dispute.intentId);
  const { isNew, isEnd } = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, payment.orderId);
    const news = await writeDispute(deps, tx, { order, payment, dispute });
    await bookDispute(deps, tx, order, dispute);
    return news;
  });
  const { reason, status } = dispute;
  if (isNew) {
    deps.log.warn('a charge is disputed', { orderId: payment.orderId, stripeDisputeId, reason });
    deps.metrics.count('disputes_opened_total', { reason });
  }
  if (isEnd) deps.metrics.count('disputes_closed_total', { outcome: status });
}

interface Disputed {
  readonly order: OrderRow;
  readonly payment: store.PaymentRow;
  readonly dispute: StripeDispute;
}

/** One that is closed stays closed, whatever is told late. */
async function writeDispute(deps: Deps, tx: Transaction, { order, payment, dispute }: Disputed) {
  const { id: stripeDisputeId, amount: amountMinor, currency, reason, status, openedAt } = dispute;
  const before = await store.findDispute(tx, stripeDisputeId);
  const id = before?.id ?? deps.ids.next<DisputeId>();
  const isNew = before === undefined;
  const isEnd = dispute.isClosed && (before?.closedAt ?? null) === null;
  const closedAt = dispute.isClosed ? deps.clock.now() : null;
  if (isNew) {
    const paymentId = payment.id;
    const row = { id, paymentId, stripeDisputeId, amountMinor, reason, status, openedAt, closedAt };
    await store.insertDispute(tx, row);
  } else if (before.closedAt === null) {
    await store.updateDispute(tx, stripeDisputeId, { status, amountMinor, closedAt });
  }
  const data = { orderId: order.id, disputeId: id };
  if (isNew) {
    const detail = `${formatMoney(money(amountMinor, currency))}: ${reason}`;
    await noteStep(deps, tx, order.id, { event: 'dispute.opened', actor: 'stripe', detail });
    await emit(deps, tx, { name: 'dispute.opened', data });
  }
  if (isEnd) {
    await noteStep(deps, tx, order.id, { event: 'dispute.closed', actor: 'stripe', detail: status });
    await emit(deps, tx, { name: 'dispute.closed', data });
  }
  return { isNew, isEnd };
}

async function bookDispute(
  deps: Deps,
  tx: Transaction,
  { id: orderId }: OrderRow,
  { id: source, amount, currency, areFundsWithdrawn, areFundsReinstated, fees }: StripeDispute,
): Promise<void> {
  const movement = { orderId, source, amount, currency };
  if (areFundsWithdrawn) await recordMovement(deps, tx, { ...movement, kind: 'dispute' });
  if (areFundsReinstated) await recordMovement(deps, tx, { ...movement, kind: 'dispute_reversal' });
  for (const fee of fees) await recordMovement(deps, tx, { ...fee, orderId, kind: 'fee' });
}
