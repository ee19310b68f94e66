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
  select o.id as order_id, o.status, sum(l.quantity) as bought,
         coalesce(sum(u.shipped), 0) as shipped, coalesce(sum(u.delivered), 0) as delivered
    from audit_orders o
    join order_lines l on l.order_id = o.id
    left join line_units u on u.line_id = l.id
   group by o.id, o.status`;

export const GOODS_CHECKS: readonly Check[] = [
  {
    invariant: 'I7',
    name: 'units-in-range',
    promise:
      'no more units of a line are packed than were bought, shipped than packed, delivered than shipped',
    population: 'line_units',
    offenders: `
      select u.*, l.quantity, false as in_flight
        from line_units u left join order_lines l on l.id = u.line_id
       where l.id is null or l.order_id <> u.order_id or u.bought <> l.quantity
          or u.packed > u.bought or u.shipped > u.packed or u.delivered > u.shipped
          or least(u.packed, u.shipped, u.delivered) < 0`,
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
    promise: 'an order says that goods have left, all of them, or have arrived, as its units do',
    population: 'audit_orders where was_paid',
    offenders: `
      select order_id, status, bought, shipped, delivered, false as in_flight
        from (${BY_UNITS}) units
       where (status = 'paid' and shipped > 0)
          or (status = 'partially_fulfilled' and not (shipped > 0 and shipped < bought))
          or (status = 'fulfilled' and not (shipped = bought and delivered < bought))
          or (status = 'delivered' and delivered <> bought)`,
  },
];
