/**
 * There is one way to settle a payment, whoever brings the news: the shopper's own request, Stripe's webhook or the
 * reconciler. Only what is final at Stripe ends an order; money that came for no open order is never sent back by
 * itself, but reported for a person to look at.
 */

import type { Transaction } from '#db/client.ts';
import { inTrace } from '#db/trace-scope.ts';
import { present } from '#lib/assert.ts';
import { after, MINUTE_MS } from '#lib/clock.ts';
import type { OrderId } from '#lib/ids.ts';
import { beyondRequest } from '#origin/adapters/time-left.ts';
import { recordAct } from '#origin/audit-log/service.ts';
import { completeCart } from '#origin/cart/service.ts';
import { touchProductsOf } from '#origin/catalog/service.ts';
import { type Deps, emit } from '#origin/deps.ts';
import { releaseStock } from '#origin/inventory/service.ts';
import { recordMovement } from '#origin/ledger/service.ts';
import {
  extendDeadline,
  hasStep,
  isOpen,
  linesOf,
  lockOrder,
  type Move,
  moveOrder,
  noteStep,
  type OrderRow,
  type OrderTrigger,
  type Step,
} from '#origin/orders/service.ts';
import type { Intent, IntentState } from './gateway.ts';
import * as store from './store.ts';

/** How much longer an order waits, and its stock with it, while the bank is at work on its payment. */
const PROCESSING_EXTENSION_MS = 30 * MINUTE_MS;

/** An intent's news for an order, in the transaction that takes it, with the order locked. */
interface Settlement {
  readonly order: OrderRow;
  readonly payment: store.PaymentRow;
  readonly intent: Intent;
  readonly step: Step;
}

type Outcome = { readonly kind: 'moved'; readonly move: Move } | { readonly kind: 'stranded' } | null;

/**
 * Makes an intent's news final and settles its order by it. A declined intent is cancelled first: from then
 * on nothing can charge it, and the stock may go back on the shelf. Returns the intent as it is afterwards.
 */
export function settleAs(deps: Deps, orderId: OrderId, intent: Intent, step: Step): Promise<Intent> {
  return beyondRequest(() => settleWhole(deps, orderId, intent, step));
}

async function settleWhole(deps: Deps, orderId: OrderId, intent: Intent, step: Step): Promise<Intent> {
  const final = intent.state.kind === 'declined' ? await deps.payments.cancel(intent.id) : intent;
  if (final.state.kind === 'declined') {
    deps.log.error('a payment was declined, and cannot be cancelled: its order stays open', {
      orderId,
      paymentIntentId: final.id,
    });
  }
  if (final.state.kind === 'unconfirmed') return final;
  const { outcome, currency } = await deps.db.transaction(async (tx) => {
    const [order, found] = await Promise.all([lockOrder(tx, orderId), store.findPayment(tx, orderId)]);
    const payment = present(found, `the payment of order ${orderId}`);
    const settlement = { order, payment, intent: final, step };
    const outcome = await withinOrder(deps, order, () => take(deps, tx, settlement));
    return { outcome, currency: order.currency };
  });
  if (outcome?.kind === 'moved' && outcome.move.to === 'cancelled') {
    deps.metrics.count('orders_cancelled_total', { actor: step.actor });
  }
  if (outcome?.kind === 'stranded') {
    deps.log.error('money was taken for an order that had ended or was paid', {
      orderId,
      paymentIntentId: final.id,
    });
    deps.metrics.count('payments_stranded_total', { currency });
  }
  return final;
}

/** In the trace of the order's checkout, which goes on in whatever follows from its payment. */
function withinOrder<T>(deps: Deps, { traceparent }: OrderRow, work: () => Promise<T>): Promise<T> {
  return traceparent === null ? work() : inTrace(traceparent, deps.spans, work);
}

async function take(deps: Deps, tx: Transaction, settlement: Settlement): Promise<Outcome> {
  const { order, payment, intent, step } = settlement;
  const isOwn = payment.stripePaymentIntentId === null || payment.stripePaymentIntentId === intent.id;
  if (intent.state.kind === 'succeeded') return takeCapture(deps, tx, settlement, isOwn);
  // Another intent of the same order has charged nothing, and says nothing of the order's own.
  if (!isOwn) return null;
  if (intent.state.kind === 'processing') return keepOpen(deps, tx, settlement);
  const trigger = triggerOf(intent.state);
  if (trigger === null) return null;
  const move = await moveOrder(deps, tx, order, { trigger, ...step });
  if (move === null) return null;
  if (move.to === 'requires_action') {
    await store.updatePayment(tx, order.id, { status: 'requires_action' });
  } else {
    const status = move.to === 'cancelled' ? 'cancelled' : 'failed';
    await store.updatePayment(tx, order.id, { status, declineCode: declineCodeOfIntent(intent) });
    await giveBack(deps, tx, move);
  }
  if (move.to === 'cancelled') await recordCancellation(tx, move, step);
  return { kind: 'moved', move };
}

