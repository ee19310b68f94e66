/**
 * What was left half-way is finished or undone, by asking Stripe how it stands. Run again and again by a worker,
 * any number of which may run. What cannot be finished keeps nothing else waiting.
 */

import type { Database } from '#db/client.ts';
import { present } from '#lib/assert.ts';
import { after, DAY_MS, MINUTE_MS } from '#lib/clock.ts';
import type { OrderId } from '#lib/ids.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { abandon } from './open-payment.ts';
import { carryOut, settleRefund } from './refunds.ts';
import { settleAs } from './settle.ts';
import * as store from './store.ts';

/** How many one run takes at a time, and how many times. */
const BATCH = 50;
const MAX_BATCHES = 20;
/** After so many in a row that Stripe did not answer for, it is taken to be gone, and asked no more in this run. */
const GONE_AFTER = 3;
/** Longer than any request is at work on a payment: what is older was left. */
const IDLE_MS = 5 * MINUTE_MS;
const REFUND_IDLE_MS = MINUTE_MS;
const FEE_IDLE_MS = MINUTE_MS;
/** Stripe books a charge within the hour; after a week a person has to look. */
const FEE_SOUGHT_MS = 7 * DAY_MS;

const BY_RECONCILER = { actor: 'reconciler' } as const;

type Done = 'done' | 'failed' | 'stripe_gone';

/** After which one this process goes on, where a run ended before it had been through; by database. */
type Places<Item> = WeakMap<Database, Item>;

const orderPlaces: Places<store.OpenPayment> = new WeakMap();
const refundPlaces: Places<store.RefundToMake> = new WeakMap();
const feePlaces: Places<store.Captured> = new WeakMap();

/**
 * Ends orders whose payment is overdue, and looks after those that nobody has been at work on for a while:
 * settles what Stripe has charged, cancels what nobody will confirm, and keeps open what the bank is at work on.
 * Returns how many it looked after.
 */
export async function reconcileOverdue(deps: Deps): Promise<number> {
  const now = deps.clock.now();
  const attention = { now, idleBefore: after(now, -IDLE_MS) };
  return inBatches(
    { db: deps.db, places: orderPlaces },
    (last) => store.findUnattended(deps.db, attention, BATCH, last),
    ({ orderId, deadline }) =>
      attempt(deps, { orderId }, () => reconcileOrder(deps, orderId, deadline.getTime() <= now.getTime())),
  );
}

async function reconcileOrder(deps: Deps, orderId: OrderId, isOverdue: boolean): Promise<void> {
  const payment = present(await store.findPayment(deps.db, orderId), `the payment of order ${orderId}`);
  const intentId = payment.stripePaymentIntentId;
  if (intentId === null) return abandon(deps, orderId, 'reconciler');
  const intent = await deps.payments.retrieve(intentId);
  const waits = isOverdue ? ['requires_action', 'unconfirmed'] : ['unconfirmed'];
  const current = waits.includes(intent.state.kind) ? await deps.payments.cancel(intentId) : intent;
  await settleAs(deps, orderId, current, BY_RECONCILER);
  await store.updatePayment(deps.db, orderId, { checkedAt: deps.clock.now() });
}

/** Finishes refunds that wait: makes those that Stripe does not know, and hears how the others ended. */
export async function reconcileRefunds(deps: Deps): Promise<number> {
  const before = after(deps.clock.now(), -REFUND_IDLE_MS);
  return inBatches(
    { db: deps.db, places: refundPlaces },
    (last) => store.findPendingRefunds(deps.db, before, BATCH, last),
    (refund) => attempt(deps, { refundId: refund.id }, () => reconcileRefund(deps, refund)),
  );
}

/** Stripe is asked first: it forgets the key under which a refund was made after a day. */
async function reconcileRefund(deps: Deps, refund: store.RefundToMake): Promise<void> {
  const intentId = present(refund.stripePaymentIntentId, `the intent of refund ${refund.id}`);
  const known = await deps.payments.refundsOf(intentId);
  const found = known.find(({ id, refundId }) => id === refund.stripeRefundId || refundId === refund.id);
  if (found === undefined) await carryOut(deps, refund.id, 'reconciler');
  else await settleRefund(deps, found, BY_RECONCILER);
}

/** Books what Stripe keeps of charges that it had not booked yet when they were made. */
export async function bookMissingFees(deps: Deps): Promise<number> {
  const now = deps.clock.now();
  const until = after(now, -FEE_IDLE_MS);
  const since = after(now, -FEE_SOUGHT_MS);
  return inBatches(
    { db: deps.db, places: feePlaces },
    (last) => store.findWithoutFee(deps.db, { from: last?.capturedAt ?? since, to: until }, BATCH),
    ({ orderId }) =>
      attempt(deps, { orderId }, async () => {
        const payment = await store.findPayment(deps.db, orderId);
        const intentId = payment?.stripePaymentIntentId ?? null;
        if (intentId === null) return;
        await settleAs(deps, orderId, await deps.payments.retrieve(intentId), BY_RECONCILER);
      }),
  );
}

/**
 * From where the last run ended, or from the beginning. The next run goes on after the first of those that ended this one:
 * however many Stripe keeps failing for, each run gets past one more, and none that it would answer for is left out.
 */
async function inBatches<Item>(
  { db, places }: { readonly db: Database; readonly places: Places<Item> },
  next: (last: Item | undefined) => Promise<readonly Item[]>,
  work: (item: Item) => Promise<Done>,
): Promise<number> {
  let done = 0;
  let last = places.get(db);
  places.delete(db);
  let unanswered: Item[] = [];
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const items = await next(last);
    for (const item of items) {
      const outcome = await work(item);
      if (outcome === 'done') done += 1;
      unanswered = outcome === 'stripe_gone' ? [...unanswered, item] : [];
      const [first] = unanswered;
      if (first === undefined || unanswered.length < GONE_AFTER) continue;
      places.set(db, first);
      return done;
    }
    last = items.at(-1);
    if (items.length < BATCH) break;
  }
  return done;
}

async function attempt(
  deps: Deps,
  what: Readonly<Record<string, string>>,
  work: () => Promise<void>,
): Promise<Done> {
  try {
    await work();
    return 'done';
  } catch (error) {
    if (error instanceof AppError && error.code === 'payments_unavailable') {
      deps.log.warn('stripe does not answer for what was left half-way', what);
      return 'stripe_gone';
    }
    deps.log.error('what was left half-way could not be finished', { ...what, error });
    return 'failed';
  }
}
