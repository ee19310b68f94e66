/** I7: what has become of goods: no unit went further than it may have, and orders say how far theirs have come. */

import type { Check } from './check.ts';

/** What the parcels of a line come to. */
const BY_PARCELS = `
  select sl.line_id,
         sum(sl.quantity) filter (where s.status <> 'unpacked') as packed,
         sum(sl.quantity) filter (where s.status in ('shipped', 'delivered')) as shipped,
         sum(sl.quantity) filter (where s.status = 'delivered') as delivered
    from shipment_lines sl join shipments s on s.id = sl.shipment_id group by sl.line_id`;

/** How far the units of an order have come, all its lines together. */
const BY_UNITS = `
  select o.id as order_id, o.status, sum(l.quantity - coalesce(u.removed, 0)) as bought,
         coalesce(sum(u.shipped), 0) as shipped, coalesce(sum(u.delivered), 0) as delivered,
         coalesce(sum(u.returned), 0) as returned
    from audit_orders o
    join order_lines l on l.order_id = o.id
    left join line_units u on u.line_id = l.id
   group by o.id, o.status`;

/** What the returns of a line come to. */
const BY_RETURNS = `
  select rl.line_id,
         sum(case when r.status in ('requested', 'authorised') then rl.quantity
                  when r.status in ('received', 'refunded', 'exchanged') then rl.restocked + rl.written_off else 0 end) as coming_back,
         sum(case when r.status in ('received', 'refunded', 'exchanged')
                  then rl.restocked + rl.written_off else 0 end) as returned
    from return_lines rl join returns r on r.id = rl.return_id group by rl.line_id`;

/** What a cancelled order had goes back on the shelf by itself. */
const KEPT = "select id from audit_orders where status <> 'cancelled'";

/** By returns, what edits took off before it was sent, and what nobody had packed of an order that is all refunded. */
const SENT_BACK = `
  select order_id, variant_id, sum(restocked) as restocked, sum(written_off) as written_off
    from (select r.order_id, l.variant_id, rl.restocked, rl.written_off
            from return_lines rl join returns r on r.id = rl.return_id join order_lines l on l.id = rl.line_id
          union all
          select e.order_id, l.variant_id, el.removed, 0
            from order_edit_lines el join order_edits e on e.id = el.edit_id
            join order_lines l on l.id = el.line_id
          union all
          select o.id, l.variant_id, l.quantity - coalesce(u.removed, 0) - coalesce(u.packed, 0), 0
            from audit_orders o join order_lines l on l.order_id = o.id
            left join line_units u on u.line_id = l.id
           where o.status = 'refunded') back
   where order_id in (${KEPT}) and (restocked > 0 or written_off > 0)
   group by order_id, variant_id`;

/** What came back of an order and what of it was written off, as the stock ledger has it. */
const BACK_IN_LEDGER = `
  select order_id, variant_id,
         coalesce(sum(on_hand_delta) filter (where movement = 'return'), 0) as returned,
         coalesce(-sum(on_hand_delta) filter (where movement = 'correction'), 0) as corrected
    from stock_ledger where order_id is not null and movement in ('return', 'correction')
   group by order_id, variant_id`;

