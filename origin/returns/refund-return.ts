/** The money of goods that came back: one refund for each return, on the way that every refund goes. */

import { type Minor, minor, money } from '#lib/money.ts';
import { AppError } from '#lib/problems.ts';
import type { Deps } from '#origin/deps.ts';
import { lockWithPaid } from '#origin/exchanges/service.ts';
import type { SignedIn } from '#origin/http/auth.ts';
import { balanceOf, unspentOf } from '#origin/ledger/service.ts';
import { carryOut, openRefund } from '#origin/payments/service.ts';
import { dueForAll, type ReturnName, requireOwnReturn, tell } from './service.ts';
import { nextReturnStatus } from './states.ts';
import * as store from './store.ts';

export interface ReturnRefund extends ReturnName {
  /** Null for all that was charged for what came, or for what is left of it and pays for no replacement. */
  readonly amount: Minor | null;
}

/**
 * What Stripe cannot give back at once stays pending, and the reconciler carries on. Again, it makes no other refund.
 * @throws {AppError} `order_not_found`, `return_not_found`, `return_step_refused`, also for another amount than that of
 * the first time; `nothing_to_refund`, `refund_too_large`, `refund_refused`, `payments_unavailable`
 */
export async function refundReturn(
  deps: Deps,
  staff: SignedIn,
  { amount, ...name }: ReturnRefund,
): Promise<void> {
  const { refundId, isNews } = await deps.db.transaction(async (tx) => {
    const { paid } = await lockWithPaid(tx, name.orderId);
    const row = await requireOwnReturn(tx, staff, name);
    const status = nextReturnStatus(row.status, 'refund');
    if (status === row.status) {
      if (amount !== null && amount !== row.refundMinor) throw new AppError('return_step_refused');
      return { refundId: row.refundId, isNews: false };
    }
    const due = dueForAll(await store.findReturnLines(tx, row.id));
    const { refundable } = await balanceOf(tx, paid.id);
    const most = minor(Math.min(due, refundable));
    if (most === 0) throw new AppError('nothing_to_refund');
    const refundMinor = amount ?? minor(Math.min(due, await unspentOf(tx, paid.id)));
    if (refundMinor === 0) throw new AppError('nothing_to_refund');
    if (refundMinor > most)
      throw new AppError('refund_too_large', { refundable: money(most, paid.currency) });
    const by = { actor: 'staff', actorId: staff.userId } as const;
    const refund = { refundId: row.refundId, amount: refundMinor, reason: 'return', ...by };
    await openRefund(deps, tx, paid, refund);
    await store.updateReturn(tx, row.id, { status, refundMinor, refundedAt: deps.clock.now() });
    await tell(deps, tx, { ...name, staff, news: 'return.refunded' });
    return { refundId: row.refundId, isNews: true };
  });
  if (isNews) deps.metrics.count('return_steps_total', { step: 'refund' });
  await carryOut(deps, refundId, 'staff');
}
