/** Every query of the ledger. Its rows are only ever added. */

import { type SQLWrapper, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { asIn, kept, type Slots } from '#db/kept.ts';
import { type ledgerEntries, ledgerTransactions } from '#db/schema/ledger.ts';
import { present } from '#lib/assert.ts';
import type { OrderId } from '#lib/ids.ts';
import type { Minor } from '#lib/money.ts';

export type LedgerKind = (typeof ledgerTransactions.$inferSelect)['kind'];
export type LedgerAccount = (typeof ledgerEntries.$inferSelect)['account'];

interface NewTransaction extends Required<typeof ledgerTransactions.$inferInsert> {
  readonly debit: LedgerAccount;
  readonly credit: LedgerAccount;
  readonly amountMinor: Minor;
}

/** One statement: this lies on the way of every payment. */
const INSERT_TRANSACTION = kept((db, slots: Slots<NewTransaction>) => {
  const { id, orderId, kind, source, currency, debit, credit, amountMinor } = slots;
  const occurredAt = asIn(ledgerTransactions.occurredAt, slots.occurredAt);
  return db.execute(sql`
    with moved as (
      insert into ledger_transactions (id, order_id, kind, source, currency, occurred_at)
      values (${id}, ${orderId}, ${kind}, ${source}, ${currency}, ${occurredAt}::timestamptz)
      on conflict (kind, source) do nothing returning id)
    insert into ledger_entries (transaction_id, account, amount_minor)
    select moved.id, entry.account, entry.amount
      from moved, (values (${debit}::ledger_account, ${amountMinor}::bigint),
                          (${credit}::ledger_account, - ${amountMinor}::bigint)) as entry (account, amount)
    returning 1`);
});

/** False when money of this kind has moved from this source before. */
export async function insertTransaction(tx: Transaction, transaction: NewTransaction): Promise<boolean> {
  const rows = await INSERT_TRANSACTION(tx, transaction);
  return rows.length > 0;
}

export interface Sums {
  readonly sales: Minor;
  readonly refunds: Minor;
  readonly disputes: Minor;
  readonly pending: Minor;
}

/**
 * What an order's accounts come to, and what is on its way back and not in the ledger yet: for whoever has the order's
 * id, in a query of their own as well.
 */
export function sumsOf(orderId: SQLWrapper) {
  return sql<Sums>`(
    select json_build_object(
             'sales', ${sumOf('sales')}, 'refunds', ${sumOf('refunds')}, 'disputes', ${sumOf('disputes')},
             'pending', (
               select coalesce(sum(r.amount_minor), 0) from refunds r join payments p on p.id = r.payment_id
                where p.order_id = ${orderId} and r.status = 'pending'))
      from ledger_transactions t join ledger_entries e on e.transaction_id = t.id
     where t.order_id = ${orderId})`;
}

function sumOf(account: LedgerAccount) {
  return sql`coalesce(sum(e.amount_minor) filter (where e.account = ${account}), 0)`;
}

const SUM_ACCOUNTS = kept((db, { orderId }: Slots<{ readonly orderId: OrderId }>) =>
  db.execute<{ sums: Sums }>(sql`select ${sumsOf(orderId)} as sums`),
);

export async function sumAccounts(db: Queryable, orderId: OrderId): Promise<Sums> {
  const [row] = await SUM_ACCOUNTS(db, { orderId });
  return present(row, `the sums of order ${orderId}`).sums;
}

/**
 * What of an order's money pays for replacements of what came back of it, and of what came back of those: less what was
 * paid for each that came back itself.
 */
export async function sumExchanged(db: Queryable, orderId: OrderId): Promise<Minor> {
  const [row] = await db.execute<{ exchanged: Minor }>(sql`
    with recursive paid_for as (
      select ${orderId}::uuid as order_id, false as is_replacement
      union all
      select x.order_id, true
        from paid_for p join returns r on r.order_id = p.order_id join exchanges x on x.return_id = r.id)
    select coalesce(sum(l.exchanged_minor - case when p.is_replacement then l.charged_minor else 0 end), 0)::float8
             as exchanged
      from paid_for p join returns r on r.order_id = p.order_id join return_lines l on l.return_id = r.id`);
  return present(row, `what order ${orderId} exchanged`).exchanged;
}
