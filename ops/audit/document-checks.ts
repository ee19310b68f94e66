/** I3 and I4, of documents: what was charged is invoiced once, what went back is credited once, and no number is missing. */

import type { Check } from './check.ts';

const YOUNG = '(select young_since from audit_moment)';

const BY_SERIES = `
  select series, count(*) as documents, min(number) as first_number, max(number) as highest_number
    from documents group by series`;

export const DOCUMENT_CHECKS: readonly Check[] = [
  {
    invariant: 'I4',
    name: 'invoiced-once',
    promise: 'every order that was paid and charged for has one invoice, and no other order has',
    population: 'audit_orders where was_paid and total_minor > 0',
    offenders: `
      select coalesce(o.id, d.order_id) as order_id, o.status, d.invoices,
             d.order_id is null and o.captured_at > ${YOUNG} as in_flight
        from (select * from audit_orders where was_paid and total_minor > 0) o
        full join (select order_id, count(*) as invoices from documents where series = 'invoice'
                    group by order_id) d on d.order_id = o.id
       where o.id is null or d.invoices is distinct from 1`,
  },
  {
    invariant: 'I4',
    name: 'credited-once',
    promise:
      'every refund that has arrived has one credit note, of its order, and none that is on its way has',
    population: "refunds where status = 'succeeded'",
    offenders: `
      select r.id as refund_id, r.order_id, r.status, d.notes,
             d.refund_id is null and r.settled_at > ${YOUNG} as in_flight
        from (select refunds.*, order_id from refunds join payments on payments.id = payment_id) r
        full join (select refund_id, order_id, count(*) as notes from documents where series = 'credit_note'
                    group by refund_id, order_id) d on d.refund_id = r.id
       where r.id is null or d.order_id <> r.order_id or d.notes > 1
          or (r.status = 'succeeded' and d.refund_id is null) or (r.status = 'pending' and d.refund_id is not null)`,
  },
  {
    invariant: 'I4',
    name: 'documents-without-gaps',
    promise:
      'the numbers of invoices, and those of credit notes, run from one to the last that was given away',
    population: 'documents',
    offenders: `
      select coalesce(d.series, c.series) as series, d.documents, d.first_number, d.highest_number,
             c.last_number, false as in_flight
        from (${BY_SERIES}) d full join document_counters c on c.series = d.series
       where d.series is null or c.series is null or d.first_number <> 1
          or d.highest_number <> d.documents or c.last_number <> d.highest_number`,
  },
];
