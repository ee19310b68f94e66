/**
 * Money that goes back. A refund's id is chosen and its amount taken off what is left before Stripe hears of it;
 * how it ends is told by Stripe's answer, a webhook or the reconciler, in any order, any number of times.
 */

import type { Transaction } from '#db/client.ts';
import type { ApiKeyId, OrderId, RefundId, UserId } from '#lib/ids.ts';
import { formatMoney, type Minor, money } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import { beyondRequest } from '#origin/adapters/time-left.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { returnUnpacked } from '#origin/fulfilment/service.ts';
import { balanceOf, recordMovement, unspentOf } from '#origin/ledger/service.ts';
import {
  type Actor,
  lockOrder,
  moveOrder,
  noteStep,
  type OrderRow,
  type Step,
} from '#origin/orders/service.ts';
import type { StripeRefund } from './gateway.ts';
import { ensureCaptured } from './settle.ts';
import * as store from './store.ts';

const BY_HAND = 'made at Stripe by hand';

export interface RefundRequest {
  readonly orderId: OrderId;
  /** Chosen beforehand: a repetition of the request finds the refund of the first. */
  readonly refundId: RefundId;
  /** Null for all that is left and pays for no replacement. */
  readonly amount: Minor | null;
  readonly reason: string;
  readonly actorId: UserId;
  readonly apiKeyId?: ApiKeyId | undefined;
}

/**
 * Gives an order's money back, in whole or in part. Until Stripe has answered the refund stays pending, and the
 * reconciler carries on.
 * @throws {AppError} `order_not_found`, `nothing_to_refund`, `refund_too_large`, `refund_refused`,
 * `payments_unavailable`
 */
export async function refundOrder(deps: Deps, request: RefundRequest): Promise<void> {
  const { orderId, refundId, reason, actorId, apiKeyId } = request;
  await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, orderId);
    if ((await store.findRefund(tx, refundId)) !== undefined) return;
    const { refundable } = await balanceOf(tx, orderId);
    if (refundable === 0) throw new AppError('nothing_to_refund');
    const amount = request.amount ?? (await unspentOf(tx, orderId));
    if (amount === 0) throw new AppError('nothing_to_refund');
    if (amount > refundable) {
      throw new AppError('refund_too_large', { refundable: money(refundable, order.currency) });
    }
    await openRefund(deps, tx, order, { refundId, amount, reason, actor: 'staff', actorId });
    await recordAct(
      tx,
      { userId: actorId, apiKeyId },
      {
        action: 'refund.requested',
        object: { kind: 'order', id: orderId },
        changes: { refundId, amountMinor: amount, currency: order.currency },
      },
    );
  });
  await carryOut(deps, refundId, 'staff');
}

export interface RefundToOpen {
  readonly refundId: RefundId;
  readonly amount: Minor;
  readonly reason: string;
  /** What the time line says of why, where that is not the reason. */
  readonly told?: string;
  readonly actor: Actor;
  readonly actorId: UserId | null;
}

/** Writes a refund that is yet to be made, in the transaction that has locked the order. */
export async function openRefund(
  deps: Deps,
  tx: Transaction,
  order: OrderRow,
  { refundId, amount, reason, told = reason, actor, actorId }: RefundToOpen,
): Promise<void> {
  const payment = await store.findPayment(tx, order.id);
  if (payment === undefined) throw new AppError('nothing_to_refund');
  const createdAt = deps.clock.now();
  await store.insertRefund(tx, {
    id: refundId,
    paymentId: payment.id,
    status: 'pending',
    amountMinor: amount,
    reason,
    createdAt,
  });
  const detail = detailOf(amount, order, told);
  await noteStep(deps, tx, order.id, { event: 'refund.requested', actor, actorId, detail });
}

/**
 * Has Stripe make a refund that is pending, and takes its answer.
 * @throws {AppError} `refund_refused`, `payments_unavailable`
 */
export function carryOut(deps: Deps, refundId: RefundId, actor: Actor): Promise<void> {
  return beyondRequest(() => makeRefund(deps, refundId, actor));
}

/** As {@link carryOut}, where what it is for stands whatever Stripe says; how the refund goes on is told by itself. */
export async function carryOutOrWait(
  deps: Deps,
  {
    orderId,
    refundId,
    actor,
  }: { readonly orderId: OrderId; readonly refundId: RefundId; readonly actor: Actor },
): Promise<void> {
  try {
    await carryOut(deps, refundId, actor);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    deps.log.warn('a refund has to wait', { orderId, refundId, error });
  }
}

async function makeRefund(deps: Deps, refundId: RefundId, actor: Actor): Promise<void> {
  const refund = await store.findRefund(deps.db, refundId);
  if (refund === undefined) return;
  if (refund.status === 'failed') throw new AppError('refund_refused');
  const { stripePaymentIntentId: intentId, amountMinor: amount } = refund;
  if (refund.status !== 'pending' || refund.stripeRefundId !== null || intentId === null) return;
  try {
    await settleRefund(deps, await deps.payments.refund({ refundId, intentId, amount }), { actor });
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'refund_refused')) throw error;
    await refuseRefund(deps, refund, { actor, detail: String(error.extras['reason'] ?? '') });
    throw error;
  }
}