export const GOODS_CHECKS: readonly Check[] = [
  {
    invariant: 'I7',
    name: 'units-in-range',
    promise:
      'no more units of a line are packed or taken off than were bought, shipped than packed, delivered or sent back than shipped',
    population: 'line_units',
    offenders: `
      select u.*, l.quantity, false as in_flight
        from line_units u left join order_lines l on l.id = u.line_id
       where l.id is null or l.order_id <> u.order_id or u.bought <> l.quantity
          or u.packed + u.removed > u.bought or u.shipped > u.packed or u.delivered > u.shipped
          or u.coming_back > u.shipped or u.returned > u.coming_back
          or least(u.packed, u.shipped, u.delivered, u.coming_back, u.returned, u.removed) < 0`,
  },
  {
    invariant: 'I7',
    name: 'units-by-parcels',
    promise: 'the units of a line are what its parcels come to',
    population: 'line_units',
    offenders: `
      select coalesce(u.line_id, p.line_id) as line_id, u.packed, u.shipped, u.delivered,
             p.packed as packed_by_parcels, p.shipped as shipped_by_parcels,
             p.delivered as delivered_by_parcels, false as in_flight
        from line_units u full join (${BY_PARCELS}) p on p.line_id = u.line_id
       where coalesce(u.packed, 0) <> coalesce(p.packed, 0)
          or coalesce(u.shipped, 0) <> coalesce(p.shipped, 0)
          or coalesce(u.delivered, 0) <> coalesce(p.delivered, 0)`,
  },
  {
    invariant: 'I7',
    name: 'sent-was-paid',
    promise:
      'no parcel has left of an order that was not paid or is cancelled, and none waits of one that ended',
    population: 'shipments',
    offenders: `
      select s.id as shipment_id, s.order_id, s.status, o.status as order_status, false as in_flight
        from shipments s left join audit_orders o on o.id = s.order_id
       where s.status <> 'unpacked' and (o.id is null or not o.was_paid or o.status = 'cancelled')`,
  },
  {
    invariant: 'I7',
    name: 'status-by-units',
    promise: 'an order says that goods have left, all of them, have arrived or are back, as its units do',
    population: 'audit_orders where was_paid',
    offenders: `
      select order_id, status, bought, shipped, delivered, returned, false as in_flight
        from (${BY_UNITS}) units
       where (status = 'paid' and shipped > 0)
          or (status = 'partially_fulfilled' and not (shipped > 0 and shipped < bought))
          or (status = 'fulfilled' and not (shipped = bought and delivered < bought and returned < bought))
          or (status = 'delivered' and not (delivered = bought and returned < bought))
          or (status = 'returned' and returned <> bought)`,
  },
  {
    invariant: 'I7',
    name: 'units-by-returns',
    promise:
      'the units of a line that are on their way back, and that are back, are what its returns come to',
    population: 'line_units',
    offenders: `
      select coalesce(u.line_id, r.line_id) as line_id, u.coming_back, u.returned,
             r.coming_back as asked_by_returns, r.returned as back_by_returns, false as in_flight
        from line_units u full join (${BY_RETURNS}) r on r.line_id = u.line_id
       where coalesce(u.coming_back, 0) <> coalesce(r.coming_back, 0)
          or coalesce(u.returned, 0) <> coalesce(r.returned, 0)`,
  },
  {
    invariant: 'I7',
    name: 'restocked-once',
    promise:
      'what returns, edits and refunds of all put back on the shelf, and what was written off, is in the stock ledger, once',
    population: 'returns',
    offenders: `
      select coalesce(r.order_id, s.order_id) as order_id, coalesce(r.variant_id, s.variant_id) as variant_id,
             r.restocked, r.written_off, s.returned, s.corrected, false as in_flight
        from (${SENT_BACK}) r
        full join (select * from (${BACK_IN_LEDGER}) l
                    where l.order_id in (${KEPT})) s
          on s.order_id = r.order_id and s.variant_id = r.variant_id
       where coalesce(s.returned, 0) <> coalesce(r.restocked + r.written_off, 0)
          or coalesce(s.corrected, 0) <> coalesce(r.written_off, 0)`,
  },
  {
    invariant: 'I7',
    name: 'cancelled-is-put-back',
    promise: 'what had left the shelf for an order that is cancelled is back on it, once',
    population: "audit_orders where status = 'cancelled'",
    offenders: `
      select o.id as order_id, l.variant_id, l.sold, l.returned,
             exists (select 1 from order_events e
                      where e.order_id = o.id and e.event = 'order.cancelled'
                        and e.occurred_at > (select young_since from audit_moment)) as in_flight
        from audit_orders o
        join (select order_id, variant_id,
                     coalesce(-sum(on_hand_delta) filter (where movement = 'sale'), 0) as sold,
                     coalesce(sum(on_hand_delta) filter (where movement = 'return'), 0) as returned
                from stock_ledger where movement in ('sale', 'return') group by order_id, variant_id) l
          on l.order_id = o.id
       where o.status = 'cancelled' and l.sold <> l.returned`,
  },
  {
    invariant: 'I7',
    name: 'returns-refunded-once',
    promise:
      'a return is refunded if and only if it says so, by its amount, of the order that was charged, no more than was charged for what came and pays for no replacement',
    population: 'returns',
    offenders: `
      select r.id as return_id, r.order_id, r.status, r.refund_minor, f.amount_minor, l.charged_minor,
             false as in_flight
        from returns r
        left join refunds f on f.id = r.refund_id
        left join payments p on p.id = f.payment_id
        left join audit_replacements x on x.order_id = r.order_id
        left join (select return_id, sum(charged_minor - exchanged_minor) as charged_minor
                     from return_lines group by return_id) l
          on l.return_id = r.id
       where (r.status = 'refunded') <> (f.id is not null)
          or f.amount_minor <> r.refund_minor or f.amount_minor > l.charged_minor
          or p.order_id <> coalesce(x.paid_id, r.order_id)`,
  },
];
