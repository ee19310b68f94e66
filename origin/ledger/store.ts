/** Every query of the ledger. Its rows are only ever added. */

import { inArray, type SQL, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { asIn, kept, type Slots } from '#db/kept.ts';
import { type ledgerEntries, ledgerTransactions } from '#db/schema/ledger.ts';
import type { OrderId } from '#lib/ids.ts';
import { type Minor, minor } from '#lib/money.ts';

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
  readonly orderId: OrderId;
  readonly sales: Minor;
  readonly refunds: Minor;
  readonly disputes: Minor;
  readonly pending: Minor;
}

type SumsRow = Record<'order_id' | (typeof SUMS)[number], string>;

/** Of each order, what its accounts come to, and what is on its way back and not in the ledger yet. */
export async function sumAccounts(db: Queryable, orderIds: readonly OrderId[]): Promise<Sums[]> {
  const rows = await db.execute<SumsRow>(sumsWhere(inArray(sql`o.id`, [...orderIds])));
  return rows.map(toSums);
}

const SUM_ACCOUNTS_OF = kept((db, { orderId }: Slots<Pick<Sums, 'orderId'>>) =>
  db.execute<SumsRow>(sumsWhere(sql`o.id = ${orderId}`)),
);

/** As {@link sumAccounts}, of one order. */
export async function sumAccountsOf(db: Queryable, orderId: OrderId): Promise<Sums | undefined> {
  const [row] = await SUM_ACCOUNTS_OF(db, { orderId });
  return row && toSums(row);
}

function sumsWhere(isAsked: SQL): SQL {
  return sql`
    select o.id as order_id, ${sumOf('sales')} as sales, ${sumOf('refunds')} as refunds,
           ${sumOf('disputes')} as disputes,
           (select coalesce(sum(r.amount_minor), 0) from refunds r join payments p on p.id = r.payment_id
             where p.order_id = o.id and r.status = 'pending') as pending
      from orders o
      left join ledger_transactions t on t.order_id = o.id
      left join ledger_entries e on e.transaction_id = t.id
     where ${isAsked} group by o.id`;
}

function toSums(row: SumsRow): Sums {
  return {
    orderId: row.order_id as OrderId,
    sales: minor(Number(row.sales)),
    refunds: minor(Number(row.refunds)),
    disputes: minor(Number(row.disputes)),
    pending: minor(Number(row.pending)),
  };
}

const SUMS = ['sales', 'refunds', 'disputes', 'pending'] as const;

function sumOf(account: LedgerAccount) {
  return sql`coalesce(sum(e.amount_minor) filter (where e.account = ${account}), 0)`;
}