/** Of a member of staff; a shopper's own is no privilege. */
export async function recordCancellation(
  tx: Transaction,
  { order }: Pick<Move, 'order'>,
  { actorId = null, apiKeyId }: Pick<Step, 'actorId' | 'apiKeyId'>,
): Promise<void> {
  if (actorId === null) return;
  const object = { kind: 'order', id: order.id };
  await recordAct(
    tx,
    { userId: actorId, apiKeyId },
    {
      action: 'order.cancelled',
      object,
      changes: { from: order.status },
    },
  );
}

function triggerOf(state: IntentState): OrderTrigger | null {
  switch (state.kind) {
    case 'cancelled':
      return state.byRequest ? 'cancelled_by_request' : 'payment_failed';
    case 'requires_action':
      return 'action_required';
    case 'succeeded':
    case 'processing':
    case 'unconfirmed':
    case 'declined':
      return null;
  }
}

async function takeCapture(
  deps: Deps,
  tx: Transaction,
  settlement: Settlement,
  isOwn: boolean,
): Promise<Outcome> {
  const { order, payment, intent, step } = settlement;
  const isCaptured = payment.status === 'captured';
  if (isCaptured && isOwn) {
    if (payment.feeBookedAt === null) await bookFee(deps, tx, settlement);
    return null;
  }
  const fits = intent.amount === payment.amountMinor && intent.currency === payment.currency;
  const isExpected = isOwn && fits && !isCaptured;
  if (!(isExpected && isOpen(order.status))) return strand(deps, tx, settlement, isExpected);
  const [move] = await Promise.all([
    moveOrder(deps, tx, order, { trigger: 'payment_succeeded', ...step }),
    recordCapture(deps, tx, settlement),
    completeCart(tx, order.cartId, deps.clock.now()),
  ]);
  return { kind: 'moved', move: present(move, `the payment of the open order ${order.id}`) };
}

/** The payment's record and the ledger say that Stripe has the money. */
async function recordCapture(deps: Deps, tx: Transaction, settlement: Settlement): Promise<void> {
  const { order, intent } = settlement;
  const { id: source, amount, currency, state } = intent;
  const card = state.kind === 'succeeded' ? state : { brand: null, lastFour: null, fee: null };
  await Promise.all([
    store.recordCapture(tx, {
      orderId: order.id,
      intentId: source,
      brand: card.brand,
      lastFour: card.lastFour,
      capturedAt: deps.clock.now(),
      isFeeBooked: card.fee !== null,
    }),
    recordMovement(deps, tx, { kind: 'capture', orderId: order.id, source, amount, currency }),
    card.fee !== null && recordMovement(deps, tx, { kind: 'fee', orderId: order.id, ...card.fee }),
  ]);
}

async function bookFee(deps: Deps, tx: Transaction, { order, intent }: Settlement): Promise<void> {
  if (intent.state.kind !== 'succeeded' || intent.state.fee === null) return;
  await recordMovement(deps, tx, { kind: 'fee', orderId: order.id, ...intent.state.fee });
  await store.updatePayment(tx, order.id, { feeBookedAt: deps.clock.now() });
}

/** Told once, by the time line. What is the order's own charge is booked, so that staff can refund it. */
async function strand(
  deps: Deps,
  tx: Transaction,
  settlement: Settlement,
  isOwnCharge: boolean,
): Promise<Outcome> {
  const { order, intent, step } = settlement;
  const event = 'payment.stranded';
  if (await hasStep(tx, order.id, { events: [event], detail: intent.id })) return null;
  await noteStep(deps, tx, order.id, { event, actor: step.actor, detail: intent.id });
  await emit(deps, tx, { name: event, data: { orderId: order.id, paymentIntentId: intent.id } });
  if (isOwnCharge) await recordCapture(deps, tx, settlement);
  return { kind: 'stranded' };
}

/** The bank is at work: the order waits longer, and its stock stays reserved. */
async function keepOpen(deps: Deps, tx: Transaction, settlement: Settlement): Promise<Outcome> {
  const { order, payment, step } = settlement;
  if (!isOpen(order.status)) return null;
  await extendDeadline(tx, order.id, after(deps.clock.now(), PROCESSING_EXTENSION_MS));
  if (payment.status === 'processing') return null;
  await store.updatePayment(tx, order.id, { status: 'processing' });
  await noteStep(deps, tx, order.id, { event: 'order.payment_processing', actor: step.actor });
  const move = await moveOrder(deps, tx, order, { trigger: 'payment_processing', ...step });
  return move === null ? null : { kind: 'moved', move };
}

export async function giveBack(deps: Deps, tx: Transaction, { order }: Move): Promise<void> {
  const backInStock = await releaseStock(deps, tx, order.id, await linesOf(tx, order.id));
  await touchProductsOf(deps, tx, backInStock);
}

function declineCodeOfIntent({ state }: Intent): string | null {
  return state.kind === 'cancelled' ? state.declineCode : null;
}

/** What is to be known of a payment before its money can go back: that it was taken. */
export async function ensureCaptured(deps: Deps, payment: store.PaymentRow, intentId: string): Promise<void> {
  if (payment.status === 'captured') return;
  await settleAs(deps, payment.orderId, await deps.payments.retrieve(intentId), { actor: 'stripe' });
}
