/** What there is to count of an order. */

import { present } from '#lib/assert.ts';
import type { OrderId } from '#lib/ids.ts';
import type { Currency, Minor } from '#lib/money.ts';
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
