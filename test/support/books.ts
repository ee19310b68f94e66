/** What must hold of stock, money and events whatever has happened: the books of the shop and of Stripe, compared. */

import { expect } from 'bun:test';
import { sql } from 'drizzle-orm';
import type { Database } from '#db/client.ts';
import { inventory } from '#db/schema/inventory.ts';
import { orders } from '#db/schema/orders.ts';
import { payments } from '#db/schema/payments.ts';
import type { Ledger } from '#ops/stripe-double/ledger.ts';
import type { OriginUnderTest } from './origin.ts';

/** Statuses of orders whose money the shop has taken, whatever has gone back since. */
const PAID = new Set(['paid', 'partially_fulfilled', 'fulfilled', 'partially_refunded', 'refunded']);

/** Stock is never negative nor promised twice, and the ledger explains every unit. */
async function stockInvariant(db: Database): Promise<void> {
  const breaches = await db.execute(sql`
    select i.variant_id, i.on_hand, i.reserved, l.on_hand as ledger_on_hand, l.reserved as ledger_reserved
      from inventory i
      left join (select variant_id, sum(on_hand_delta)::int as on_hand, sum(reserved_delta)::int as reserved
                   from stock_ledger group by variant_id) l using (variant_id)
     where i.on_hand < 0 or i.reserved < 0 or i.reserved > i.on_hand
        or i.on_hand <> coalesce(l.on_hand, 0) or i.reserved <> coalesce(l.reserved, 0)`);
  expect([...breaches]).toEqual([]);
}

/** Each order that is paid has one charge of its total at Stripe, no other order has any, and each is told of once. */
async function moneyInvariant({ deps: { db }, double }: OriginUnderTest): Promise<void> {
  const { entries } = await double.control<Ledger>('GET', '/ledger');
  const charged = new Map<string, number[]>();
  for (const { paymentIntent, totals } of entries) {
    const orderId = paymentIntent.metadata['order_id'] ?? 'no order';
    const captures = Array.from({ length: totals.successfulCharges }, () => totals.capturedMinor);
    charged.set(orderId, [...(charged.get(orderId) ?? []), ...captures]);
  }
  const rows = await db
    .select({ id: orders.id, status: orders.status, total: orders.totalMinor, payment: payments.status })
    .from(orders)
    .innerJoin(payments, sql`${payments.orderId} = ${orders.id}`);
  const told = await db.execute<{ order_id: string; times: number }>(sql`
    select data ->> 'orderId' as order_id, count(*)::int as times
      from outbox where name = 'order.paid' group by 1`);
  const timesTold = new Map(told.map(({ order_id, times }) => [order_id, times]));
  for (const { id, status, total, payment } of rows) {
    const isPaid = PAID.has(status) || (status === 'cancelled' && payment === 'captured');
    const found = {
      captures: charged.get(id) ?? [],
      payment: payment === 'captured',
      told: timesTold.get(id) ?? 0,
    };
    expect({ id, ...found }).toEqual({
      id,
      captures: isPaid ? [total] : [],
      payment: isPaid,
      told: isPaid ? 1 : 0,
    });
  }
}

/** The ledger says of each intent what Stripe says: captured, given back, disputed, and what was kept of it. */
async function ledgerInvariant({ deps: { db }, double }: OriginUnderTest): Promise<void> {
  const rows = await db.execute<{ intent: string; account: string; amount: number }>(sql`
    select p.stripe_payment_intent_id as intent, e.account, sum(e.amount_minor)::int as amount
      from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
      join payments p on p.order_id = t.order_id
     where p.fee_booked_at is not null group by 1, 2`);
  const booked = Map.groupBy(rows, ({ intent }) => intent);
  const { entries } = await double.control<Ledger>('GET', '/ledger');
  for (const { paymentIntent, totals } of entries) {
    const found = booked.get(paymentIntent.id);
    if (found === undefined) continue;
    const sumOf = (account: string) => found.find((row) => row.account === account)?.amount ?? 0;
    const id = paymentIntent.id;
    expect({ id, paid: 0 - sumOf('sales'), refunded: sumOf('refunds') }).toEqual({
      id,
      paid: totals.capturedMinor,
      refunded: totals.refundedMinor,
    });
    expect(found.reduce((sum, { amount }) => sum + amount, 0)).toBe(0);
  }
}

export async function checkBooks(shop: OriginUnderTest): Promise<void> {
  await stockInvariant(shop.deps.db);
  await moneyInvariant(shop);
  await ledgerInvariant(shop);
}

/** The stock of a variant as it is. */
export async function stockOf(db: Database, variantId: string) {
  const [row] = await db
    .select({ onHand: inventory.onHand, reserved: inventory.reserved })
    .from(inventory)
    .where(sql`${inventory.variantId} = ${variantId}`);
  return row;
}

/** The intent that Stripe holds for an order. */
export async function intentOf({ deps: { db } }: OriginUnderTest, orderId: string): Promise<string> {
  const [row] = await db
    .select({ id: payments.stripePaymentIntentId })
    .from(payments)
    .where(sql`${payments.orderId} = ${orderId}`);
  if (!row?.id) throw new Error(`order ${orderId} has no intent`);
  return row.id;
}

/** How many of an order's events of this name were written to the outbox. */
export async function toldTimes({ deps: { db } }: OriginUnderTest, name: string, orderId: string) {
  const [row] = await db.execute<{ times: number }>(sql`
    select count(*)::int as times from outbox where name = ${name} and data ->> 'orderId' = ${orderId}`);
  return row?.times ?? 0;
}
