/** Every query of documents. A number is given away with the row that has it, or not at all. */

import { and, eq, lte, type SQL, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '#db/client.ts';
import { documents } from '#db/schema/documents.ts';
import { refunds } from '#db/schema/payments.ts';
import type { OrderId, RefundId } from '#lib/ids.ts';
import type { Credit, CreditedUnits } from './credited-tax.ts';

export type DocumentRow = typeof documents.$inferSelect;

export interface Issue
  extends Pick<DocumentRow, 'sellerName' | 'sellerAddress' | 'sellerTaxId' | 'issuedAt'> {
  readonly orderId: OrderId;
}

/** An order that was charged, and has no invoice. */
const invoiceDue = (orderId: OrderId) => sql`
  select p.order_id, null::uuid as refund_id, 1 as place from payments p
   where p.order_id = ${orderId} and p.status = 'captured' and p.amount_minor > 0
     and not exists (select 1 from documents d where d.order_id = p.order_id and d.series = 'invoice')`;

/** Refunds of the order that have arrived, and have no credit note; in the order in which they did. */
const creditNotesDue = (orderId: OrderId) => sql`
  select p.order_id, r.id as refund_id, row_number() over (order by r.settled_at, r.id) as place
    from refunds r join payments p on p.id = r.payment_id
   where p.order_id = ${orderId} and r.status = 'succeeded'
     and not exists (select 1 from documents d where d.refund_id = r.id)`;

/**
 * Numbers what is due, for whoever has locked the order. Whoever else numbers something waits from here to the commit:
 * it should be the last statement.
 */
async function issueDue(
  tx: Transaction,
  { sellerName, sellerAddress, sellerTaxId, issuedAt }: Issue,
  { series, due }: { readonly series: DocumentRow['series']; readonly due: SQL },
): Promise<void> {
  await tx.execute(sql`
    with due as (${due}),
    counted as (select count(*) as units from due),
    numbered as (
      insert into document_counters as c (series, last_number)
      select ${series}::document_series, units from counted where units > 0
      on conflict (series) do update set last_number = c.last_number + excluded.last_number
      returning last_number)
    insert into documents (series, number, order_id, refund_id, seller_name, seller_address, seller_tax_id, issued_at)
    select ${series}::document_series, last_number - units + place, order_id, refund_id,
           ${sellerName}, ${sellerAddress}, ${sellerTaxId}, ${issuedAt.toISOString()}::timestamptz
      from due, counted, numbered`);
}

export async function issueInvoice(tx: Transaction, issue: Issue): Promise<void> {
  await issueDue(tx, issue, { series: 'invoice', due: invoiceDue(issue.orderId) });
}

export async function issueCreditNotes(tx: Transaction, issue: Issue): Promise<void> {
  await issueDue(tx, issue, { series: 'credit_note', due: creditNotesDue(issue.orderId) });
}

export async function findInvoice(db: Queryable, orderId: OrderId): Promise<DocumentRow | undefined> {
  const [row] = await db
    .select()
    .from(documents)
    .where(and(eq(documents.orderId, orderId), eq(documents.series, 'invoice')));
  return row;
}

export async function findCreditNote(db: Queryable, id: RefundId): Promise<DocumentRow | undefined> {
  const [row] = await db.select().from(documents).where(eq(documents.refundId, id));
  return row;
}

/** What the refund of a return or of an edit is for, line by line. */
const BACK = sql<CreditedUnits[]>`(
  select coalesce(json_agg(b.units), '[]')
    from (select r.refund_id, json_build_object('lineId', l.line_id, 'units', l.restocked + l.written_off,
                   'charged', l.charged_minor, 'due', l.charged_minor - l.exchanged_minor) as units
            from returns r join return_lines l on l.return_id = r.id where r.order_id = ${documents.orderId}
          union all
          select e.refund_id, json_build_object('lineId', l.line_id, 'units', l.removed,
                   'charged', l.charged_minor, 'due', l.charged_minor)
            from order_edits e join order_edit_lines l on l.edit_id = e.id
           where e.order_id = ${documents.orderId}) b
   where b.refund_id = ${documents.refundId})`;

/** By the credit notes of the order up to this one, in the order of their numbers. */
export async function findCredits(
  db: Queryable,
  { orderId, number }: Pick<DocumentRow, 'orderId' | 'number'>,
): Promise<Credit[]> {
  return db
    .select({
      amount: refunds.amountMinor,
      issuedAt: documents.issuedAt,
      voidAt: sql<Date | null>`case when ${refunds.status} = 'failed' then ${refunds.settledAt} end`.mapWith(
        refunds.settledAt,
      ),
      back: BACK,
    })
    .from(documents)
    .innerJoin(refunds, eq(refunds.id, documents.refundId))
    .where(and(eq(documents.orderId, orderId), lte(documents.number, number)))
    .orderBy(documents.number);
}
