/** I1 and I7 by location: where stock lies comes to what is on hand, and parcels leave from where their units were taken. */

import { DEFAULT_LOCATION } from '#db/schema/stock-locations.ts';
import type { Check } from './check.ts';

/** Units of a line that each location sends, and what it has packed of them. */
const SENT_BY = `
  select coalesce(a.line_id, p.line_id) as line_id, coalesce(a.location_id, p.location_id) as location_id,
         a.quantity as allocated, p.units as in_parcels
    from order_allocations a
    full join (select l.line_id, s.location_id, sum(l.quantity) as units
                 from shipment_lines l join shipments s on s.id = l.shipment_id
                where s.status <> 'unpacked' and s.location_id is not null
                group by l.line_id, s.location_id) p
      on p.line_id = a.line_id and p.location_id = a.location_id`;

/** What has left the shelves of other locations than the default one for orders. */
const TAKEN_FOR_ORDERS = `
  select order_id, variant_id, location_id, -sum(delta) as units
    from location_ledger
   where movement in ('sale', 'removal', 'reroute') and location_id <> '${DEFAULT_LOCATION}'
   group by order_id, variant_id, location_id`;

const ALLOCATED_ELSEWHERE = `
  select a.order_id, l.variant_id, a.location_id, sum(a.quantity) as units
    from order_allocations a join order_lines l on l.id = a.line_id
   where a.location_id <> '${DEFAULT_LOCATION}' group by a.order_id, l.variant_id, a.location_id`;

export const LOCATION_CHECKS: readonly Check[] = [
  {
    invariant: 'I1',
    name: 'location-stock-in-range',
    promise:
      'no location has less than nothing, the default one included, and one that is out of use has nothing',
    population: 'location_stock',
    offenders: `
      select s.variant_id, s.location_id, s.on_hand, l.active, false as in_flight
        from location_stock s left join stock_locations l on l.id = s.location_id
       where s.on_hand < 0 or l.id is null or (not l.active and s.on_hand > 0)
          or s.location_id = '${DEFAULT_LOCATION}'
      union all
      select variant_id, '${DEFAULT_LOCATION}', on_hand - elsewhere, true, false from inventory
       where elsewhere < 0 or elsewhere > on_hand`,
  },
  {
    invariant: 'I1',
    name: 'on-hand-by-locations',
    promise: 'what lies at the locations comes to what is on hand',
    population: 'inventory',
    offenders: `
      select coalesce(i.variant_id, s.variant_id) as variant_id, i.on_hand, i.elsewhere, s.units as at_locations,
             false as in_flight
        from inventory i
        full join (select variant_id, sum(on_hand) as units from location_stock group by variant_id) s
          on s.variant_id = i.variant_id
       where i.variant_id is null or i.elsewhere <> coalesce(s.units, 0)`,
  },
  {
    invariant: 'I1',
    name: 'location-stock-by-ledger',
    promise: 'what lies at a location is what its ledger comes to',
    population: 'location_stock',
    offenders: `
      select coalesce(s.variant_id, l.variant_id) as variant_id, coalesce(s.location_id, l.location_id) as location_id,
             s.on_hand, l.units as by_ledger, false as in_flight
        from location_stock s
        full join (select variant_id, location_id, sum(delta) as units from location_ledger
                    where location_id <> '${DEFAULT_LOCATION}' group by variant_id, location_id) l
          on l.variant_id = s.variant_id and l.location_id = s.location_id
       where coalesce(s.on_hand, 0) <> coalesce(l.units, 0)`,
  },
  {
    invariant: 'I1',
    name: 'moves-balance',
    promise: 'what leaves one location for another comes there, and nothing else does',
    population: 'location_ledger where move_id is not null',
    offenders: `
      select move_id, count(*) as ends, sum(delta) as units, false as in_flight
        from location_ledger where move_id is not null
       group by move_id having count(*) <> 2 or sum(delta) <> 0 or count(distinct variant_id) <> 1`,
  },
  {
    invariant: 'I7',
    name: 'allocated-is-sold',
    promise:
      'of an order that has left the shelf, each line is sent by locations, all of its units that are still wanted and no more',
    population: 'order_allocations',
    offenders: `
      select l.order_id, l.id as line_id, l.quantity, a.units as allocated, s.units as sold, false as in_flight
        from order_lines l
        left join line_units u on u.line_id = l.id
        left join (select line_id, sum(quantity) as units from order_allocations group by line_id) a
          on a.line_id = l.id
        left join (select order_id, variant_id, -sum(on_hand_delta) as units from stock_ledger
                    where movement = 'sale' group by order_id, variant_id) s
          on s.order_id = l.order_id and s.variant_id = l.variant_id
       where l.order_id in (select order_id from order_allocations)
         and (a.units is distinct from l.quantity - coalesce(u.removed, 0) or s.units is distinct from l.quantity)`,
  },
  {
    invariant: 'I7',
    name: 'taken-where-allocated',
    promise: 'units of orders were taken from the locations that send them',
    population: 'order_allocations',
    offenders: `
      select coalesce(a.order_id, t.order_id) as order_id, coalesce(a.variant_id, t.variant_id) as variant_id,
             coalesce(a.location_id, t.location_id) as location_id, a.units as allocated, t.units as taken,
             false as in_flight
        from (${ALLOCATED_ELSEWHERE}) a
        full join (${TAKEN_FOR_ORDERS}) t
          on t.order_id = a.order_id and t.variant_id = a.variant_id and t.location_id = a.location_id
       where coalesce(a.units, 0) <> coalesce(t.units, 0)`,
  },
  {
    invariant: 'I7',
    name: 'parcels-as-allocated',
    promise: 'a location has packed no more of a line than it is to send',
    population: 'order_allocations',
    offenders: `
      select line_id, location_id, allocated, in_parcels, false as in_flight
        from (${SENT_BY}) sent where coalesce(in_parcels, 0) > coalesce(allocated, 0)`,
  },
];
