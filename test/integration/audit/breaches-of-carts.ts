/** Carts that are changed after their end, and reminders that should not have been. */

import type { Item } from '#test/support/lies.ts';
import type { Breach } from './breaches-of-books.ts';
import { added, changed } from './breaches-outside.ts';

const isReminder = (item: Item) => String(item['messageId']).startsWith('<cart-');

export const CART_BREACHES: readonly Breach[] = [
  {
    what: 'a line in a cart that has gone into another',
    seenBy: ['ended-carts-rest'],
    rows: (sql, { left, merged }) => sql`update cart_items set cart_id = ${merged} where cart_id = ${left}`,
  },
  {
    what: 'something put aside from a cart that has gone into another',
    seenBy: ['ended-carts-rest'],
    rows: (sql, { merged, spare }) =>
      sql`insert into saved_items values (gen_random_uuid(), ${merged}, ${spare}, 1, now())`,
  },
  {
    what: 'a merged cart that is changed',
    seenBy: ['ended-carts-rest'],
    rows: (sql, { merged }) =>
      sql`update carts set version = version + 1, updated_at = updated_at + interval '1 second' where id = ${merged}`,
  },
  {
    what: 'an ordered cart that is changed',
    seenBy: ['ended-carts-rest'],
    rows: (sql, { paid }) =>
      sql`update carts set updated_at = completed_at + interval '1 minute'
           where id = (select cart_id from orders where id = ${paid})`,
  },
  {
    what: 'a reminder that is told of twice',
    seenBy: ['reminders-told-once'],
    rows: (sql) =>
      sql`insert into outbox (id, name, version, data, occurred_at, published_at)
          select gen_random_uuid(), name, version, data, now() + interval '1 day', now() from outbox
           where name = 'cart.abandoned'`,
  },
  {
    what: 'a reminder of a cart that was bought before',
    seenBy: ['reminders-of-left-carts'],
    rows: (sql, { left }) => sql`update carts set completed_at = updated_at where id = ${left}`,
  },
  {
    what: 'a reminder of somebody else’s cart',
    seenBy: ['one-mail-a-reminder', 'reminders-of-left-carts'],
    rows: (sql) =>
      sql`update cart_reminders set user_id = (select id from users where role = 'admin' limit 1)`,
  },
  {
    what: 'a reminder that nobody handled',
    seenBy: ['handled-by-everyone'],
    rows: async (sql) => {
      await sql`update outbox set occurred_at = now() - interval '1 minute' where name = 'cart.abandoned'`;
      await sql`delete from inbox where consumer = 'cart-email'`;
    },
  },
  {
    what: 'a reminder that was mailed twice',
    seenBy: ['one-mail-a-reminder'],
    outside: () => added('mails', isReminder, { id: 'a-second-reminder' }),
  },
  {
    what: 'a reminder that went to another address',
    seenBy: ['one-mail-a-reminder'],
    outside: () => changed('mails', isReminder, (mail) => ({ ...mail, to: ['else@test.example'] })),
  },
];
