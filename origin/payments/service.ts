/**
 * The money path after the order is placed. There is one way to settle a payment, whoever brings the news:
 * the shopper's own request, Stripe's webhook or the reconciler. Only what is final at Stripe settles an order.
 */

import type { Transaction } from '#db/client.ts';
import { assert, present } from '#lib/assert.ts';
import type { OrderId, PaymentId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import { completeCart } from '#origin/cart/service.ts';
import { touchProductsOf } from '#origin/catalog/service.ts';
import type { Deps } from '#origin/deps.ts';
import { releaseStock } from '#origin/inventory/service.ts';
import {
  type Actor,
  findOrder,
  findOverdue,
  isOpen,
  lockOrder,
  type Move,
  moveOrder,
  type OrderTrigger,
  type OverdueOrder,
} from '#origin/orders/service.ts';
import type { Intent } from './gateway.ts';
import * as store from './store.ts';

export type { Intent } from './gateway.ts';

/** How many overdue orders one run of the reconciler takes at a time, and how many times. */
const RECONCILE_BATCH = 50;
const RECONCILE_MAX_BATCHES = 20;

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

/**
 * The id of the order's intent, created at Stripe and recorded here before anything can be charged to it.
 * @throws {AppError} `payments_unavailable`; `order_cancelled` when it was taken back meanwhile
 */
export async function ensureIntent(deps: Deps, orderId: OrderId): Promise<string> {
  const payment = present(await store.findPayment(deps.db, orderId), `the payment of order ${orderId}`);
  if (payment.stripePaymentIntentId !== null) return payment.stripePaymentIntentId;
  const order = present(await findOrder(deps.db, orderId), `order ${orderId}`);
  const { id } = await deps.payments.create({
    orderId,
    orderNumber: order.number,
    amount: payment.amountMinor,
    currency: payment.currency,
  });
  await deps.db.transaction(async (tx) => {
    const { status } = await lockOrder(tx, orderId);
    if (!isOpen(status)) throw new AppError('order_cancelled', { orderId });
    await store.updatePayment(tx, orderId, { stripePaymentIntentId: id });
  });
  return id;
}

/**
 * Makes an intent's news final and settles its order by it. A declined intent is cancelled first: from then
 * on nothing can charge it, and the stock may go back on the shelf. Returns the intent as it is afterwards.
 */
export async function settle(deps: Deps, orderId: OrderId, intent: Intent, actor: Actor): Promise<Intent> {
  const final = intent.state.kind === 'declined' ? await deps.payments.cancel(intent.id) : intent;
  const trigger = triggerOf(final);
  if (trigger === null) return final;
  const move = await deps.db.transaction(async (tx) => {
    const moved = await moveOrder(deps, tx, orderId, { trigger, actor });
    if (moved !== null) await recordMove(deps, tx, moved, final);
    return moved;
  });
  if (move !== null) countMove(deps, move, final);
  return final;
}

function triggerOf({ state }: Intent): OrderTrigger | null {
  switch (state.kind) {
    case 'succeeded':
      return 'payment_succeeded';
    case 'cancelled':
      return 'payment_failed';
    case 'requires_action':
      return 'action_required';
    case 'unconfirmed':
    case 'declined':
    case 'processing':
      return null;
  }
}

/** What goes with the order's move, in its transaction: the payment record, the stock, the cart. */
async function recordMove(deps: Deps, tx: Transaction, move: Move, intent: Intent): Promise<void> {
  const { order, to } = move;
  if (to === 'paid') {
    assert(
      intent.amount === order.totalMinor && intent.currency === order.currency,
      `intent ${intent.id} is not for the total of order ${order.id}`,
    );
    const card = intent.state.kind === 'succeeded' ? intent.state : { brand: null, lastFour: null };
    const capturedAt = deps.clock.now();
    await store.updatePayment(tx, order.id, {
      status: 'captured',
      stripePaymentIntentId: intent.id,
      brand: card.brand,
      lastFour: card.lastFour,
      capturedAt,
    });
    await completeCart(tx, order.cartId, capturedAt);
    return;
  }
  if (to === 'requires_action') {
    await store.updatePayment(tx, order.id, { status: 'requires_action' });
    return;
  }
  await store.updatePayment(tx, order.id, { status: 'failed', declineCode: declineCodeOfIntent(intent) });
  await giveBack(deps, tx, move);
}

async function giveBack(deps: Deps, tx: Transaction, { order, lines }: Move): Promise<void> {
  const backInStock = await releaseStock(tx, order.id, lines);
  await touchProductsOf(deps, tx, backInStock);
}

function declineCodeOfIntent({ state }: Intent): string | null {
  return state.kind === 'cancelled' ? state.declineCode : null;
}

function countMove({ metrics }: Deps, { order, to }: Move, intent: Intent): void {
  const labels = { currency: order.currency };
  if (to === 'paid') {
    metrics.count('orders_paid_total', labels);
    metrics.count('order_revenue_minor_total', labels, order.totalMinor);
  }
  if (to === 'payment_failed') {
    metrics.count('payments_failed_total', { reason: declineCodeOfIntent(intent) ?? 'expired' });
  }
}

/**
 * Ends an order for which nothing can have been charged, and gives its stock back. One whose intent was recorded
 * meanwhile is left alone: it may be charged.
 */
export async function abandon(deps: Deps, orderId: OrderId, actor: Actor): Promise<void> {
  await deps.db.transaction(async (tx) => {
    const { status } = await lockOrder(tx, orderId);
    const payment = await store.findPayment(tx, orderId);
    if (!isOpen(status) || payment?.stripePaymentIntentId !== null) return;
    const move = await moveOrder(deps, tx, orderId, { trigger: 'payment_abandoned', actor });
    if (move === null) return;
    await store.updatePayment(tx, orderId, { status: 'cancelled' });
    await giveBack(deps, tx, move);
  });
}

/** The decline code of a failed payment, for its answer. */
export async function declineCodeOf(deps: Deps, orderId: OrderId): Promise<string | null> {
  return (await store.findPayment(deps.db, orderId))?.declineCode ?? null;
}

export interface SignedWebhook {
  readonly rawBody: string;
  readonly signature: string;
  readonly secret: string;
}

/**
 * Takes Stripe's word for one of our intents. A webhook may be late, so for an open order Stripe is asked again;
 * a charge for an order that has ended without one is a bug that must be heard of, and fails.
 * @throws {AppError} `webhook_signature_invalid`
 */
export async function receiveWebhook(
  deps: Deps,
  { rawBody, signature, secret }: SignedWebhook,
): Promise<void> {
  const event = await deps.payments.readWebhook(rawBody, signature, secret, deps.clock.now());
  if (event?.kind !== 'intent') return;
  const { orderId } = event.intent;
  if (orderId === null) return;
  const order = await findOrder(deps.db, orderId);
  if (order === undefined) {
    deps.log.warn('a webhook names an order that is not here', { orderId, type: event.type });
    return;
  }
  const open = isOpen(order.status);
  if (!open && event.intent.state.kind !== 'succeeded') return;
  const intent = open ? await deps.payments.retrieve(event.intent.id) : event.intent;
  await settle(deps, orderId, intent, 'stripe');
  const { userId } = order;
  if (userId !== null) await deps.ownWrites.note({ kind: 'user', userId, role: 'shopper' });
}

/**
 * Ends orders whose payment is overdue: settles what Stripe has charged, cancels the rest. Run again and again
 * by a worker. One that cannot be ended keeps no other waiting. Returns how many it looked after.
 */
export async function reconcileOverdue(deps: Deps): Promise<number> {
  const now = deps.clock.now();
  let done = 0;
  let last: OverdueOrder | undefined;
  for (let batch = 0; batch < RECONCILE_MAX_BATCHES; batch += 1) {
    const overdue = await findOverdue(deps.db, now, RECONCILE_BATCH, last);
    for (const { id } of overdue) {
      const outcome = await reconcileOrReport(deps, id);
      if (outcome === 'stripe_gone') return done;
      if (outcome === 'done') done += 1;
    }
    last = overdue.at(-1);
    if (overdue.length < RECONCILE_BATCH) break;
  }
  return done;
}

async function reconcileOrReport(deps: Deps, orderId: OrderId): Promise<'done' | 'failed' | 'stripe_gone'> {
  try {
    await reconcile(deps, orderId);
    return 'done';
  } catch (error) {
    if (error instanceof AppError && error.code === 'payments_unavailable') return 'stripe_gone';
    deps.log.error('an overdue order could not be reconciled', { orderId, error });
    return 'failed';
  }
}

async function reconcile(deps: Deps, orderId: OrderId): Promise<void> {
  const payment = present(await store.findPayment(deps.db, orderId), `the payment of order ${orderId}`);
  const intentId = payment.stripePaymentIntentId;
  if (intentId === null) {
    await abandon(deps, orderId, 'reconciler');
    return;
  }
  await settle(deps, orderId, await deps.payments.cancel(intentId), 'reconciler');
}
