/** Refunds, cancellations and disputes written as rows, with their counterparts at the Stripe double. */

import type postgres from 'postgres';
import type { DoubleUnderTest } from './stripe-double-client.ts';

interface Movement {
  readonly orderId: string;
  readonly kind: 'capture' | 'fee' | 'refund' | 'dispute';
  readonly source: string;
  /** The amount on each account. */
  readonly entries: Readonly<Record<string, number>>;
}

/** A ledger transaction, balanced or not. */
export async function bookMovement(sql: postgres.Sql, movement: Movement): Promise<void> {
  const { orderId, kind, source, entries } = movement;
  await sql.begin(async (tx) => {
    const id = crypto.randomUUID();
    await tx`insert into ledger_transactions (id, order_id, kind, source, currency, occurred_at)
             values (${id}, ${orderId}, ${kind}, ${source}, 'USD', now())`;
    for (const [account, amount] of Object.entries(entries)) {
      await tx`insert into ledger_entries values (${id}, ${account}, ${amount})`;
    }
  });
}

interface Paid {
  readonly payment_id: string;
  readonly intent_id: string;
  readonly amount: number;
}

async function paymentOf(sql: postgres.Sql, orderId: string): Promise<Paid> {
  const [row] = await sql<Paid[]>`
    select id as payment_id, stripe_payment_intent_id as intent_id, amount_minor::int as amount
      from payments where order_id = ${orderId}`;
  if (row === undefined) throw new Error(`order ${orderId} has no payment`);
  return row;
}

/** Captures that no code has booked. */
export async function bookCaptures(sql: postgres.Sql): Promise<void> {
  const missing = await sql<{ order_id: string }[]>`
    select order_id from payments where status = 'captured' and amount_minor > 0 and not exists (
      select 1 from ledger_transactions where source = stripe_payment_intent_id)`;
  for (const { order_id: orderId } of missing) {
    const { intent_id: source, amount } = await paymentOf(sql, orderId);
    await bookMovement(sql, {
      ...{ orderId, kind: 'capture', source },
      entries: { stripe_balance: amount, sales: -amount },
    });
  }
}

/** Gives back a part, or all. */
export async function giveBack(
  sql: postgres.Sql,
  { stripe }: DoubleUnderTest,
  orderId: string,
  part?: number,
): Promise<void> {
  const { payment_id, intent_id, amount: paid } = await paymentOf(sql, orderId);
  const [id, amount] = [crypto.randomUUID(), part ?? paid];
  const metadata = { refund_id: id };
  const refund = await stripe.refunds.create({ payment_intent: intent_id, amount, metadata });
  await sql`insert into refunds (id, payment_id, stripe_refund_id, status, amount_minor, created_at, settled_at)
            values (${id}, ${payment_id}, ${refund.id}, 'succeeded', ${amount}, now(), now())`;
  await bookMovement(sql, {
    ...{ orderId, kind: 'refund', source: refund.id },
    entries: { refunds: amount, stripe_balance: -amount },
  });
  await sql`
    with numbered as (
      insert into document_counters as c values ('credit_note', 1)
      on conflict (series) do update set last_number = c.last_number + 1 returning last_number)
    insert into documents (series, number, order_id, refund_id, seller_name, seller_address, seller_tax_id, issued_at)
    select 'credit_note', last_number, ${orderId}, ${id}, '', '', '', now() from numbered`;
  await sql`update orders set status = ${amount === paid ? 'refunded' : 'partially_refunded'}
             where id = ${orderId}`;
}

/** Takes a paid and sold order back: its money and its goods. */
export async function cancelPaid(sql: postgres.Sql, double: DoubleUnderTest, orderId: string): Promise<void> {
  await giveBack(sql, double, orderId);
  await sql`update orders set status = 'cancelled' where id = ${orderId}`;
  await sql`update inventory i set on_hand = on_hand + quantity
              from order_lines l where l.order_id = ${orderId} and l.variant_id = i.variant_id`;
  await sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta, order_id)
            select variant_id, 'return', quantity, 0, order_id from order_lines where order_id = ${orderId}`;
}

/** A bank takes an order's charge back, and has not decided. */
export async function dispute(sql: postgres.Sql, double: DoubleUnderTest, orderId: string): Promise<void> {
  const { payment_id, intent_id, amount } = await paymentOf(sql, orderId);
  await double.control('POST', `/payment_intents/${intent_id}/dispute`, {});
  const { data } = await double.stripe.disputes.list({ payment_intent: intent_id });
  const source = data[0]?.id ?? '';
  await sql`insert into disputes (id, payment_id, stripe_dispute_id, amount_minor, reason, status, opened_at)
            values (${crypto.randomUUID()}, ${payment_id}, ${source}, ${amount}, 'fraudulent', 'needs_response', now())`;
  await bookMovement(sql, {
    ...{ orderId, kind: 'dispute', source },
    entries: { disputes: amount, stripe_balance: -amount },
  });
}
