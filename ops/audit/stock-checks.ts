/** I1 and I2: the stock, its ledger and the orders tell the same of every unit. */

import type { Check } from './check.ts';

/** Lines that hold units on the shelf: of orders that may still be paid, or are paid and not yet sold. */
const HELD_LINES = `
  select l.variant_id, l.quantity
    from order_lines l join audit_orders o on o.id = l.order_id
   where o.is_open
      or (o.was_paid and not exists (
           select 1 from stock_ledger s
            where s.order_id = l.order_id and s.variant_id = l.variant_id and s.movement = 'sale'))`;

const byLedger = (column: 'on_hand' | 'reserved') => `
  select coalesce(i.variant_id, l.variant_id) as variant_id, i.${column}, l.units as by_ledger, false as in_flight
    from inventory i
    full join (select variant_id, sum(${column}_delta) as units from stock_ledger group by variant_id) l
      on l.variant_id = i.variant_id
   where i.variant_id is null or i.${column} <> coalesce(l.units, 0)`;

/** How often each line's units were reserved and given back, and how many they were. */
const LINE_MOVEMENTS = `
  select l.order_id, l.variant_id, l.quantity, o.status, o.is_open, o.was_paid,
         count(s.id) filter (where s.movement = 'reservation') as reservations,
         coalesce(sum(s.reserved_delta) filter (where s.movement = 'reservation'), 0) as reserved,
         count(s.id) filter (where s.movement = 'release') as releases,
         coalesce(-sum(s.reserved_delta) filter (where s.movement = 'release'), 0) as released
    from order_lines l
    join audit_orders o on o.id = l.order_id
    left join stock_ledger s on s.order_id = l.order_id and s.variant_id = l.variant_id
   group by l.order_id, l.variant_id, l.quantity, o.status, o.is_open, o.was_paid`;

export const STOCK_CHECKS: readonly Check[] = [
  {
    invariant: 'I1',
    name: 'stock-in-range',
    promise: 'on hand and reserved are not negative, and no more is reserved than is there',
    population: 'inventory',
    offenders: `
      select variant_id, on_hand, reserved, false as in_flight from inventory
       where on_hand < 0 or reserved < 0 or reserved > on_hand`,
  },
  {
    invariant: 'I1',
    name: 'on-hand-by-ledger',
    promise: 'on hand is what the stock ledger comes to',
    population: 'inventory',
    offenders: byLedger('on_hand'),
  },
  {
    invariant: 'I1',
    name: 'reserved-by-ledger',
    promise: 'reserved is what the stock ledger comes to',
    population: 'inventory',
    offenders: byLedger('reserved'),
  },
  {
    invariant: 'I1',
    name: 'reserved-by-orders',
    promise: 'reserved is the units of orders that are open, or paid and not yet sold',
    population: 'inventory',
    offenders: `
      select coalesce(i.variant_id, h.variant_id) as variant_id, i.reserved, h.units as by_orders,
             false as in_flight
        from inventory i
        full join (select variant_id, sum(quantity) as units from (${HELD_LINES}) held group by variant_id) h
          on h.variant_id = i.variant_id
       where coalesce(i.reserved, 0) <> coalesce(h.units, 0)`,
  },
  {
    invariant: 'I1',
    name: 'reserved-and-released-once',
    promise: 'each line was reserved once, and given back once if and only if its order ended unpaid',
    population: 'order_lines',
    offenders: `
      select order_id, variant_id, status, quantity, reservations, reserved, releases, released,
             false as in_flight
        from (${LINE_MOVEMENTS}) m
       where reservations <> 1 or reserved <> quantity
          or releases <> case when is_open or was_paid then 0 else 1 end
          or released <> case when is_open or was_paid then 0 else quantity end`,
  },
  {
    invariant: 'I2',
    name: 'no-oversell',
    promise: 'no more units are in paid orders than were ever received, returned or corrected',
    population: '(select distinct variant_id from order_lines) bought',
    offenders: `
      select sold.variant_id, sold.units as sold, coalesce(received.units, 0) as received, false as in_flight
        from (select l.variant_id, sum(l.quantity) as units
                from order_lines l join audit_orders o on o.id = l.order_id
               where o.was_paid group by l.variant_id) sold
        left join (select variant_id, sum(on_hand_delta) as units from stock_ledger
                    where movement in ('receipt', 'return', 'correction') group by variant_id) received
          on received.variant_id = sold.variant_id
       where sold.units > coalesce(received.units, 0)`,
  },
];