/** What is known of how a refund stands. Without Stripe's id, Stripe would not even begin it. */
type Ending = Pick<StripeRefund, 'state' | 'failureReason'> & { readonly stripeRefundId: string | null };

async function refuseRefund(deps: Deps, refund: store.RefundToMake, step: Step): Promise<void> {
  const ending: Ending = { state: 'failed', failureReason: step.detail ?? '', stripeRefundId: null };
  const settled = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, refund.orderId);
    const current = await store.findRefund(tx, refund.id);
    return current === undefined ? null : endRefund(deps, tx, { order, refund: current, ending, step });
  });
  report(deps, settled);
}

/** Takes Stripe's word for a refund; one that was made there by hand is written down first. */
export async function settleRefund(deps: Deps, refund: StripeRefund, step: Step): Promise<void> {
  const payment = await store.findPaymentOfIntent(deps.db, refund.intentId);
  if (payment === undefined) {
    deps.log.warn('a refund is of no payment that is here', { stripeRefundId: refund.id });
    return;
  }
  await ensureCaptured(deps, payment, refund.intentId);
  const settled = await deps.db.transaction(async (tx) => {
    const order = await lockOrder(tx, payment.orderId);
    const known = { refundId: refund.refundId, stripeRefundId: refund.id };
    const row =
      (await store.findRefundOf(tx, payment.id, known)) ??
      (await store.insertRefund(tx, {
        id: deps.ids.next<RefundId>(),
        paymentId: payment.id,
        stripeRefundId: refund.id,
        status: 'pending',
        amountMinor: refund.amount,
        reason: BY_HAND,
        createdAt: deps.clock.now(),
      }));
    const { state, failureReason } = refund;
    const ending = { state, failureReason, stripeRefundId: refund.id };
    return endRefund(deps, tx, { order, refund: row, ending, step });
  });
  report(deps, settled);
}

/** How far a refund has come. Stripe may call one back that had succeeded; nothing follows on a failure. */
const PROGRESS = { pending: 0, succeeded: 1, failed: 2 } as const;

interface Settling {
  readonly order: OrderRow;
  readonly refund: store.RefundRow;
  readonly ending: Ending;
  readonly step: Step;
}

interface Settled {
  readonly order: OrderRow;
  readonly refund: store.RefundRow;
  readonly state: 'succeeded' | 'failed';
}

/** The refund's row, the ledger, the order and their news, together. Null when nothing of it is new. */
async function endRefund(deps: Deps, tx: Transaction, settling: Settling): Promise<Settled | null> {
  const { order, refund, ending, step } = settling;
  const { state, stripeRefundId } = ending;
  const isNews = PROGRESS[state] > PROGRESS[refund.status];
  if (!isNews || state === 'pending') {
    if (refund.stripeRefundId === null && stripeRefundId !== null) {
      await store.updateRefund(tx, refund.id, { stripeRefundId });
    }
    return null;
  }
  const id = refund.stripeRefundId ?? stripeRefundId;
  await store.updateRefund(tx, refund.id, {
    status: state,
    stripeRefundId: id,
    settledAt: deps.clock.now(),
  });
  const detail = detailOf(refund.amountMinor, order, ending.failureReason);
  await noteStep(deps, tx, order.id, { ...step, event: `refund.${state}`, detail });
  await emit(deps, tx, { name: `refund.${state}`, data: { orderId: order.id, refundId: refund.id } });
  if (id !== null) await bookRefund(deps, tx, settling, id);
  return { order, refund, state };
}

async function bookRefund(deps: Deps, tx: Transaction, settling: Settling, source: string): Promise<void> {
  const { order, refund, ending, step } = settling;
  const { id: orderId, currency } = order;
  const movement = { orderId, source, amount: refund.amountMinor, currency };
  if (ending.state === 'failed') {
    if (refund.status === 'succeeded') {
      await recordMovement(deps, tx, { ...movement, kind: 'refund_reversal' });
    }
    return;
  }
  await recordMovement(deps, tx, { ...movement, kind: 'refund' });
  const { paid, refunded } = await balanceOf(tx, orderId);
  const trigger = refunded >= paid ? 'refunded_in_full' : 'refunded_in_part';
  const move = await moveOrder(deps, tx, order, { ...step, trigger });
  if (move?.to === 'refunded') await returnUnpacked(deps, tx, order);
}

function report({ log, metrics }: Deps, settled: Settled | null): void {
  if (settled === null) return;
  const { order, refund, state } = settled;
  metrics.count('refunds_total', { currency: order.currency, outcome: state });
  if (state === 'succeeded') {
    metrics.count('refunded_minor_total', { currency: order.currency }, refund.amountMinor);
  } else {
    log.error('a refund failed: the money is still here', { orderId: order.id, refundId: refund.id });
  }
}

function detailOf(amount: Minor, { currency }: OrderRow, reason: string): string {
  const text = formatMoney(money(amount, currency));
  return reason === '' ? text : `${text}: ${reason}`;
}
