/** I4, of carts: one that has ended stays as it was, and whoever has left one is written to once. */

import type { Check } from './check.ts';

/** Clocks of processes that are further apart than this are a fault of their own. */
const APART = "interval '10 seconds'";

const LIVE_ORDER = "o.status not in ('payment_failed', 'cancelled')";

export const CART_CHECKS: readonly Check[] = [
  {
    invariant: 'I4',
    name: 'ended-carts-rest',
    promise:
      'a cart that has gone into another has nothing in it and no order, and none that has ended was changed since',
    population: 'carts where merged_at is not null or completed_at is not null',
    offenders: `
      select c.id as cart_id, c.merged_at, c.completed_at, c.updated_at, c.merged_into, false as in_flight
        from carts c left join carts t on t.id = c.merged_into
       where (c.completed_at is not null and c.updated_at > c.completed_at + ${APART})
          or (c.merged_at is not null and (
               c.completed_at is not null or c.user_id is not null or c.updated_at <> c.merged_at
               or t.user_id is null and t.id is not null
               or exists (select 1 from cart_items i where i.cart_id = c.id)
               or exists (select 1 from saved_items s where s.cart_id = c.id)
               or exists (select 1 from orders o where o.cart_id = c.id and ${LIVE_ORDER})))`,
  },
  {
    invariant: 'I4',
    name: 'reminders-told-once',
    promise: 'every reminder of a cart is told of once',
    population: 'cart_reminders',
    offenders: `
      select r.id as reminder_id, r.cart_id, coalesce(t.times, 0) as times, false as in_flight
        from cart_reminders r
        left join (select data ->> 'reminderId' as reminder_id, count(*) as times
                     from outbox where name = 'cart.abandoned' group by 1) t on t.reminder_id = r.id::text
       where coalesce(t.times, 0) <> 1
         and (t.times > 1 or r.due_at >= (select events_kept_since from audit_moment))`,
  },
  {
    invariant: 'I4',
    name: 'reminders-of-left-carts',
    promise: 'nobody is reminded of a cart that is not theirs, or that they had bought by then',
    population: 'cart_reminders',
    offenders: `
      select r.id as reminder_id, r.cart_id, r.due_at, c.completed_at, false as in_flight
        from cart_reminders r left join carts c on c.id = r.cart_id
       where c.id is null or c.user_id is distinct from r.user_id or c.version < r.cart_version
          or c.completed_at < r.due_at - ${APART}
          or exists (select 1 from orders o
                      where o.cart_id = c.id and ${LIVE_ORDER} and o.placed_at < r.due_at - ${APART})`,
  },
  {
    invariant: 'I4',
    name: 'one-mail-a-reminder',
    promise: 'no reminder of a cart was mailed twice, or to anybody but its owner',
    needs: 'mail',
    population: 'cart_reminders',
    offenders: `
      select r.id as reminder_id, r.cart_id, m.mails, false as in_flight
        from cart_reminders r
        join users u on u.id = r.user_id
        join (select reminder_id, count(*) as mails, array_agg(recipients[1]) as recipients
                from audit_cart_mails group by reminder_id) m on m.reminder_id = r.id::text
       where m.mails > 1 or (u.email <> m.recipients[1] and u.erased_at is null)`,
  },
];
