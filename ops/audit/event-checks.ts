/** I4 and I5: what happened is told of once, has its effects once, is answered for, and comes to an end. */

import type { Check } from './check.ts';

const YOUNG = '(select young_since from audit_moment)';
/** What is older may have been told of, or not: the outbox has forgotten it. */
const KEPT = '(select events_kept_since from audit_moment)';

const RETURN_LETTERS = ['requested', 'authorised', 'rejected', 'received', 'refunded']
  .map((step) => `('return.${step}', 'return-email')`)
  .join(', ');

/** Who must have handled which event, by their names in the inbox. */
const CONSUMERS = `(values
  ('order.paid', 'email'), ('order.paid', 'inventory'), ('notice.fallen_due', 'stock-email'),
  ('cart.abandoned', 'cart-email'), ('order.edited', 'edit-email'),
  ('shipment.shipped', 'shipment-email'), ('shipment.delivered', 'shipment-email'),
  ${RETURN_LETTERS}) as duty (event, consumer)`;

/** A message that is parked for this consumer is a breach of its own; one that was dropped is explained. */
const isParked = (consumer: string, eventId: string) => `exists (
  select 1 from dead_letters d
   where d.consumer = ${consumer} and position(convert_to(${eventId}::text, 'UTF8') in d.message) > 0)`;

const TOLD = `
  select data ->> 'orderId' as order_id,
         count(*) filter (where name = 'order.placed') as placed,
         count(*) filter (where name = 'order.paid') as paid,
         count(*) filter (where name = 'order.payment_failed') as payment_failed
    from outbox
   where name in ('order.placed', 'order.paid', 'order.payment_failed')
   group by data ->> 'orderId'`;

/** How often it was told of that this is so since then: once, unless the outbox may have forgotten it. */
const toldOnce = (times: string, isSo: string, since: string) =>
  `coalesce(${times}, 0) between (${isSo} and ${since} >= ${KEPT})::int and (${isSo})::int`;

/** What there was to tell of a parcel. */
const PARCEL_NEWS = `
  select s.id::text as shipment_id, news.name, news.since
    from shipments s, lateral (values
      ('shipment.shipped', s.shipped_at), ('shipment.delivered', s.delivered_at)) as news (name, since)
   where news.since is not null`;

const SALES = `
  select order_id, variant_id, count(*) as sales, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved
    from stock_ledger where movement = 'sale' and order_id is not null group by order_id, variant_id`;

/** Only checkouts answer with an order and its time line; the body is kept as text in a JSON string. */
const ANSWERS = `
  select resource_id, body ->> 'id' as order_id, body ->> 'status' as answered, body -> 'total' ->> 'amount' as total
    from (select resource_id, (response_body #>> '{}')::jsonb as body
            from idempotency_keys
           where response_status between 200 and 299 and scope ~ '^(user|cart):') kept
   where jsonb_typeof(body) = 'object' and body ?& array['id', 'number', 'total', 'timeline']`;

