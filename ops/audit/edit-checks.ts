/** I3 and I7, of what changes about orders once they are paid: edits, and exchanges of what comes back. */

import type { Check } from './check.ts';

/** What was given back for the units of a line, by edits and by returns; what pays for replacements with it. */
const GIVEN_BACK = `
  select line_id, sum(charged_minor) as charged_minor
    from (select line_id, charged_minor from order_edit_lines
          union all
          select line_id, charged_minor from return_lines) back
   group by line_id`;

/** Of each return, the units that a replacement goes out for. */
const EXCHANGED = `
  select rl.return_id, rl.replacement_id as variant_id, sum(rl.exchanged) as units
    from return_lines rl where rl.exchanged > 0 group by rl.return_id, rl.replacement_id`;

const GONE_OUT = `
  select x.return_id, l.variant_id, sum(l.quantity) as units
    from exchanges x join order_lines l on l.order_id = x.order_id group by x.return_id, l.variant_id`;

/** What had gone back of the order of a return, or was on its way, when its replacements were placed. */
const BACK_BEFORE = `
  select coalesce((select sum(f.amount_minor) from refunds f
                    where f.payment_id = o.payment_id and f.status <> 'failed' and f.created_at < x.made_at), 0)
       + coalesce((select sum(e.amount_minor)
                     from ledger_transactions t
                     join ledger_entries e on e.transaction_id = t.id and e.account = 'disputes'
                    where t.order_id = o.id and t.occurred_at < x.made_at), 0) as given_back_minor`;

/** What pays for the replacements of an order, up to those of a return: less what paid for those that had come back. */
const EXCHANGED_SO_FAR = `
  select coalesce(sum(l.exchanged_minor) filter (where e.made_at <= x.made_at), 0)
       - coalesce(sum(l.charged_minor) filter (where r.order_id <> o.id
                    and (r.id = x.return_id or r.received_at <= x.made_at)), 0) as exchanged_minor
    from returns r join return_lines l on l.return_id = r.id left join exchanges e on e.return_id = r.id
   where r.order_id = o.id or r.order_id in (select order_id from replacement where paid_id = o.id)`;

/** What was charged for a line; for one of replacements, what pays for them. */
const CHARGED = `
  select l.id as line_id, l.order_id,
         case when x.order_id is null then l.line_total_minor - l.discount_minor + l.tax_minor
              else coalesce((select sum(rl.exchanged_minor) from return_lines rl
                              where rl.return_id = x.return_id and rl.replacement_id = l.variant_id), 0)
         end as charged_minor
    from order_lines l left join exchanges x on x.order_id = l.order_id`;

export const EDIT_CHECKS: readonly Check[] = [
  {
    invariant: 'I7',
    name: 'units-by-edits',
    promise: 'the units of a line that were taken off are what its edits come to',
    population: 'line_units',
    offenders: `
      select coalesce(u.line_id, e.line_id) as line_id, u.removed, e.removed as by_edits, false as in_flight
        from line_units u
        full join (select line_id, sum(removed) as removed from order_edit_lines group by line_id) e
          on e.line_id = u.line_id
       where coalesce(u.removed, 0) <> coalesce(e.removed, 0)`,
  },
  {
    invariant: 'I3',
    name: 'edits-refunded-once',
    promise:
      'an edit is refunded if and only if it says so, by its amount, no more than was charged for its units',
    population: 'order_edits',
    offenders: `
      select e.id as edit_id, e.order_id, e.refund_minor, f.amount_minor, l.charged_minor, false as in_flight
        from order_edits e
        left join refunds f on f.id = e.refund_id
        left join payments p on p.id = f.payment_id
        left join (select edit_id, sum(charged_minor) as charged_minor from order_edit_lines group by edit_id) l
          on l.edit_id = e.id
       where (e.refund_minor is not null) <> (f.id is not null) or f.amount_minor <> e.refund_minor
          or p.order_id <> e.order_id or e.refund_minor > coalesce(l.charged_minor, 0)`,
  },
  {
    invariant: 'I3',
    name: 'given-back-within-charge',
    promise:
      'no more is given back for the units of a line than was charged for it, or than pays for the replacements in it',
    population: 'order_lines',
    offenders: `
      select l.line_id, l.order_id, b.charged_minor as given_back_minor, l.charged_minor, false as in_flight
        from (${GIVEN_BACK}) b join (${CHARGED}) l on l.line_id = b.line_id
       where b.charged_minor > l.charged_minor`,
  },
  {
    invariant: 'I7',
    name: 'exchanged-once',
    promise: 'what replacements were promised for a return goes out by one order, and nothing else by it',
    population: 'exchanges',
    offenders: `
      select coalesce(e.return_id, o.return_id) as return_id, coalesce(e.variant_id, o.variant_id) as variant_id,
             e.units, o.units as gone_out, false as in_flight
        from (${EXCHANGED}) e
        full join (${GONE_OUT}) o on o.return_id = e.return_id and o.variant_id = e.variant_id
       where e.units is distinct from o.units`,
  },
  {
    invariant: 'I3',
    name: 'exchanges-covered',
    promise: 'what was left of an order’s money when replacements were placed paid for all of them so far',
    population: 'exchanges',
    offenders: `
      with replacement as materialized (select order_id, paid_id from audit_replacements)
      select x.return_id, o.id as order_id, o.amount_minor, s.exchanged_minor, b.given_back_minor, false as in_flight
        from exchanges x join returns r on r.id = x.return_id
        left join replacement m on m.order_id = r.order_id
        join audit_orders o on o.id = coalesce(m.paid_id, r.order_id)
       cross join lateral (${EXCHANGED_SO_FAR}) s
       cross join lateral (${BACK_BEFORE}) b
       where s.exchanged_minor > 0 and s.exchanged_minor + b.given_back_minor > o.amount_minor`,
  },
  {
    invariant: 'I3',
    name: 'exchanges-cost-nothing',
    promise:
      'nothing is charged or refunded for an order by which replacements go out, and only such orders are free',
    population: 'exchanges',
    offenders: `
      select coalesce(o.id, x.order_id) as order_id, x.return_id, o.total_minor, o.amount_minor,
             count(r.id) as refunds, false as in_flight
        from (select * from audit_orders where was_paid) o
        full join exchanges x on x.order_id = o.id
        left join refunds r on r.payment_id = o.payment_id and x.order_id is not null
       where x.order_id is not null or o.total_minor = 0
       group by o.id, o.total_minor, o.amount_minor, x.order_id, x.return_id
      having x.order_id is null or o.id is null or o.total_minor <> 0 or o.amount_minor <> 0 or count(r.id) > 0`,
  },
];
