/** Every query of the ledger. Its rows are only ever added. */

import { inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import type { ledgerEntries, ledgerTransactions } from '#db/schema/ledger.ts';
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
  readonly pending: Minor;
}

/** Of each order, what its accounts come to, and what is on its way back and not in the ledger yet. */
export async function sumAccounts(db: Queryable, orderIds: readonly OrderId[]): Promise<Sums[]> {
  const rows = await db.execute<{ order_id: OrderId } & Record<(typeof SUMS)[number], string>>(sql`
    select o.id as order_id, ${sumOf('sales')} as sales, ${sumOf('refunds')} as refunds,
           ${sumOf('disputes')} as disputes,
           (select coalesce(sum(r.amount_minor), 0) from refunds r join payments p on p.id = r.payment_id
             where p.order_id = o.id and r.status = 'pending') as pending
      from orders o
      left join ledger_transactions t on t.order_id = o.id
      left join ledger_entries e on e.transaction_id = t.id
     where ${inArray(sql`o.id`, [...orderIds])} group by o.id`);
  return rows.map((row) => ({
    orderId: row.order_id,
    sales: minor(Number(row.sales)),
    refunds: minor(Number(row.refunds)),
    disputes: minor(Number(row.disputes)),
    pending: minor(Number(row.pending)),
  }));
}

const SUMS = ['sales', 'refunds', 'disputes', 'pending'] as const;

function sumOf(account: LedgerAccount) {
  return sql`coalesce(sum(e.amount_minor) filter (where e.account = ${account}), 0)`;
}
