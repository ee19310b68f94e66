/** Every query of the ledger. Its rows are only ever added. */

import { inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { ledgerEntries, ledgerTransactions } from '#db/schema/ledger.ts';
import { payments, refunds } from '#db/schema/payments.ts';
import type { OrderId } from '#lib/ids.ts';
import { type Minor, minor } from '#lib/money.ts';

export type LedgerKind = (typeof ledgerTransactions.$inferSelect)['kind'];
export type LedgerAccount = (typeof ledgerEntries.$inferSelect)['account'];

/** False when money of this kind has moved from this source before. */
export async function insertTransaction(
  tx: Transaction,
  transaction: typeof ledgerTransactions.$inferInsert,
  entries: readonly { readonly account: LedgerAccount; readonly amountMinor: Minor }[],
): Promise<boolean> {
  const { id, orderId, kind, source, currency, occurredAt } = transaction;
  const values = sql.join(
    entries.map(({ account, amountMinor }) => sql`(${account}::ledger_account, ${amountMinor}::bigint)`),
    sql`, `,
  );
  // One statement: this lies on the way of every payment.
  const rows = await tx.execute(sql`
    with moved as (
      insert into ledger_transactions (id, order_id, kind, source, currency, occurred_at)
      values (${id}, ${orderId}, ${kind}, ${source}, ${currency}, ${occurredAt.toISOString()}::timestamptz)
      on conflict (kind, source) do nothing returning id)
    insert into ledger_entries (transaction_id, account, amount_minor)
    select moved.id, entry.account, entry.amount
      from moved, (values ${values}) as entry (account, amount) returning 1`);
  return rows.length > 0;
}

export interface Sums {
  readonly orderId: OrderId;
  readonly sales: Minor;
  readonly refunds: Minor;
  readonly disputes: Minor;
}

/** Of each order that money has moved for, what its accounts come to. */
export async function sumAccounts(db: Queryable, orderIds: readonly OrderId[]): Promise<Sums[]> {
  const sumOf = (account: LedgerAccount) =>
    sql<string>`coalesce(sum(${ledgerEntries.amountMinor}) filter (where ${ledgerEntries.account} = ${account}), 0)`;
  const rows = await db
    .select({
      orderId: ledgerTransactions.orderId,
      sales: sumOf('sales'),
      refunds: sumOf('refunds'),
      disputes: sumOf('disputes'),
    })
    .from(ledgerTransactions)
    .innerJoin(ledgerEntries, sql`${ledgerEntries.transactionId} = ${ledgerTransactions.id}`)
    .where(inArray(ledgerTransactions.orderId, [...orderIds]))
    .groupBy(ledgerTransactions.orderId);
  return rows.map((row) => ({
    orderId: row.orderId,
    sales: minor(Number(row.sales)),
    refunds: minor(Number(row.refunds)),
    disputes: minor(Number(row.disputes)),
  }));
}

/** What is on its way back and not in the ledger yet. */
export async function sumPendingRefunds(
  db: Queryable,
  orderIds: readonly OrderId[],
): Promise<{ readonly orderId: OrderId; readonly pending: Minor }[]> {
  const rows = await db
    .select({ orderId: payments.orderId, pending: sql<string>`sum(${refunds.amountMinor})` })
    .from(refunds)
    .innerJoin(payments, sql`${payments.id} = ${refunds.paymentId}`)
    .where(sql`${inArray(payments.orderId, [...orderIds])} and ${refunds.status} = 'pending'`)
    .groupBy(payments.orderId);
  return rows.map(({ orderId, pending }) => ({ orderId, pending: minor(Number(pending)) }));
}