export const EVENT_CHECKS: readonly Check[] = [
  {
    invariant: 'I4',
    name: 'outbox-published',
    promise: 'every event in the outbox is published',
    population: 'outbox',
    offenders: `
      select id as event_id, name, occurred_at, occurred_at > ${YOUNG} as in_flight
        from outbox where published_at is null`,
  },
  {
    invariant: 'I4',
    name: 'told-once',
    promise: 'every order is told of once: that it is placed, and how its payment ended',
    population: 'orders',
    offenders: `
      select coalesce(o.id::text, t.order_id) as order_id, o.status, t.placed, t.paid, t.payment_failed,
             false as in_flight
        from audit_orders o full join (${TOLD}) t on t.order_id = o.id::text
       where o.id is null
          or not ${toldOnce('t.placed', 'true', 'o.placed_at')}
          or not ${toldOnce('t.paid', 'o.was_paid', 'coalesce(o.captured_at, o.placed_at)')}
          or not ${toldOnce('t.payment_failed', "o.status = 'payment_failed'", 'o.placed_at')}`,
  },
  {
    invariant: 'I4',
    name: 'parcels-told-once',
    promise: 'every parcel is told of once when it has left, and once when it has arrived',
    population: 'shipments',
    offenders: `
      select coalesce(n.shipment_id, t.shipment_id) as shipment_id, coalesce(n.name, t.name) as name, t.times,
             false as in_flight
        from (${PARCEL_NEWS}) n
        full join (select data ->> 'shipmentId' as shipment_id, name, count(*) as times
                     from outbox where name like 'shipment.%' group by 1, 2) t
          on t.shipment_id = n.shipment_id and t.name = n.name
       where n.name is null or not ${toldOnce('t.times', 'true', 'n.since')}`,
  },
  {
    invariant: 'I4',
    name: 'handled-by-everyone',
    promise:
      'every event of a paid order, its edits, parcels and returns, and of a cart, is handled by everyone who must',
    population:
      "outbox where name in ('order.paid', 'order.edited', 'cart.abandoned') or name like 'shipment.%' or name like 'return.%'",
    offenders: `
      select o.id as event_id, o.data ->> 'orderId' as order_id, duty.consumer, o.occurred_at,
             o.occurred_at > ${YOUNG} as in_flight
        from outbox o
        join ${CONSUMERS} on duty.event = o.name
        left join inbox i on i.consumer = duty.consumer and i.event_id = o.id
       where i.event_id is null and not ${isParked('duty.consumer', 'o.id')}`,
  },
  {
    invariant: 'I4',
    name: 'sold-once',
    promise: 'each line of a paid order is one sale of its units, and nothing else is',
    population: 'order_lines',
    offenders: `
      select coalesce(l.order_id, s.order_id) as order_id, coalesce(l.variant_id, s.variant_id) as variant_id,
             l.status, l.quantity, s.sales, s.on_hand, s.reserved,
             s.order_id is null and l.captured_at > ${YOUNG} as in_flight
        from (select l.*, o.status, o.captured_at
                from order_lines l join audit_orders o on o.id = l.order_id where o.was_paid) l
        full join (${SALES}) s on s.order_id = l.order_id and s.variant_id = l.variant_id
       where l.order_id is null or s.order_id is null
          or s.sales <> 1 or s.on_hand <> -l.quantity or s.reserved <> -l.quantity`,
  },
  {
    invariant: 'I4',
    name: 'one-mail',
    promise: 'every paid order got one confirmation at its address, and no other order did',
    needs: 'mail',
    population: 'audit_orders where was_paid',
    offenders: `
      select coalesce(o.id::text, m.order_id) as order_id, o.status, coalesce(m.mails, 0) as mails,
             m.mails is null and o.captured_at > ${YOUNG} as in_flight
        from (select * from audit_orders where was_paid) o
        full join (select order_id, count(*) as mails, array_agg(recipients[1]) as recipients
                     from audit_mails group by order_id) m on m.order_id = o.id::text
       where coalesce(o.email, '') not like '%@erased.invalid'
         and (o.id is null or m.mails is distinct from 1 or o.email <> m.recipients[1])
         and (m.mails is not null or (
               o.captured_at >= (select greatest(mails_kept_since, events_kept_since) from audit_moment)
               and not exists (select 1 from outbox e
                                where e.name = 'order.paid' and e.data ->> 'orderId' = o.id::text
                                  and ${isParked("'email'", 'e.id')})))`,
  },
  {
    invariant: 'I4',
    name: 'no-dead-letters',
    promise: 'no message is parked that nobody has explained',
    population: 'dead_letters',
    offenders: `
      select id, consumer, left(reason, 200) as reason, parked_at, again_at > ${YOUNG} as in_flight
        from dead_letters where dropped_at is null`,
  },
  {
    invariant: 'I4',
    name: 'consumers-keep-up',
    promise: 'no consumer leaves an event unacknowledged in the stream',
    needs: 'stream',
    population: 'audit_consumers',
    offenders: `
      select name as consumer, waiting, oldest_at, oldest_at > ${YOUNG} as in_flight
        from audit_consumers where waiting > 0`,
  },
  {
    invariant: 'I4',
    name: 'answers-kept',
    promise: 'every checkout that was answered with an order has that order, as paid as the answer said',
    population: `(${ANSWERS}) a`,
    offenders: `
      select a.resource_id, a.order_id, a.answered, o.status, false as in_flight
        from (${ANSWERS}) a left join audit_orders o on o.id::text = a.order_id
       where o.id is null or a.resource_id::text <> a.order_id
          or o.total_minor <> a.total::bigint
          or (a.answered not in ('pending_payment', 'requires_action') and not o.was_paid)`,
  },
  {
    invariant: 'I5',
    name: 'open-past-deadline',
    promise: 'no order waits for its payment past its deadline and the reconciler’s turn',
    population: 'audit_orders where is_open',
    offenders: `
      select id as order_id, status, payment_deadline,
             payment_deadline >= (select overdue_before from audit_moment) as in_flight
        from audit_orders
       where is_open and payment_deadline < (select now from audit_moment)`,
  },
];
