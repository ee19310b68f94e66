/** What there is to count and to tell of an order's money. */

import { present } from '#lib/assert.ts';
import type { DisputeId, OrderId, RefundId } from '#lib/ids.ts';
import { type Currency, type Minor, type Money, money } from '#lib/money.ts';
import type { Deps } from '#origin/deps.ts';
import * as store from './store.ts';

export interface OrderFigures {
  readonly currency: Currency;
  readonly totalMinor: Minor;
  /** Why its payment failed, in Stripe's words. */
  readonly declineCode: string | null;
}

export async function readOrderFigures({ db }: Deps, orderId: OrderId): Promise<OrderFigures> {
  const payment = present(await store.findPayment(db, orderId), `the payment of order ${orderId}`);
  return { currency: payment.currency, totalMinor: payment.amountMinor, declineCode: payment.declineCode };
}

export async function readRefundAmount({ db }: Deps, id: RefundId): Promise<Money> {
  const { amountMinor, currency } = present(await store.findRefund(db, id), `refund ${id}`);
  return money(amountMinor, currency);
}

export async function readDispute({ db }: Deps, id: DisputeId): Promise<{ amount: Money; status: string }> {
  const { amountMinor, currency, status } = present(await store.findDisputeById(db, id), `dispute ${id}`);
  return { amount: money(amountMinor, currency), status };
}
