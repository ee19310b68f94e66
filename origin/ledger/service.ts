/**
 * Money that moved, by double entry. A movement is written in the transaction of the change that it belongs to,
 * once for its source, and what an order has paid and may get back is read from here alone.
 */

import type { Queryable, Transaction } from '#db/client.ts';
import type { LedgerTransactionId, OrderId } from '#lib/ids.ts';
import { type Currency, type Minor, minor } from '#lib/money.ts';
import type { Deps } from '#origin/deps.ts';
import * as store from './store.ts';

export { type Sums, sumsOf } from './store.ts';

/** Which account is debited and which is credited; what Stripe owes us is `stripe_balance`. */
const SIDES: Readonly<
  Record<store.LedgerKind, { readonly debit: store.LedgerAccount; readonly credit: store.LedgerAccount }>
> = {
  capture: { debit: 'stripe_balance', credit: 'sales' },
  fee: { debit: 'fees', credit: 'stripe_balance' },
  refund: { debit: 'refunds', credit: 'stripe_balance' },
  refund_reversal: { debit: 'stripe_balance', credit: 'refunds' },
  dispute: { debit: 'disputes', credit: 'stripe_balance' },
  dispute_reversal: { debit: 'stripe_balance', credit: 'disputes' },
};

export interface Movement {
  readonly kind: store.LedgerKind;
  readonly orderId: OrderId;
  /** Stripe's id of what moved the money. */
  readonly source: string;
  readonly amount: Minor;
  readonly currency: Currency;
}

/** Writes a movement. False when it is written already, or moves nothing. */
export async function recordMovement(deps: Deps, tx: Transaction, movement: Movement): Promise<boolean> {
  const { kind, orderId, source, amount, currency } = movement;
  if (amount === 0) return false;
  const { debit, credit } = SIDES[kind];
  return store.insertTransaction(tx, {
    id: deps.ids.next<LedgerTransactionId>(),
    orderId,
    kind,
    source,
    currency,
    occurredAt: deps.clock.now(),
    ...{ debit, credit, amountMinor: amount },
  });
}

/** In minor units of the order's currency. */
export interface Balance {
  readonly paid: Minor;
  readonly refunded: Minor;
  /** Withdrawn by banks and not given back. */
  readonly disputed: Minor;
  /** What a refund may come to at most: pending refunds and disputes are taken off. */
  readonly refundable: Minor;
}

/** Under the order's lock, the truth; without, what it was a moment ago. */
export async function balanceOf(db: Queryable, orderId: OrderId): Promise<Balance> {
  return toBalance(await store.sumAccounts(db, orderId));
}

/**
 * What is left of an order's money for a replacement, or for a refund that names no amount: what is refundable, less what
 * pays for replacements already. Under the order's lock, the truth.
 */
export async function unspentOf(db: Queryable, orderId: OrderId): Promise<Minor> {
  const { refundable } = await balanceOf(db, orderId);
  return minor(Math.max(0, refundable - (await store.sumExchanged(db, orderId))));
}

export function toBalance({ sales, refunds, disputes, pending }: store.Sums): Balance {
  const paid = minor(0 - sales);
  const [refunded, disputed] = [minor(refunds), minor(disputes)];
  const refundable = minor(Math.max(0, paid - refunded - pending - disputed));
  return { paid, refunded, disputed, refundable };
}
