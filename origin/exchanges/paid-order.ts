/**
 * Replacements that come back. Nothing was charged for them: what paid for them is on an order before, where it goes back
 * to and where it pays for another.
 */

import type { Queryable, Transaction } from '#db/client.ts';
import type { OrderId, OrderLineId } from '#lib/ids.ts';
import { minor } from '#lib/money.ts';
import { type ChargedLine, lockOrder, type OrderRow } from '#origin/orders/service.ts';
import * as store from './store.ts';

export interface LockedWithPaid {
  readonly order: OrderRow;
  /** The one that was charged: the order itself, unless it is one by which replacements went out. */
  readonly paid: OrderRow;
}

/**
 * Both, the one that was charged first: whoever receives a return places the order of its replacements while they hold it.
 * @throws {AppError} `order_not_found`
 */
export async function lockWithPaid(tx: Transaction, id: OrderId): Promise<LockedWithPaid> {
  const paidId = await store.findPaidOrder(tx, id);
  if (paidId === undefined) {
    const order = await lockOrder(tx, id);
    return { order, paid: order };
  }
  const paid = await lockOrder(tx, paidId);
  return { order: await lockOrder(tx, id), paid };
}

/** The lines as they were charged: those of replacements by what pays for them. */
export async function asPaid<Line extends ChargedLine>(
  db: Queryable,
  orderId: OrderId,
  lines: readonly Line[],
  idOf: (line: Line) => OrderLineId,
): Promise<Line[]> {
  const worth = new Map((await store.findWorth(db, orderId)).map((each) => [each.lineId, each] as const));
  return lines.map((line) => {
    const own = worth.get(idOf(line));
    if (own === undefined) return line;
    const { pricedMinor, paidMinor } = own;
    // None is priced above what paid for it.
    return { ...line, lineTotalMinor: pricedMinor, taxMinor: minor(paidMinor - pricedMinor) };
  });
}
