/** I6: the log of privileged acts is a whole chain, and names the acts that the books show. */

import { CHAINED_TEXT } from '#db/audit-log.ts';
import type { Check } from './check.ts';

/** By hand: corrections and transfers of stock, each one; and orders, once however much was done to them. */
const BY_HAND = `(
  select 'variant' as kind, variant_id::text as id, count(*) as acts
    from (select variant_id from stock_ledger
           where actor_id is not null and created_at >= (select min(at) from audit_log)
          union all
          select variant_id from location_ledger
           where movement = 'transfer' and delta > 0 and actor_id is not null
             and created_at >= (select min(at) from audit_log)) by_hand
   group by variant_id
  union all
  select 'order', order_id::text, 1 from order_events
   where actor_id is not null and occurred_at >= (select min(at) from audit_log) group by order_id) h`;

/** What stands in the log for one of them. */
const ACTIONS = [
  ...['stock.adjusted', 'stock.transferred', 'refund.requested', 'order.cancelled', 'order.edited'],
  ...['return.authorised', 'return.rejected', 'return.received', 'return.refunded'],
  ...['shipment.packed', 'shipment.unpacked', 'shipment.shipped', 'shipment.delivered'],
]
  .map((action) => `'${action}'`)
  .join(', ');

export const LOG_CHECKS: readonly Check[] = [
  {
    invariant: 'I6',
    name: 'audit-log-chained',
    promise: 'each row of the audit log follows on the one before it, and is what was hashed',
    population: 'audit_log',
    offenders: `
      select seq, action, follows, is_as_hashed, false as in_flight
        from (select seq, action,
                     seq = lag(seq, 1, 0::bigint) over chain + 1
                       and previous_hash = lag(hash, 1, ''::bytea) over chain as follows,
                     hash = sha256(convert_to(${CHAINED_TEXT}, 'UTF8')) as is_as_hashed
                from audit_log window chain as (order by seq)) link
       where not (follows and is_as_hashed)`,
  },
  {
    invariant: 'I6',
    name: 'acts-on-record',
    promise: 'what somebody did to stock and orders by hand since there is a log stands in it',
    population: BY_HAND,
    offenders: `
      select h.kind, h.id, h.acts, count(a.seq) as on_record, false as in_flight
        from ${BY_HAND}
        left join audit_log a
          on a.object_kind = h.kind and a.object_id = h.id
         and a.action in (${ACTIONS})
       group by h.kind, h.id, h.acts
      having count(a.seq) < h.acts`,
  },
];
