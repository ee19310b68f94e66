/** Every way to lose an event, its effects or its order, or to have them twice, and the checks that must see it. */

import type { Breach } from './breaches-of-books.ts';

const SOON = "now() + interval '1 minute'";

export const EVENT_BREACHES: readonly Breach[] = [
  {
    what: 'stars that no review has given',
    seenBy: ['stars-of-reviews'],
    rows: (sql, { spare }) =>
      sql`insert into product_ratings select product_id, '{0,0,0,0,1}' from variants where id = ${spare}`,
  },
  {
    what: 'an event that was not published',
    seenBy: ['outbox-published'],
    rows: (sql, { paid }) =>
      sql`update outbox set published_at = null where data ->> 'orderId' = ${paid} and name = 'order.placed'`,
  },
  {
    what: 'a paid order that is told of twice',
    seenBy: ['told-once'],
    rows: (sql) =>
      sql`insert into outbox (id, name, version, data, occurred_at, published_at)
          select gen_random_uuid(), name, version, data, ${sql.unsafe(SOON)}, now() from outbox
           where name = 'order.paid' limit 1`,
  },
  {
    what: 'a paid order that is not told of',
    seenBy: ['told-once'],
    rows: (sql, { paid }) =>
      sql`delete from outbox where data ->> 'orderId' = ${paid} and name = 'order.paid'`,
  },
  {
    what: 'a declined order that is told to be paid',
    seenBy: ['told-once'],
    rows: (sql, { declined }) =>
      sql`insert into outbox (id, name, version, data, occurred_at, published_at)
          values (gen_random_uuid(), 'order.paid', 1, ${sql.json({ orderId: declined })}, ${sql.unsafe(SOON)}, now())`,
  },
  {
    what: 'an order that is not there any more, though it was told of',
    seenBy: ['told-once'],
    rows: (sql) =>
      sql`insert into outbox (id, name, version, data, occurred_at, published_at)
          values (gen_random_uuid(), 'order.placed', 1, ${sql.json({ orderId: crypto.randomUUID() })}, now(), now())`,
  },
  {
    what: 'an event that the inbox of a consumer lacks',
    seenBy: ['handled-by-everyone'],
    rows: (sql) =>
      sql`delete from inbox where ctid = (select ctid from inbox where consumer = 'email' limit 1)`,
  },
  {
    what: 'a paid line that was not sold',
    seenBy: ['allocated-is-sold', 'reserved-by-orders', 'sold-once'],
    rows: (sql, { paid }) =>
      sql`update stock_ledger set movement = 'correction', order_id = null
           where order_id = ${paid} and movement = 'sale'`,
  },
  {
    what: 'a sale of an order that was not paid',
    seenBy: ['sold-once'],
    rows: async (sql, { declined, spare }) => {
      await sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta, order_id)
                values (${spare}, 'sale', -1, -1, ${declined})`;
      await sql`insert into stock_ledger (variant_id, movement, on_hand_delta, reserved_delta)
                values (${spare}, 'correction', 1, 1)`;
    },
  },
  {
    what: 'a message that is parked',
    seenBy: ['no-dead-letters'],
    rows: (sql) =>
      sql`insert into dead_letters (consumer, message, reason) values ('email', 'x', 'Error: broken')`,
  },
  {
    what: 'an answer for an order that is not there',
    seenBy: ['answers-kept'],
    rows: (sql, { paid }) =>
      sql`update idempotency_keys set response_body =
             to_jsonb(replace(response_body #>> '{}', ${paid}, '01890a5d-ac96-774b-bcce-b302099a8080'))
           where resource_id = ${paid}`,
  },
  {
    what: 'an answer of paid for an order that is not',
    seenBy: ['answers-kept'],
    rows: (sql, { paid, declined }) =>
      sql`update idempotency_keys set resource_id = ${declined}, response_body =
             to_jsonb(replace(response_body #>> '{}', ${paid}, ${declined}))
           where resource_id = ${paid}`,
  },
  {
    what: 'an order that waits past its deadline',
    seenBy: ['open-past-deadline'],
    rows: (sql, { open }) =>
      sql`update orders set payment_deadline = now() - interval '1 hour' where id = ${open}`,
  },
];
